// Wheels of a wheelhouse and their pinned requirements.
#include "carry/isolated/wheelhouse.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

ModelManifest wheelhouse_of(const std::vector<std::string>& names,
                            std::vector<std::string> requirements = {}) {
  ModelManifest manifest{"wheels/t", {}, ArtifactKind::kWheelhouse};
  for (const std::string& name : names) manifest.files.push_back({name, false, name.size(), sha256(name)});
  manifest.wheelhouse = {"t", std::move(requirements)};
  return manifest;
}

std::string hash_of(const std::string& name) { return "    --hash=sha256:" + sha256(name).hex(); }

TEST(Wheelhouse, ListsWheelsByPackage) {
  const auto wheels = wheels_of(wheelhouse_of({"Torch-2.13.0+cpu-cp312-cp312-linux_x86_64.whl", "pylock.toml",
                                               "a_b-1.10-py3-none-any.whl", "a_b-1.9-py2.py3-none-any.whl"}));
  ASSERT_TRUE(wheels.ok()) << wheels.error().to_string();
  ASSERT_EQ(wheels->size(), 3u);
  EXPECT_EQ((*wheels)[0].name.name, "a-b");
  EXPECT_EQ((*wheels)[0].name.version.text(), "1.9");
  EXPECT_EQ(wheel_tags((*wheels)[0].name), "py2.py3-none-any");
  EXPECT_EQ((*wheels)[2].name.version.text(), "2.13.0+cpu");
  EXPECT_TRUE(wheels_of({"m", {{"x.whl", false, 0, sha256("")}}})->empty())
      << "a model's files are no wheels";
}

TEST(Wheelhouse, AWheelThatIsNotNamedAsOneIsCorrupt) {
  for (const char* name : {"x.whl", "-1-py3-none-any.whl", "a-1-py3-none.whl", "a-1;rm-py3-none-any.whl"}) {
    const auto wheels = wheels_of(wheelhouse_of({name}));
    ASSERT_FALSE(wheels.ok()) << name;
    EXPECT_EQ(wheels.error().kind, ErrorKind::kCorrupt);
  }
}

TEST(Wheelhouse, PinsEveryPackageByItsDigests) {
  const std::string abi = "t-1-cp39-abi3-manylinux_2_17_x86_64.whl";
  const std::string any = "t-1-py3-none-any.whl";
  const auto text =
      hashed_requirements(wheelhouse_of({"pip-24.0-py3-none-any.whl", abi, any, "z-2-py3-none-any.whl"}));
  ASSERT_TRUE(text.ok()) << text.error().to_string();
  EXPECT_EQ(*text, "# Wheels for t, pinned by digest.\nt==1 \\\n" + hash_of(abi) + " \\\n" + hash_of(any) +
                       "\nz==2 \\\n" + hash_of("z-2-py3-none-any.whl") + "\n");
}

TEST(Wheelhouse, PipIsPinnedWhereItWasAskedFor) {
  for (const auto& [requirement, is_there] : {std::pair<const char*, bool>{"pip", true},
                                              {"pip>=20.3", true},
                                              {"pip-tools", false},
                                              {"pipx", false}}) {
    const auto text = hashed_requirements(wheelhouse_of({"pip-24.0-py3-none-any.whl"}, {requirement}));
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(text->find("pip==24.0") != std::string::npos, is_there) << requirement;
  }
}

TEST(Wheelhouse, TwoVersionsOfAPackageCannotBePinned) {
  const auto text = hashed_requirements(wheelhouse_of({"a-1-py3-none-any.whl", "a-2-py3-none-any.whl"}));
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().message, "wheels/t holds a 1 and 2");
}

}  // namespace
}  // namespace pannier
