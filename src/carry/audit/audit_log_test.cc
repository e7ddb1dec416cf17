#include "carry/audit/audit_log.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "base/limits.h"

namespace pannier {
namespace {

const AuditOrigin kOrigin{"2026-11-24T16:00:00Z", 1000, "alice", "plant-7", "0.1.0"};
const std::string kLog = "/store/pannier/audit/log.jsonl";

AuditEvent event_of(const std::string& action) {
  AuditEvent event;
  event.action = action;
  event.verdict = "ok";
  return event;
}

std::string contents(FileSystem& fs, const std::string& path = kLog) {
  return read_small_file(fs, path, 64 * limits::kMiB).value();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

void append_text(FileSystem& fs, const std::string& text) {
  const auto file = fs.open_or_create(kLog).value();
  ASSERT_TRUE(file->write_at(file->size().value(), as_bytes(text)).ok());
}

TEST(AuditLog, EachLineIsBoundToTheOneBefore) {
  MemoryFileSystem fs;
  EXPECT_EQ(*audit_head(fs, kLog), AuditHead{});
  for (const char* action : {"pack", "verify", "install"}) {
    ASSERT_TRUE(append_audit(fs, kLog, event_of(action), kOrigin).ok());
  }
  const std::vector<std::string> lines = lines_of(contents(fs));
  ASSERT_EQ(lines.size(), 3u);
  const AuditLine first = parse_audit_line(lines[0], "1").value();
  const AuditLine third = parse_audit_line(lines[2], "3").value();
  EXPECT_EQ(first.event.action, "pack");
  EXPECT_FALSE(first.previous);
  EXPECT_EQ(third.number, 3u);
  EXPECT_EQ(third.previous, sha256(lines[1]));
  EXPECT_EQ(*audit_head(fs, kLog), (AuditHead{3, sha256(lines[2])}));
}

// A crash in the middle of a line: the next line does not hide it, and does not overwrite it.
TEST(AuditLog, LineCutOffByACrashIsToldAndKept) {
  MemoryFileSystem fs;
  ASSERT_TRUE(append_audit(fs, kLog, event_of("pack"), kOrigin).ok());
  const std::string before = contents(fs);
  append_text(fs, "{\"n\":2,\"ti");
  EXPECT_EQ(audit_head(fs, kLog)->count, 1u);
  ASSERT_TRUE(append_audit(fs, kLog, event_of("verify"), kOrigin).ok());
  const std::string after = contents(fs);
  EXPECT_TRUE(after.starts_with(before + "{\"n\":2,\"ti\n"));
  const std::vector<std::string> lines = lines_of(after);
  ASSERT_EQ(lines.size(), 4u);
  const AuditLine cut = parse_audit_line(lines[2], "cut").value();
  EXPECT_EQ(cut.number, 2u);
  EXPECT_EQ(cut.event.action, "cut");
  EXPECT_EQ(cut.event.digests, std::vector<std::string>{"cut " + sha256("{\"n\":2,\"ti").oci()});
  EXPECT_EQ(cut.previous, sha256(lines[0]));
  EXPECT_EQ(parse_audit_line(lines[3], "4").value().previous, sha256(lines[2]));
}

TEST(AuditLog, TheFirstLineOfAllMayBeCutOff) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.make_folders(parent_folder(kLog)).ok());
  append_text(fs, "{\"n\":1");
  ASSERT_TRUE(append_audit(fs, kLog, event_of("pack"), kOrigin).ok());
  EXPECT_EQ(audit_head(fs, kLog)->count, 2u);
}

// Only the line feed did not reach the disk: the line says all it had to say, and counts.
TEST(AuditLog, LineWithoutItsLineFeedIsWhole) {
  MemoryFileSystem fs;
  ASSERT_TRUE(append_audit(fs, kLog, event_of("pack"), kOrigin).ok());
  const auto file = fs.open_or_create(kLog).value();
  ASSERT_TRUE(file->resize(file->size().value() - 1).ok());
  ASSERT_TRUE(append_audit(fs, kLog, event_of("verify"), kOrigin).ok());
  const std::vector<std::string> lines = lines_of(contents(fs));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(parse_audit_line(lines[1], "2").value().previous, sha256(lines[0]));
}

TEST(AuditLog, LongLinesAreFoundFromTheEnd) {
  MemoryFileSystem fs;
  AuditEvent event = event_of("install");
  event.refs.assign(3'000, std::string(250, 'n'));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(append_audit(fs, kLog, event, kOrigin).ok());
  append_text(fs, std::string(100'000, '\0'));
  EXPECT_EQ(audit_head(fs, kLog)->count, 3u);
}

TEST(AuditLog, SomethingElseInItsPlaceIsRefusedAndKept) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.make_folders(parent_folder(kLog)).ok());
  append_text(fs, std::string(9 * limits::kAuditLineBytesMax, 'x'));
  EXPECT_EQ(append_audit(fs, kLog, event_of("pack"), kOrigin).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(contents(fs).size(), 9 * limits::kAuditLineBytesMax);
}

// Fails at the first call, the second, the third …, once and for ever: what was in the log is still there,
// and a line that was reported as written outlives a power cut.
TEST(AuditLog, SurvivesAFaultAtEveryCall) {
  for (const FaultKind kind : {FaultKind::kIoError, FaultKind::kShortWrite, FaultKind::kLateError}) {
    for (const bool for_ever : {false, true}) {
      for (uint64_t call = 1;; ++call) {
        SCOPED_TRACE(call);
        MemoryFileSystem memory;
        ASSERT_TRUE(append_audit(memory, kLog, event_of("pack"), kOrigin).ok());
        ASSERT_TRUE(memory.sync_all("/").ok());  // the store itself, which is older than its log
        const std::string before = contents(memory);
        FaultyFileSystem fs(memory, {.at_call = call, .kind = kind, .for_ever = for_ever});
        const Status status = append_audit(fs, kLog, event_of("verify"), kOrigin);
        memory.crash(CrashLoss::kAll);
        EXPECT_TRUE(contents(memory).starts_with(before));
        ASSERT_TRUE(append_audit(memory, kLog, event_of("install"), kOrigin).ok());
        EXPECT_GE(audit_head(memory, kLog)->count, status.ok() ? 3u : 2u);
        if (!fs.was_hit()) break;
        ASSERT_LT(call, 50u);
      }
    }
  }
}

// A store that this user may only read: what was done is kept in the user's own log.
TEST(AuditLog, ReadersOfAStoreWriteTheirOwn) {
  MemoryFileSystem memory;
  ASSERT_TRUE(memory.make_folders("/store").ok());
  const auto home = [](const std::string& name) {
    return name == "HOME" ? std::string("/h") : std::string();
  };
  // Where there is no store its log would be the beginning of one.
  ASSERT_TRUE(record_audit(memory, home, "/store", event_of("install")).ok());
  EXPECT_TRUE(memory.list("/store")->empty());
  EXPECT_EQ(audit_head(memory, "/h/.local/state/pannier/audit/log.jsonl")->count, 1u);
  ASSERT_TRUE(memory.make_folders("/store/pannier").ok());
  ASSERT_TRUE((*memory.create("/store/pannier/format.json"))->close().ok());
  FaultyFileSystem fs(memory, {.at_call = 2});  // the store's log cannot be made
  ASSERT_TRUE(record_audit(fs, home, "/store", event_of("verify")).ok());
  EXPECT_EQ(audit_head(memory, "/h/.local/state/pannier/audit/log.jsonl")->count, 2u);
  EXPECT_EQ(audit_head(memory, audit_log_path("/store"))->count, 0u);
  ASSERT_TRUE(record_audit(memory, home, "/store", event_of("verify")).ok());
  EXPECT_EQ(audit_head(memory, audit_log_path("/store"))->count, 1u);
  const auto nothing = [](const std::string&) { return std::string(); };
  EXPECT_EQ(record_audit(memory, nothing, "", event_of("verify")).error().kind, ErrorKind::kIo);
}

TEST(AuditLog, WhetherItCanBeWrittenIsAskedBefore) {
  MemoryFileSystem memory;
  EXPECT_TRUE(check_audit_writable(memory, kLog).ok());
  FaultyFileSystem fs(memory, {.at_call = 2, .for_ever = true});
  EXPECT_NE(check_audit_writable(fs, kLog).error().message.find("nothing was changed"), std::string::npos);
}

TEST(AuditLog, ThreadsAppendOneAfterTheOther) {
  char folder[] = "/tmp/pannier-audit-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/audit/log.jsonl";
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 5; ++j) {
        EXPECT_TRUE(append_audit(real_file_system(), path, event_of("verify"), kOrigin).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = lines_of(contents(real_file_system(), path));
  ASSERT_EQ(lines.size(), 20u);
  for (size_t i = 1; i < lines.size(); ++i) {
    EXPECT_EQ(parse_audit_line(lines[i], "line").value().previous, sha256(lines[i - 1]));
  }
  ASSERT_TRUE(real_file_system().remove_tree(folder).ok());
}

TEST(AuditLog, OriginIsThisProcessAndItsEnvironment) {
  const AuditOrigin origin = audit_origin_here(
      [](const std::string& name) { return name == "USER" ? std::string("alice") : std::string(); });
  EXPECT_TRUE(is_audit_time(origin.time)) << origin.time;
  EXPECT_EQ(origin.user, "alice");
  EXPECT_FALSE(origin.host.empty());
  EXPECT_FALSE(origin.version.empty());
}

TEST(AuditLog, UsersLogFollowsTheEnvironment) {
  const auto with = [](std::string name, std::string value) {
    return user_audit_log_path(
        [=](const std::string& asked) { return asked == name ? value : std::string(); });
  };
  EXPECT_EQ(with("PANNIER_HOME", "/p"), "/p/audit/log.jsonl");
  EXPECT_EQ(with("XDG_STATE_HOME", "/s"), "/s/pannier/audit/log.jsonl");
  EXPECT_EQ(with("XDG_STATE_HOME", "relative"), "");
  EXPECT_EQ(with("HOME", "/h"), "/h/.local/state/pannier/audit/log.jsonl");
  EXPECT_EQ(with("TERM", "dumb"), "");
}

}  // namespace
}  // namespace pannier
