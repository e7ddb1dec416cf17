// pylock: PEP 751 locks as uv writes them, and what is refused in others.
#include "format/pylock.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace pannier {
namespace {

const std::string kHash = "e8aec451c0f4e7d8a04ffa16dfbd9bd44b8a7f7a9f3b1bdfd8a3ea8ac0f0a1b2";

// As `uv pip compile --format pylock.toml` (0.13) writes it.
const std::string kFromUv = R"(lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.11"

[[packages]]
name = "Hf_Xet"
version = "1.8.0"
marker = "platform_machine == 'x86_64'"
sdist = { url = "https://f.example/hf_xet-1.8.0.tar.gz", upload-time = 2026-10-30T10:04:22Z, size = 9, hashes = { sha256 = ")" +
                            kHash + R"(" } }
wheels = [
    { url = "https://f.example/a/hf_xet-1.8.0-cp38-abi3-win_amd64.whl", upload-time = 2026-10-30T10:04:22Z, size = 4292483, hashes = { sha256 = ")" +
                            kHash + R"(" } },
    { url = "https://f.example/a/hf_xet-1.8.0-py3-none-any.whl#x" },
]

[[packages]]
name = "torch"
version = "2.13.0+cpu"
wheels = [{ url = "file:///opt/w/torch-2.13.0%2Bcpu-cp311-cp311-linux_x86_64.whl", hashes = { sha256 = ")" +
                            kHash + R"(" } }]

[[packages]]
name = "six"
archive = { url = "https://f.example/six-1.17.0-py2.py3-none-any.whl", hashes = { sha256 = ")" +
                            kHash + R"(" } }

[[packages]]
name = "mine"
directory = { path = "../mine" }
)";

TEST(Pylock, ReadsWhatUvWrites) {
  const auto packages = parse_pylock(kFromUv, "lock");
  ASSERT_TRUE(packages.ok()) << packages.error().to_string();
  ASSERT_EQ(packages->size(), 4u);
  const PylockPackage& xet = (*packages)[0];
  EXPECT_EQ(xet.name, "hf-xet");
  EXPECT_EQ(xet.version, "1.8.0");
  EXPECT_EQ(xet.marker, "platform_machine == 'x86_64'");
  ASSERT_EQ(xet.wheels.size(), 2u);
  EXPECT_EQ(xet.wheels[0].filename, "hf_xet-1.8.0-cp38-abi3-win_amd64.whl");
  EXPECT_EQ(xet.wheels[0].bytes, 4292483u);
  EXPECT_EQ(xet.wheels[0].sha256->hex(), kHash);
  EXPECT_EQ(xet.wheels[1].filename, "hf_xet-1.8.0-py3-none-any.whl");
  EXPECT_FALSE(xet.wheels[1].bytes.has_value());
  EXPECT_FALSE(xet.wheels[1].sha256.has_value());
  EXPECT_EQ(xet.sdist->filename, "hf_xet-1.8.0.tar.gz");
  EXPECT_EQ((*packages)[1].wheels[0].filename, "torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl");
  EXPECT_EQ((*packages)[2].wheels[0].filename, "six-1.17.0-py2.py3-none-any.whl");
  EXPECT_EQ((*packages)[3].other_source, "directory");
}

TEST(Pylock, AnEmptyLockHasNoPackages) {
  const auto packages = parse_pylock("lock-version = \"1.0\"\n", "lock");
  ASSERT_TRUE(packages.ok());
  EXPECT_TRUE(packages->empty());
}

std::string with(const std::string& package) { return "lock-version = \"1.0\"\n[[packages]]\n" + package; }

struct Bad {
  const char* story;
  std::string text;
  ErrorKind kind;
  const char* message;
};

TEST(Pylock, RefusesWhatIsNone) {
  const std::string wheel = "name = \"a\"\nwheels = [{ url = \"https://f.example/a-1-py3-none-any.whl\" }]\n";
  const Bad bads[] = {
      {"not TOML", "lock-version = ", ErrorKind::kCorrupt, "lock"},
      {"no version", "a = 1", ErrorKind::kCorrupt, "lock-version"},
      {"a version to come", "lock-version = \"2.0\"", ErrorKind::kUnsupported, "2.0"},
      {"version 10 is not version 1", "lock-version = \"10\"", ErrorKind::kUnsupported, "10"},
      {"packages that are no array", "lock-version = \"1.0\"\npackages = 3", ErrorKind::kCorrupt, "packages"},
      {"a package without a name", with("version = \"1\""), ErrorKind::kCorrupt, "name"},
      {"a name that is none", with("name = \"../a\""), ErrorKind::kCorrupt, "../a"},
      {"nothing to get it from", with("name = \"a\""), ErrorKind::kCorrupt, "package a"},
      {"the same package twice", with(wheel) + "[[packages]]\n" + wheel, ErrorKind::kCorrupt, "twice"},
      {"a folder in a file's name",
       with("name = \"a\"\nwheels = [{ name = \"../x.whl\", url = \"https://f/x\" }]"), ErrorKind::kCorrupt,
       "../x.whl"},
      {"a folder hidden in an address", with("name = \"a\"\nwheels = [{ url = \"https://f/..%2fx.whl\" }]"),
       ErrorKind::kCorrupt, "../x.whl"},
      {"a broken triple", with("name = \"a\"\nwheels = [{ url = \"https://f/a%zz.whl\" }]"),
       ErrorKind::kCorrupt, "no name"},
      {"neither address nor path", with("name = \"a\"\nwheels = [{ size = 3 }]"), ErrorKind::kCorrupt,
       "no name"},
      {"a digest that is none",
       with("name = \"a\"\nwheels = [{ url = \"https://f/a.whl\", hashes = { sha256 = \"zz\" } }]"),
       ErrorKind::kCorrupt, "a.whl"},
      {"a negative size", with("name = \"a\"\nwheels = [{ url = \"https://f/a.whl\", size = -1 }]"),
       ErrorKind::kCorrupt, "size"},
      {"a wheel that is no table", with("name = \"a\"\nwheels = [3]"), ErrorKind::kCorrupt, "package a"},
  };
  for (const Bad& bad : bads) {
    const auto packages = parse_pylock(bad.text, "lock");
    ASSERT_FALSE(packages.ok()) << bad.story;
    EXPECT_EQ(packages.error().kind, bad.kind) << bad.story << ": " << packages.error().to_string();
    EXPECT_NE(packages.error().message.find(bad.message), std::string::npos)
        << bad.story << ": " << packages.error().to_string();
  }
}

TEST(Pylock, RefusesMoreWheelsThanAnybodyNeeds) {
  std::string text = with("name = \"a\"\nwheels = [\n");
  for (uint32_t i = 0; i <= limits::kWheelsMax; ++i) text += "{ url = \"https://f/a.whl\" },\n";
  const auto packages = parse_pylock(text + "]\n", "lock");
  ASSERT_FALSE(packages.ok());
  EXPECT_EQ(packages.error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace pannier
