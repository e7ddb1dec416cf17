#include "carry/connected/resolve.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/connected/hub/hub_testing.h"

namespace pannier {
namespace {

class ResolveTest : public testing::Test {
 protected:
  std::unique_ptr<SnapshotResolver> resolver(
      std::function<Result<Snapshot>(const ModelRef&)> pypi = nullptr) {
    ResolveOptions options;
    options.hub = test_hub_options();
    options.hub_cache = "/cache";
    options.pypi = std::move(pypi);
    return *SnapshotResolver::make(fs_, client_, options);
  }
  static ModelRef ref_of(std::string_view text) { return *parse_model_ref(text, false); }
  MemoryFileSystem fs_;
  FakeHttpClient client_;
};

TEST_F(ResolveTest, TasksAreTheirDefaultModel) {
  const std::string repo = "distilbert/distilbert-base-uncased-finetuned-sst-2-english";
  serve_repo(client_, repo, {{"config.json", "{}"}}, "", "714eb0f");
  const auto got = resolver()->resolve(ref_of("task:sentiment-analysis"));
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  EXPECT_EQ(got->name, repo + "@714eb0f");
  EXPECT_EQ(got->revision, "714eb0f");
  EXPECT_EQ(got->commit, kTestCommit);
  EXPECT_EQ(got->ref.text, "task:sentiment-analysis");
  EXPECT_EQ(resolver()->resolve(ref_of("task:nothing")).error().kind, ErrorKind::kNotFound);
}

TEST_F(ResolveTest, FoldersAreReadWithoutAnyHub) {
  ASSERT_TRUE(fs_.make_folders("/m/my model/sub").ok());
  ASSERT_TRUE(write_file_atomic(fs_, "/m/my model/config.json", "{}").ok());
  ASSERT_TRUE(write_file_atomic(fs_, "/m/my model/sub/x.txt", "xyz").ok());
  const auto all = resolver();
  const auto got = all->resolve(ref_of("dir:/m/my model"));
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  EXPECT_EQ(got->name, "");  // no model can be called so: the plan wants another name
  ASSERT_EQ(got->files.size(), 2U);
  EXPECT_EQ(got->files[1].path, "sub/x.txt");
  EXPECT_EQ(got->files[1].bytes, 3U);
  EXPECT_FALSE(got->files[1].id.sha256);
  EXPECT_EQ(*all->read(*got, got->files[1], 10), "xyz");
  EXPECT_EQ(all->read(*got, got->files[1], 2).error().kind, ErrorKind::kLimit);
  ASSERT_TRUE(write_file_atomic(fs_, "/m/my model/sub/x.txt", "xyzw").ok());
  EXPECT_EQ(all->read(*got, got->files[1], 10).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(all->resolve(ref_of("dir:/none")).error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(client_.requests().empty());
}

TEST_F(ResolveTest, FilesOfAHubAreReadFromIt) {
  serve_repo(client_, "org/name", {{"config.json", "{\"a\":1}"}});
  const auto all = resolver();
  const auto got = all->resolve(ref_of("org/name"));
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(*all->read(*got, got->files[0], 100), "{\"a\":1}");
  EXPECT_EQ(all->hub().endpoint(), kTestHub);
}

TEST_F(ResolveTest, CachesAndWheels) {
  EXPECT_EQ(resolver()->resolve(ref_of("hf-cache:org/name")).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(resolver()->resolve(ref_of("pypi:package==1.0")).error().kind, ErrorKind::kUnsupported);
  const auto with_wheels = resolver([](const ModelRef& ref) -> Result<Snapshot> {
    Snapshot snapshot;
    snapshot.name = ref.package;
    return snapshot;
  });
  EXPECT_EQ(with_wheels->resolve(ref_of("pypi:package==1.0"))->name, "package");
}

TEST_F(ResolveTest, AnEndpointThatIsNone) {
  ResolveOptions options;
  options.hub.endpoint = "nowhere";
  EXPECT_EQ(SnapshotResolver::make(fs_, client_, options).error().kind, ErrorKind::kInvalid);
}

}  // namespace
}  // namespace pannier
