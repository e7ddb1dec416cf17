#include "carry/audit/audit_reader.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "base/limits.h"

namespace pannier {
namespace {

const std::string kLog = "/store/pannier/audit/log.jsonl";
const AuditOrigin kOrigin{"2026-11-24T16:00:00Z", 1000, "alice", "plant-7", "0.1.0"};

class AuditReaderTest : public ::testing::Test {
 protected:
  void append(const std::string& action, std::vector<std::string> digests = {}) {
    AuditEvent event;
    event.action = action;
    event.verdict = "ok";
    event.digests = std::move(digests);
    ASSERT_TRUE(append_audit(fs_, kLog, event, kOrigin).ok());
  }
  std::string contents() { return read_small_file(fs_, kLog, limits::kGiB).value(); }
  void replace(const std::string& text) { ASSERT_TRUE(write_file_atomic(fs_, kLog, text).ok()); }

  AuditReport read(const std::optional<AuditHead>& seen = std::nullopt) {
    actions_.clear();
    return read_audit_log(
               fs_, kLog,
               [&](const AuditLine& line) -> Status {
                 actions_.push_back(line.event.action);
                 return {};
               },
               seen)
        .value();
  }

  MemoryFileSystem fs_;
  std::vector<std::string> actions_;
};

TEST_F(AuditReaderTest, AWholeLogHasNoFindings) {
  EXPECT_EQ(read().head, AuditHead{});
  for (const char* action : {"pack", "verify", "install"}) append(action);
  const AuditReport report = read();
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.head, *audit_head(fs_, kLog));
  EXPECT_EQ(actions_, (std::vector<std::string>{"pack", "verify", "install"}));
}

// Somebody edits what was done.
TEST_F(AuditReaderTest, ChangedLineIsFound) {
  for (const char* action : {"pack", "verify", "install"}) append(action);
  std::string text = contents();
  text.replace(text.find("verify"), 6, "verifz");
  replace(text);
  const AuditReport report = read();
  ASSERT_EQ(report.damage_count, 1u);
  EXPECT_EQ(report.findings[0].message, "line 3 does not fit line 2 before it: one of them was changed");
}

TEST_F(AuditReaderTest, RemovedLineIsFound) {
  for (const char* action : {"pack", "verify", "install"}) append(action);
  std::string text = contents();
  const size_t begin = text.find('\n') + 1;
  text.erase(begin, text.find('\n', begin) + 1 - begin);
  replace(text);
  EXPECT_EQ(read().findings.at(0).message, "line 3 follows line 1");
}

TEST_F(AuditReaderTest, LineThatWasPutInIsFound) {
  for (const char* action : {"pack", "verify"}) append(action);
  const std::string text = contents();
  replace(text + text.substr(0, text.find('\n') + 1));
  EXPECT_EQ(read().damage_count, 1u);
}

// The chain alone cannot show that its end is gone; the receipt that was sent away can.
TEST_F(AuditReaderTest, TailThatWasCutOffShowsAgainstAReceipt) {
  append("pack");
  const std::string one = contents();
  append("install");
  const AuditHead seen = *audit_head(fs_, kLog);
  replace(one);
  EXPECT_TRUE(read().findings.empty());
  EXPECT_EQ(read(seen).findings.at(0).message,
            "the log ends with line 1, but the receipt saw line 2: its end was cut off");
  append("verify");  // and hides it by going on
  EXPECT_EQ(read(seen).findings.at(0).message, "line 2 is not the one that the receipt saw");
}

TEST_F(AuditReaderTest, RemovedLogShowsAgainstAReceipt) {
  append("pack");
  const AuditHead seen = *audit_head(fs_, kLog);
  ASSERT_TRUE(fs_.remove_file(kLog).ok());
  EXPECT_EQ(read(seen).damage_count, 1u);
  EXPECT_EQ(read(AuditHead{}).damage_count, 0u);
}

TEST_F(AuditReaderTest, CrashIsANoteNotDamage) {
  append("pack");
  for (const std::string& cut :
       {std::string("{\"n\":2,\"ti"), std::string("{\"n\n"), std::string(5000, '\0')}) {
    replace(contents() + cut);
    EXPECT_EQ(read().note_count, read().findings.size());
    append("verify");
  }
  const AuditReport report = read();
  EXPECT_EQ(report.damage_count, 0u) << report.findings[0].message;
  EXPECT_EQ(report.note_count, 3u);
}

TEST_F(AuditReaderTest, CrashInTheLineThatTellsOfACrash) {
  append("pack");
  replace(contents() + "{\"n\":2");
  const std::string before = contents();
  append("verify");
  replace(contents().substr(0, before.size() + 20));  // "\n" and some of the "cut" line
  append("install");
  const AuditReport report = read();
  EXPECT_EQ(report.damage_count, 0u);
  EXPECT_EQ(report.note_count, 1u);
}

// Garbage in the middle that no "cut" line tells of, or another garbage than it tells of.
TEST_F(AuditReaderTest, BytesThatNobodyToldOfAreDamage) {
  append("pack");
  const std::string one = contents();
  append("install");
  replace(one + "what is this\n" + contents().substr(one.size()));
  EXPECT_EQ(read().damage_count, 1u);
  replace(one + "{\"n\":2");
  append("verify");
  std::string text = contents();
  text.replace(one.size(), 6, "{\"n\":3");
  replace(text);
  EXPECT_EQ(read().damage_count, 1u);
}

// Somebody takes the bytes away that a "cut" line speaks of.
TEST_F(AuditReaderTest, CutLineWithoutItsBytesIsDamage) {
  append("pack");
  const std::string one = contents();
  replace(one + "{\"n\":2");
  append("verify");
  replace(one + contents().substr(one.size() + 7));
  EXPECT_EQ(read().damage_count, 1u);
}

TEST_F(AuditReaderTest, EndlessLineTakesBoundedMemory) {
  append("pack");
  replace(contents() + std::string(5 * limits::kAuditLineBytesMax, 'x'));
  append("verify");
  const AuditReport report = read();
  EXPECT_EQ(report.damage_count, 0u);
  EXPECT_EQ(report.head.count, 3u);
}

TEST_F(AuditReaderTest, GenerationsWithoutALineAreNoted) {
  append("install", {"generation 3"});
  append("install", {"payload x", "generation 5"});
  AuditReport report = read();
  compare_generations({1, 2, 3, 4, 5, 6}, report);
  EXPECT_EQ(report.note_count, 2u);  // 4 and 6; 1 and 2 are older than the log
  EXPECT_EQ(report.damage_count, 0u);
}

TEST_F(AuditReaderTest, FindingsAreBoundedTheirNumberIsNot) {
  std::string text;
  append("pack");
  for (int i = 0; i < 500; ++i) text += contents();
  replace(text);
  const AuditReport report = read();
  EXPECT_EQ(report.findings.size(), 100u);
  EXPECT_EQ(report.damage_count, 499u);
}

}  // namespace
}  // namespace pannier
