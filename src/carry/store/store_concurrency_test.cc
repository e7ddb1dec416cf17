// Several writers and readers at once, in threads and in processes: no commit is lost, no reader sees
// a half-made state.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/fs_memory.h"
#include "carry/store/store.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using store_testing::Files;
using store_testing::put_models;
using store_testing::read_all;

constexpr int kWriters = 4;
constexpr int kCommitsEach = 25;

std::string name_of(int writer, int commit) {
  return "w" + std::to_string(writer) + "/m" + std::to_string(commit);
}

// Each model has contents of its own, and a file that all share.
Files files_of(int writer, int commit) {
  return {{"LICENSE", "the same everywhere"}, {"model.bin", "weights of " + name_of(writer, commit)}};
}

Status commit_all_of(FileSystem& fs, const std::string& root, int writer) {
  for (int commit = 0; commit < kCommitsEach; ++commit) {
    const auto put = put_models(fs, root, {{name_of(writer, commit), files_of(writer, commit)}});
    if (!put.ok()) return put.error();
  }
  return {};
}

void expect_everything(FileSystem& fs, const std::string& root) {
  const auto all = read_all(fs, root);
  ASSERT_TRUE(all.ok()) << all.error().to_string();
  EXPECT_EQ(all->size(), static_cast<size_t>(kWriters * kCommitsEach));
  for (int writer = 0; writer < kWriters; ++writer) {
    for (int commit = 0; commit < kCommitsEach; ++commit) {
      ASSERT_TRUE(all->contains(name_of(writer, commit))) << name_of(writer, commit);
      EXPECT_EQ(all->at(name_of(writer, commit)), files_of(writer, commit));
    }
  }
  EXPECT_EQ(fs.list(root + "/pannier/generations")->size(), static_cast<size_t>(kWriters * kCommitsEach));
  EXPECT_EQ(fs.list(root + "/pannier/staging")->size(), 2u) << "only the two locks";
  EXPECT_EQ(*read_small_file(fs, root + "/index.json", 1 << 20),
            *read_small_file(fs, root + "/pannier/generations/0000000100.json", 1 << 20));
}

TEST(StoreConcurrency, ThreadsLoseNothingAndReadersSeeWholeStates) {
  MemoryFileSystem fs;
  const std::string root = "/srv/store";
  std::atomic<bool> is_done{false};
  std::vector<std::thread> writers;
  std::vector<Status> outcomes(kWriters);
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] { outcomes[writer] = commit_all_of(fs, root, writer); });
  }
  std::thread reader([&] {
    size_t last = 0;
    while (!is_done) {
      const auto all = read_all(fs, root);
      if (!all.ok() && all.error().kind == ErrorKind::kNotFound && last == 0) continue;  // not yet created
      ASSERT_TRUE(all.ok()) << all.error().to_string();
      ASSERT_GE(all->size(), last) << "a model vanished";
      last = all->size();
    }
  });
  for (std::thread& writer : writers) writer.join();
  is_done = true;
  reader.join();
  for (const Status& outcome : outcomes) EXPECT_TRUE(outcome.ok()) << outcome.error().to_string();
  expect_everything(fs, root);
}

TEST(StoreConcurrency, ProcessesLoseNothing) {
  const std::string root = ::testing::TempDir() + unique_name("store_processes");
  std::vector<pid_t> children;
  for (int writer = 0; writer < kWriters; ++writer) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const Status outcome = commit_all_of(real_file_system(), root, writer);
      if (!outcome.ok()) std::fprintf(stderr, "writer %d: %s\n", writer, outcome.error().to_string().c_str());
      ::_exit(outcome.ok() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  expect_everything(real_file_system(), root);
  (void)real_file_system().remove_tree(root);
}

}  // namespace
}  // namespace pannier
