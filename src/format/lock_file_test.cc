#include "format/lock_file.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

LockFile sample() {
  LockFile lock;
  lock.spec = sha256("spec");
  LockedSnapshot snapshot;
  snapshot.ref = "tiny";
  snapshot.kind = "model";
  snapshot.source = "hub";
  snapshot.name = "org/tiny";
  snapshot.aliases = {"tiny"};
  snapshot.repo = "org/tiny";
  snapshot.revision = "main";
  snapshot.commit = std::string(40, 'a');
  snapshot.licence = "apache-2.0";
  snapshot.files = {{"bin/run \"it\".sh", 3, sha256("x"), {}, true},
                    {"config.json", 2, {}, GitBlobHash(0).finish(), false}};
  lock.snapshots = {snapshot};
  LockedWheelhouse wheelhouse;
  wheelhouse.target = "linux-x86_64-glibc2.28-cp39";
  wheelhouse.requirements = {"a>=1", "b[c]; python_version < \"3.10\""};
  wheelhouse.notes = {"a note"};
  wheelhouse.wheels = {{"a", "1.0", "a-1.0-py3-none-any.whl", "https://index.example/a.whl", 10, sha256("a")},
                       {"b", "2", "b-2-py3-none-any.whl", "", 11, sha256("b")}};
  lock.wheelhouses = {wheelhouse};
  return lock;
}

TEST(LockFile, ReadsBackWhatItWrote) {
  const LockFile lock = sample();
  const std::string text = write_lock_file(lock);
  const auto parsed = parse_lock_file(text, "pannier.lock");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string() << text;
  EXPECT_EQ(parsed->spec, lock.spec);
  EXPECT_EQ(parsed->snapshots, lock.snapshots);
  EXPECT_EQ(parsed->wheelhouses, lock.wheelhouses);
  EXPECT_EQ(write_lock_file(*parsed), text);
}

TEST(LockFile, PylockHasTheTablesOfPep751) {
  const std::string text = write_pylock(sample().wheelhouses[0]);
  EXPECT_NE(text.find("lock-version = \"1.0\"\n"), std::string::npos);
  EXPECT_NE(text.find("[[packages]]\nname = \"a\"\nversion = \"1.0\"\n\n[[packages.wheels]]\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("path = \"b-2-py3-none-any.whl\""), std::string::npos);
}

// Each pair: a piece of a good lock, and what somebody makes of it.
TEST(LockFile, RefusesWhatNobodyWouldWrite) {
  const std::string good = write_lock_file(sample());
  const std::pair<const char*, const char*> changes[] = {
      {"version = 1", "version = 0"},
      {"version = 1", "version = 2"},
      {"version = 1", "version = \"1\""},
      {"spec = \"sha256:", "spec = \"md5:"},
      {"kind = \"model\"", "kind = \"virus\""},
      {"kind = \"model\"", "sort = \"model\""},
      {"source = \"hub\"", "source = \"street\""},
      {"name = \"org/tiny\"", "name = \"../tiny\""},
      {"aliases = [\"tiny\"]", "aliases = [\"-rf\"]"},
      {"aliases = [\"tiny\"]", "aliases = [1]"},
      {"commit = \"a", "commit = \"z"},
      {"path = \"config.json\"", "path = \"../../config.json\""},
      {"path = \"config.json\"", "path = \"/etc/passwd\""},
      {"path = \"config.json\"", "path = \"BIN\""},
      {"path = \"config.json\"", "path = \"a.json\""},
      {"bytes = 2", "bytes = -2"},
      {"bytes = 2", "bytes = 9000000000000000000"},
      {"git = \"e", "git = \"E"},
      {"git = \"", "sha256 = \""},
      {"executable = true", "executable = false"},
      {"executable = true", "mode = 493"},
      {"target = \"linux", "target = \"../linux"},
      {"name = \"a-1.0-py3-none-any.whl\"", "name = \"x/a-1.0-py3-none-any.whl\""},
      {"name = \"a-1.0-py3-none-any.whl\"", "name = \"a-1.0.tar.gz\""},
      {"name = \"b\"", "name = \"a\""},
      {"size = 10", "size = \"10\""},
      {"hashes = { sha256", "hashes = { sha1"},
      {"[[snapshot]]", "[snapshot]"},
  };
  for (const auto& [from, to] : changes) {
    std::string bad = good;
    const size_t at = bad.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    bad.replace(at, std::string_view(from).size(), to);
    EXPECT_FALSE(parse_lock_file(bad, "pannier.lock").ok()) << from << " -> " << to;
  }
  EXPECT_EQ(parse_lock_file("version = 2\n", "x").error().kind, ErrorKind::kUnsupported);
  EXPECT_FALSE(parse_lock_file("version = 1\nspec = \"sha256:" + std::string(64, '0') + "\"\n", "x").ok());
}

TEST(LockFile, NoCutReadsAsTheWhole) {
  const std::string good = write_lock_file(sample());
  for (size_t bytes = 0; bytes + 1 < good.size(); bytes += 7) {
    const auto parsed = parse_lock_file(std::string_view(good).substr(0, bytes), "x");
    EXPECT_NE(parsed.ok() ? write_lock_file(*parsed) : std::string(), good) << bytes;
  }
}

}  // namespace
}  // namespace pannier
