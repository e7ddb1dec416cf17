// The statement alone; with keys and goldens it is tested in model_signature_test.cc.
#include "format/model_statement.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

ModelFile file_of(const std::string& path) {
  ModelFile file;
  file.path = path;
  file.digest = sha256(path);
  return file;
}

std::vector<ModelFile> files_of(const std::vector<std::string>& paths) {
  std::vector<ModelFile> files;
  for (const std::string& path : paths) files.push_back(file_of(path));
  return files;
}

// Python sorts paths by their components, which is what the subject's digest depends on.
TEST(ModelStatement, FilesStandFolderByFolder) {
  const auto json =
      write_model_statement("m", files_of({"sub.txt", "sub-1/a", "sub/z", "a", "sub/b/c", "sub/b.x"}));
  ASSERT_TRUE(json.ok());
  size_t place = 0;
  for (const char* name : {"a", "sub/b/c", "sub/b.x", "sub/z", "sub-1/a", "sub.txt"}) {
    const size_t next = json->find("\"name\":\"" + std::string(name) + "\"", place);
    ASSERT_NE(next, std::string::npos) << name;
    place = next;
  }
}

TEST(ModelStatement, ComesBackSorted) {
  const auto statement = parse_model_statement(*write_model_statement("m", files_of({"b", "a", "c/d"})), "x");
  ASSERT_TRUE(statement.ok()) << statement.error().message;
  ASSERT_EQ(statement->files.size(), 3u);
  EXPECT_EQ(statement->files[0].path, "a");
  EXPECT_EQ(statement->files[2].path, "c/d");
  EXPECT_EQ(statement->files[2].digest, sha256("c/d"));
  EXPECT_EQ(statement->ignored_paths.size(), 5u);
}

// "notes" ignores the folder and what is in it, not "notes.txt" and not "sub/notes".
TEST(ModelStatement, AnIgnoredPathIsAWholeComponent) {
  ModelStatement statement;
  statement.ignored_paths = {"notes", "deep/er/", ""};
  const auto refused = [&](const std::string& path) {
    std::vector<std::string> unsigned_paths;
    const std::vector<ModelFile> files = files_of({path});
    const bool ok = compare_with_statement(statement, files, "x", unsigned_paths).ok();
    EXPECT_EQ(ok, unsigned_paths.size() == 1) << path;
    return !ok;
  };
  for (const char* path : {"notes", "notes/a", "notes/a/b", "deep/er", "deep/er/x"})
    EXPECT_FALSE(refused(path)) << path;
  for (const char* path : {"notes.txt", "note", "sub/notes", "deep", "deep/error", "x"})
    EXPECT_TRUE(refused(path)) << path;
}

// Ignored or not: what is listed must be as it was signed.
TEST(ModelStatement, AnIgnoredPathThatIsListedStillCounts) {
  ModelStatement statement;
  statement.ignored_paths = {"."};
  statement.files = {{"a", sha256("a")}};
  std::vector<std::string> unsigned_paths;
  EXPECT_TRUE(compare_with_statement(statement, files_of({"a"}), "x", unsigned_paths).ok());
  EXPECT_TRUE(unsigned_paths.empty());
  std::vector<ModelFile> changed = files_of({"a"});
  changed[0].digest = sha256("another");
  EXPECT_EQ(compare_with_statement(statement, changed, "x", unsigned_paths).error().kind,
            ErrorKind::kCorrupt);
  EXPECT_EQ(compare_with_statement(statement, {}, "x", unsigned_paths).error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace pannier
