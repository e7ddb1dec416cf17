// The FileSystem contract, run on every implementation; then what only the machine's own can show.
#include "base/fs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"

namespace pannier {
namespace {

// One implementation with an empty folder to work in.
class Bench {
 public:
  virtual ~Bench() = default;
  virtual FileSystem& fs() = 0;
  virtual std::string folder() = 0;
};

class RealBench : public Bench {
 public:
  RealBench() : folder_(::testing::TempDir() + unique_name("fs_test")) {
    EXPECT_TRUE(fs().make_folders(folder_).ok());
  }
  ~RealBench() override { (void)fs().remove_tree(folder_); }
  FileSystem& fs() override { return real_file_system(); }
  std::string folder() override { return folder_; }

 private:
  std::string folder_;
};

class MemoryBench : public Bench {
 public:
  MemoryBench() { EXPECT_TRUE(memory_.make_folders("/work").ok()); }
  FileSystem& fs() override { return memory_; }
  std::string folder() override { return "/work"; }

 private:
  MemoryFileSystem memory_;
};

class FaultlessBench : public MemoryBench {
 public:
  FileSystem& fs() override { return faulty_; }

 private:
  FaultyFileSystem faulty_{MemoryBench::fs(), FaultPlan{}};
};

struct Implementation {
  const char* name;
  std::function<std::unique_ptr<Bench>()> make;
};

class FileSystemContract : public ::testing::TestWithParam<Implementation> {
 protected:
  FileSystemContract() : bench_(GetParam().make()) {}
  FileSystem& fs() { return bench_->fs(); }
  std::string at(const std::string& name) { return bench_->folder() + "/" + name; }

  void write(const std::string& name, std::string_view contents) { write_file(fs(), at(name), contents); }
  static void write_file(FileSystem& fs, const std::string& path, std::string_view contents) {
    auto file = fs.create(path);
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    ASSERT_TRUE((*file)->append(as_bytes(contents)).ok());
    ASSERT_TRUE((*file)->close().ok());
  }
  std::string read(const std::string& name) {
    auto contents = read_small_file(fs(), at(name), 1 << 20);
    return contents.ok() ? *contents : "(" + contents.error().message + ")";
  }
  bool exists(const std::string& name) { return fs().stat(at(name)).ok(); }
  std::string names(const std::string& name) {
    auto entries = fs().list(at(name));
    if (!entries.ok()) return "(" + entries.error().message + ")";
    std::string all;
    for (const FolderEntry& entry : *entries) {
      all += entry.name;
      all += entry.kind == FileKind::kFolder ? "/ " : entry.kind == FileKind::kSymlink ? "@ " : " ";
    }
    return all;
  }

  std::unique_ptr<Bench> bench_;
};

INSTANTIATE_TEST_SUITE_P(
    Every, FileSystemContract,
    ::testing::Values(Implementation{"Real", [] { return std::make_unique<RealBench>(); }},
                      Implementation{"Memory", [] { return std::make_unique<MemoryBench>(); }},
                      Implementation{"Faultless", [] { return std::make_unique<FaultlessBench>(); }}),
    [](const auto& row) { return row.param.name; });

template <class T>
ErrorKind kind_of(const Result<T>& result) {
  EXPECT_FALSE(result.ok());
  return result.error().kind;
}

TEST_P(FileSystemContract, APrivateFileIsNewAndHoldsWhatIsWritten) {
  auto file = fs().create_private(at("secret"));
  ASSERT_TRUE(file.ok()) << file.error().to_string();
  ASSERT_TRUE((*file)->append(as_bytes("key")).ok());
  ASSERT_TRUE((*file)->close().ok());
  EXPECT_EQ(read("secret"), "key");
  EXPECT_FALSE(fs().create_private(at("secret")).ok());
  EXPECT_EQ(read("secret"), "key");
}

TEST_P(FileSystemContract, WritesAndReadsBack) {
  {
    auto file = fs().create(at("a"));
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->append(as_bytes("hello ")).ok());
    ASSERT_TRUE((*file)->append(as_bytes("world")).ok());
    ASSERT_TRUE((*file)->write_at(0, as_bytes("J")).ok());
    ASSERT_TRUE((*file)->append(as_bytes("!")).ok());
    ASSERT_TRUE((*file)->sync().ok());
    ASSERT_TRUE((*file)->close().ok());
  }
  EXPECT_EQ(read("a"), "Jello world!");
  auto file = fs().open(at("a"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->size(), 12u);
  Bytes part(5);
  ASSERT_TRUE((*file)->read_at(6, part).ok());
  EXPECT_EQ(as_text(part), "world");
}

TEST_P(FileSystemContract, ReadingPastTheEndSaysSo) {
  write("a", "12345");
  auto file = fs().open(at("a"));
  ASSERT_TRUE(file.ok());
  Bytes part(3);
  const Status status = (*file)->read_at(3, part);
  EXPECT_EQ(kind_of(status), ErrorKind::kIo);
  EXPECT_NE(status.error().message.find("ended early"), std::string::npos);
  EXPECT_EQ(kind_of((*file)->read_at(99, part)), ErrorKind::kIo);
  EXPECT_TRUE((*file)->read_at(5, MutableByteSpan()).ok());
}

TEST_P(FileSystemContract, StatTellsKindSizeAndExecutable) {
  write("a", "12345");
  ASSERT_TRUE(fs().create(at("run"), /*executable=*/true).ok());
  ASSERT_TRUE(fs().make_folders(at("d")).ok());
  ASSERT_TRUE(fs().make_symlink("a", at("l")).ok());
  EXPECT_EQ(fs().stat(at("a"))->kind, FileKind::kRegular);
  EXPECT_EQ(fs().stat(at("a"))->bytes, 5u);
  EXPECT_FALSE(fs().stat(at("a"))->executable);
  EXPECT_TRUE(fs().stat(at("run"))->executable);
  EXPECT_EQ(fs().stat(at("d"))->kind, FileKind::kFolder);
  EXPECT_EQ(fs().stat(at("l"))->kind, FileKind::kSymlink);
}

TEST_P(FileSystemContract, MissingThingsAreNotFound) {
  EXPECT_EQ(kind_of(fs().stat(at("no"))), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of(fs().list(at("no"))), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of(fs().open(at("no"))), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of(fs().create(at("no/a"))), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of(fs().remove_file(at("no"))), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of(fs().rename(at("no"), at("b"))), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of(fs().rename_no_replace(at("no"), at("b"))), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of(fs().link(at("no"), at("b"))), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of(fs().sync_folder(at("no"))), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of(fs().try_lock(at("no/lock"))), ErrorKind::kNotFound);
  EXPECT_TRUE(fs().remove_tree(at("no")).ok());
  EXPECT_TRUE(fs().remove_tree(at("no/deeper")).ok());
}

TEST_P(FileSystemContract, ListsSorted) {
  for (const char* name : {"b", "a", "c", "A", ".hidden"}) write(name, "");
  ASSERT_TRUE(fs().make_folders(at("d")).ok());
  ASSERT_TRUE(fs().make_symlink("a", at("l")).ok());
  EXPECT_EQ(names(""), ".hidden A a b c d/ l@ ");
}

TEST_P(FileSystemContract, CreateNeverTouchesWhatIsThere) {
  write("a", "old");
  EXPECT_EQ(kind_of(fs().create(at("a"))), ErrorKind::kIo);
  EXPECT_EQ(read("a"), "old");
  ASSERT_TRUE(fs().make_symlink("elsewhere", at("l")).ok());
  EXPECT_EQ(kind_of(fs().create(at("l"))), ErrorKind::kIo);
  EXPECT_FALSE(exists("elsewhere"));
}

TEST_P(FileSystemContract, OpensRegularFilesOnly) {
  write("a", "secret");
  ASSERT_TRUE(fs().make_folders(at("d")).ok());
  ASSERT_TRUE(fs().make_symlink("a", at("l")).ok());
  EXPECT_EQ(kind_of(fs().open(at("l"))), ErrorKind::kIo);
  EXPECT_EQ(kind_of(fs().open(at("d"))), ErrorKind::kIo);
}

TEST_P(FileSystemContract, MakesFoldersWithParents) {
  ASSERT_TRUE(fs().make_folders(at("x/y/z")).ok());
  ASSERT_TRUE(fs().make_folders(at("x/y")).ok());
  EXPECT_EQ(names("x"), "y/ ");
  write("f", "");
  EXPECT_EQ(kind_of(fs().make_folders(at("f"))), ErrorKind::kIo);
}

TEST_P(FileSystemContract, RenameReplaces) {
  write("a", "new");
  write("b", "old");
  ASSERT_TRUE(fs().rename(at("a"), at("b")).ok());
  EXPECT_EQ(read("b"), "new");
  EXPECT_FALSE(exists("a"));
}

TEST_P(FileSystemContract, RenameMovesFoldersWithAllBelow) {
  ASSERT_TRUE(fs().make_folders(at("x/y")).ok());
  write("x/y/f", "deep");
  ASSERT_TRUE(fs().rename(at("x"), at("z")).ok());
  EXPECT_EQ(read("z/y/f"), "deep");
  EXPECT_FALSE(exists("x"));
}

TEST_P(FileSystemContract, RenameNoReplaceLeavesWhatIsThere) {
  write("a", "new");
  write("b", "old");
  auto renamed = fs().rename_no_replace(at("a"), at("b"));
  ASSERT_TRUE(renamed.ok());
  EXPECT_FALSE(*renamed);
  EXPECT_EQ(read("a"), "new");
  EXPECT_EQ(read("b"), "old");
  renamed = fs().rename_no_replace(at("a"), at("c"));
  ASSERT_TRUE(renamed.ok());
  EXPECT_TRUE(*renamed);
  EXPECT_EQ(read("c"), "new");
  EXPECT_FALSE(exists("a"));
}

TEST_P(FileSystemContract, LinkGivesASecondName) {
  write("a", "one");
  write("b", "two");
  auto linked = fs().link(at("a"), at("b"));
  ASSERT_TRUE(linked.ok());
  EXPECT_FALSE(*linked);
  EXPECT_EQ(read("b"), "two");
  linked = fs().link(at("a"), at("c"));
  ASSERT_TRUE(linked.ok());
  EXPECT_TRUE(*linked);
  ASSERT_TRUE(fs().remove_file(at("a")).ok());
  EXPECT_EQ(read("c"), "one");
}

TEST_P(FileSystemContract, OfTwoThreadsOneLinks) {
  for (int round = 0; round < 20; ++round) {
    const std::string target = "g" + std::to_string(round);
    std::atomic<int> winners{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) write(target + "-draft" + std::to_string(i), std::to_string(i));
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const auto linked = fs().link(at(target + "-draft" + std::to_string(i)), at(target));
        if (linked.ok() && *linked) ++winners;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners, 1);
  }
}

TEST_P(FileSystemContract, SymlinksKeepTheirText) {
  ASSERT_TRUE(fs().make_symlink("../blobs/x", at("l")).ok());
  EXPECT_EQ(*fs().read_symlink(at("l")), "../blobs/x");
  EXPECT_FALSE(fs().make_symlink("elsewhere", at("l")).ok());
  EXPECT_EQ(*fs().read_symlink(at("l")), "../blobs/x");
  write("a", "x");
  EXPECT_EQ(fs().read_symlink(at("a")).error().kind, ErrorKind::kIo);
  EXPECT_EQ(fs().read_symlink(at("none")).error().kind, ErrorKind::kNotFound);
}

// Where the file system cannot share bytes, nothing may be left behind: the caller copies instead.
TEST_P(FileSystemContract, ClonesOrLeavesNothing) {
  write("a", "hello");
  const auto cloned = fs().clone(at("a"), at("b"), true);
  ASSERT_TRUE(cloned.ok()) << cloned.error().to_string();
  if (*cloned) {
    EXPECT_EQ(read("b"), "hello");
    EXPECT_TRUE(fs().stat(at("b"))->executable);
  } else {
    EXPECT_EQ(fs().stat(at("b")).error().kind, ErrorKind::kNotFound);
  }
  write("c", "there");
  EXPECT_FALSE(fs().clone(at("a"), at("c"), false).ok());
  EXPECT_EQ(read("c"), "there");
  EXPECT_EQ(fs().clone(at("none"), at("d"), false).error().kind, ErrorKind::kNotFound);
}

TEST(MemoryFileSystemClone, CopiesWhereItIsTold) {
  MemoryFileSystem fs;
  fs.set_can_clone(true);
  ASSERT_TRUE(write_file_atomic(fs, "/a", "hello").ok());
  EXPECT_TRUE(*fs.clone("/a", "/b", false));
  EXPECT_EQ(*read_small_file(fs, "/b", 10), "hello");
}

TEST_P(FileSystemContract, RemoveFileTakesNoFolder) {
  ASSERT_TRUE(fs().make_folders(at("d")).ok());
  EXPECT_EQ(kind_of(fs().remove_file(at("d"))), ErrorKind::kIo);
  EXPECT_TRUE(exists("d"));
}

// A link below the tree points to a folder outside: following it would empty that folder.
TEST_P(FileSystemContract, RemoveTreeDoesNotFollowLinks) {
  ASSERT_TRUE(fs().make_folders(at("outside")).ok());
  write("outside/precious", "data");
  ASSERT_TRUE(fs().make_folders(at("tree/deep")).ok());
  write("tree/deep/f", "");
  ASSERT_TRUE(fs().make_symlink(at("outside"), at("tree/deep/link")).ok());
  ASSERT_TRUE(fs().remove_tree(at("tree")).ok());
  EXPECT_FALSE(exists("tree"));
  EXPECT_EQ(read("outside/precious"), "data");
}

TEST_P(FileSystemContract, SyncsAndFreeSpaceAnswer) {
  write("a", "x");
  EXPECT_TRUE(fs().sync_folder(at("")).ok());
  EXPECT_TRUE(fs().sync_all(at("a")).ok());
  EXPECT_TRUE(fs().free_bytes(at("not/there/yet")).ok());
}

TEST_P(FileSystemContract, OneHolderOfALock) {
  auto first = fs().try_lock(at("lock"));
  ASSERT_TRUE(first.ok());
  ASSERT_NE(*first, nullptr);
  EXPECT_TRUE(exists("lock"));
  auto second = fs().try_lock(at("lock"));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(*second, nullptr) << "the same process may not hold it twice";
  first->reset();
  auto third = fs().try_lock(at("lock"));
  ASSERT_TRUE(third.ok());
  EXPECT_NE(*third, nullptr);
}

TEST_P(FileSystemContract, ALockStaysWithItsFile) {
  auto old_lock = fs().try_lock(at("lock"));
  ASSERT_TRUE(old_lock.ok() && *old_lock != nullptr);
  ASSERT_TRUE(fs().remove_file(at("lock")).ok());
  auto new_lock = fs().try_lock(at("lock"));
  ASSERT_TRUE(new_lock.ok());
  EXPECT_NE(*new_lock, nullptr) << "a new file of that name is a new lock";
}

TEST_P(FileSystemContract, ANumberIsALockOfItsOwn) {
  auto seven = fs().try_lock_number(at("locks"), 7);
  ASSERT_TRUE(seven.ok());
  ASSERT_NE(*seven, nullptr);
  auto again = fs().try_lock_number(at("locks"), 7);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, nullptr) << "the same process may not hold it twice";
  auto eight = fs().try_lock_number(at("locks"), 8);
  ASSERT_TRUE(eight.ok());
  EXPECT_NE(*eight, nullptr);
  eight->reset();
  EXPECT_EQ(*fs().try_lock_number(at("locks"), 7), nullptr) << "releasing one keeps the other";
  seven->reset();
  EXPECT_NE(*fs().try_lock_number(at("locks"), 7), nullptr);
  EXPECT_NE(*fs().try_lock_number(at("locks"), (uint64_t{1} << 62) - 1), nullptr);
}

TEST_P(FileSystemContract, RandomAccessFillsAFileInAnyOrder) {
  auto file = fs().open_or_create(at("a"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(*(*file)->size(), 0u);
  ASSERT_TRUE((*file)->write_at(6, as_bytes("world")).ok());
  EXPECT_EQ(*(*file)->size(), 11u);
  EXPECT_EQ(read("a"), std::string(6, '\0') + "world") << "a gap reads as zeros";
  ASSERT_TRUE((*file)->write_at(0, as_bytes("hello ")).ok());
  Bytes part(5);
  ASSERT_TRUE((*file)->read_at(3, part).ok());
  EXPECT_EQ(as_text(part), "lo wo");
  EXPECT_EQ(kind_of((*file)->read_at(7, part)), ErrorKind::kIo);
  ASSERT_TRUE((*file)->resize(4).ok());
  ASSERT_TRUE((*file)->sync().ok());
  EXPECT_EQ(read("a"), "hell");
  EXPECT_TRUE((*file)->write_at(99, ByteSpan()).ok());
  EXPECT_EQ(read("a"), "hell") << "nothing written lengthens nothing";
}

TEST_P(FileSystemContract, RandomAccessOpensWhatIsThere) {
  write("a", "12345");
  auto file = fs().open_or_create(at("a"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(*(*file)->size(), 5u);
  ASSERT_TRUE((*file)->write_at(1, as_bytes("x")).ok());
  EXPECT_EQ(read("a"), "1x345");
  ASSERT_TRUE(fs().make_folders(at("d")).ok());
  ASSERT_TRUE(fs().make_symlink("a", at("l")).ok());
  EXPECT_EQ(kind_of(fs().open_or_create(at("l"))), ErrorKind::kIo);
  EXPECT_EQ(kind_of(fs().open_or_create(at("d"))), ErrorKind::kIo);
  EXPECT_EQ(kind_of(fs().open_or_create(at("no/a"))), ErrorKind::kNotFound);
}

TEST_P(FileSystemContract, SmallFilesAreBounded) {
  write("a", "12345");
  EXPECT_EQ(*read_small_file(fs(), at("a"), 5), "12345");
  EXPECT_EQ(kind_of(read_small_file(fs(), at("a"), 4)), ErrorKind::kLimit);
}

TEST_P(FileSystemContract, WriteFileAtomicReplacesAndLeavesNothingBeside) {
  ASSERT_TRUE(write_file_atomic(fs(), at("a"), "one").ok());
  ASSERT_TRUE(write_file_atomic(fs(), at("a"), "two").ok());
  EXPECT_EQ(read("a"), "two");
  EXPECT_EQ(names(""), "a ");
}

TEST(RealFileSystem, LockDiesWithItsProcess) {
  const std::string path = ::testing::TempDir() + unique_name("lock");
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto lock = real_file_system().try_lock(path);
    const char answer = lock.ok() && *lock != nullptr ? 'y' : 'n';
    (void)!::write(pipe_ends[1], &answer, 1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(pipe_ends[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_EQ(*real_file_system().try_lock(path), nullptr);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_NE(*real_file_system().try_lock(path), nullptr);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
  (void)real_file_system().remove_file(path);
}

TEST(RealFileSystem, APrivateFileIsReadByItsOwnerAloneInASharedFolderToo) {
  RealBench bench;
  ASSERT_TRUE(bench.fs().share_folder(bench.folder(), ::getegid()).ok());
  const std::string path = bench.folder() + "/secret";
  ASSERT_TRUE(bench.fs().create_private(path).ok());
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

// A named pipe in the place of a file: opening it must not wait for a writer that never comes.
TEST(RealFileSystem, OpeningAPipeDoesNotHang) {
  const std::string path = ::testing::TempDir() + unique_name("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0644), 0);
  EXPECT_EQ(kind_of(real_file_system().open(path)), ErrorKind::kIo);
  (void)real_file_system().remove_file(path);
}

}  // namespace
}  // namespace pannier
