// requirement_roots: --pip and -r as one list, and what is refused in either.
#include "carry/connected/wheels/requirement_roots.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"

namespace pannier {
namespace {

class RequirementRootsTest : public testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) {
    ASSERT_TRUE(fs_.make_folders(parent_folder(path)).ok());
    ASSERT_TRUE(write_file_atomic(fs_, path, text).ok());
  }
  MemoryFileSystem fs_;
};

TEST_F(RequirementRootsTest, WordsAndFilesInTheirOrderEachOnce) {
  put("/p/requirements.txt", "tokenizers>=0.20\n-r more/other.txt\n-c limits.txt\n");
  put("/p/more/other.txt", "tiny ; sys_platform == 'win32'\ntokenizers>=0.20\n");
  const auto roots = gather_roots(fs_, {"transformers[torch]"}, {"/p/requirements.txt"});
  ASSERT_TRUE(roots.ok()) << roots.error().to_string();
  EXPECT_EQ(roots->texts(), (std::vector<std::string>{"transformers[torch]", "tokenizers>=0.20",
                                                      "tiny; sys_platform == \"win32\""}));
  EXPECT_EQ(roots->constraints, std::vector<std::string>{"/p/limits.txt"});
  EXPECT_TRUE(roots->allowed.empty());
}

TEST_F(RequirementRootsTest, KeepsTheHashesThatAFileAllows) {
  put("/r.txt", "Tiny_One==1.0 --hash=sha256:" + std::string(64, 'a') + "\n");
  const auto roots = gather_roots(fs_, {}, {"/r.txt"});
  ASSERT_TRUE(roots.ok()) << roots.error().to_string();
  ASSERT_TRUE(roots->allowed.contains("tiny-one"));
  EXPECT_EQ(roots->allowed.at("tiny-one").begin()->hex(), std::string(64, 'a'));
}

TEST_F(RequirementRootsTest, RefusesWhatIsNone) {
  const auto none = gather_roots(fs_, {}, {});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().kind, ErrorKind::kInvalid);
  const auto bad = gather_roots(fs_, {"to kenizers"}, {});
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(bad.error().message.find("--pip"), std::string::npos);
  const auto missing = gather_roots(fs_, {}, {"/none.txt"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  put("/index.txt", "--index-url https://i.example/simple\ntiny\n");
  const auto index = gather_roots(fs_, {}, {"/index.txt"});
  ASSERT_FALSE(index.ok());
  EXPECT_EQ(index.error().kind, ErrorKind::kUnsupported);
}

TEST_F(RequirementRootsTest, FilesThatIncludeEachOtherComeToAnEnd) {
  put("/a.txt", "-r b.txt\n");
  put("/b.txt", "-r a.txt\n");
  const auto roots = gather_roots(fs_, {}, {"/a.txt"});
  ASSERT_FALSE(roots.ok());
  EXPECT_EQ(roots.error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace pannier
