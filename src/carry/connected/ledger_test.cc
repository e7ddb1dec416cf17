#include "carry/connected/ledger.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"

namespace pannier {
namespace {

const std::string kFolder = "/far/ledger";

LedgerEntry entry_of(uint64_t sequence, const std::string& model, const std::string& contents) {
  LedgerEntry entry;
  entry.sequence = sequence;
  entry.time = "2026-11-24T16:00:00Z";
  entry.statement = sha256("statement " + std::to_string(sequence));
  entry.payload = sha256("payload");
  entry.models = {{model, sha256("manifest of " + contents), {{sha256(contents), contents.size()}}}};
  return entry;
}

class LedgerTest : public ::testing::Test {
 protected:
  uint64_t send(const std::string& model, const std::string& contents,
                const std::vector<uint64_t>& built_on = {}) {
    const uint64_t sequence = ledger_.reserve_sequence("plant-7").value();
    LedgerEntry entry = entry_of(sequence, model, contents);
    entry.built_on = built_on;
    EXPECT_TRUE(ledger_.record_sent("plant-7", entry).ok());
    return sequence;
  }

  LedgerState state(uint64_t sequence) { return ledger_.read("plant-7").value().find(sequence)->state; }

  MemoryFileSystem fs_;
  Ledger ledger_{fs_, kFolder};
};

TEST_F(LedgerTest, BeginsEmptyAndCountsFromOne) {
  EXPECT_TRUE(ledger_.channels().value().empty());
  EXPECT_EQ(ledger_.read("plant-7").value().next, 1u);
  EXPECT_EQ(send("m", "1"), 1u);
  EXPECT_EQ(send("m", "2"), 2u);
  EXPECT_EQ(ledger_.channels().value(), std::vector<std::string>{"plant-7"});
}

// A pack that fails leaves a gap: no number is ever on two bundles.
TEST_F(LedgerTest, NumbersAreNeverGivenTwice) {
  EXPECT_EQ(ledger_.reserve_sequence("plant-7").value(), 1u);
  EXPECT_EQ(ledger_.reserve_sequence("plant-7").value(), 2u);
  EXPECT_EQ(ledger_.reserve_sequence("plant-7", 10).value(), 10u);
  EXPECT_EQ(ledger_.reserve_sequence("plant-7", 10).error().kind, ErrorKind::kStale);
  EXPECT_EQ(ledger_.reserve_sequence("plant-7").value(), 11u);
  EXPECT_EQ(ledger_.record_sent("plant-7", entry_of(12, "m", "1")).error().kind, ErrorKind::kInvalid);
  ASSERT_TRUE(ledger_.record_sent("plant-7", entry_of(10, "m", "1")).ok());
  ASSERT_TRUE(ledger_.record_sent("plant-7", entry_of(2, "m", "1")).ok());  // finished later, sorted in
  EXPECT_EQ(ledger_.record_sent("plant-7", entry_of(10, "m", "1")).error().kind, ErrorKind::kInvalid);
}

TEST_F(LedgerTest, DeltasBuildOnWhatIsConfirmed) {
  send("m@v1", "one");
  send("m@v2", "two");
  ASSERT_TRUE(ledger_.set_state("plant-7", 1, LedgerState::kConfirmed).ok());
  const ChannelLedger channel = ledger_.read("plant-7").value();
  const ChannelHeld careful = held_by_channel(channel, false);
  EXPECT_TRUE(careful.held.holds(sha256("one"), 3));
  EXPECT_FALSE(careful.held.holds(sha256("two"), 3));
  EXPECT_EQ(careful.built_on, std::vector<uint64_t>{1});
  const ChannelHeld assumed = held_by_channel(channel, true);
  EXPECT_TRUE(assumed.held.holds(sha256("two"), 3));
  EXPECT_EQ(assumed.built_on, (std::vector<uint64_t>{1, 2}));
  EXPECT_TRUE(assumed.held.receipts.empty());
}

// The far side replaces a model of one name, and later collects what the old one was made of.
TEST_F(LedgerTest, ANameIsHeldAsTheNewestBundleLeftIt) {
  send("m", "old");
  send("m", "new");
  ASSERT_TRUE(ledger_.set_state("plant-7", 1, LedgerState::kConfirmed).ok());
  ASSERT_TRUE(ledger_.set_state("plant-7", 2, LedgerState::kConfirmed).ok());
  const ChannelHeld held = held_by_channel(ledger_.read("plant-7").value(), false);
  EXPECT_FALSE(held.held.holds(sha256("old"), 3));
  EXPECT_TRUE(held.held.holds(sha256("new"), 3));
}

TEST_F(LedgerTest, DroppedCountsForNothingAndNamesWhatBuiltOnIt) {
  send("m@v1", "one");
  send("m@v2", "two", {1});
  send("m@v3", "three", {2});
  EXPECT_EQ(ledger_.set_state("plant-7", 1, LedgerState::kDropped).value(), std::vector<uint64_t>{2});
  EXPECT_FALSE(held_by_channel(ledger_.read("plant-7").value(), true).held.holds(sha256("one"), 3));
}

TEST_F(LedgerTest, StatesThatMakeNoSenseAreRefused) {
  send("m", "one");
  EXPECT_EQ(ledger_.set_state("plant-7", 2, LedgerState::kConfirmed).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(ledger_.set_state("plant-7", 1, LedgerState::kApproved).ok());
  ASSERT_TRUE(ledger_.set_state("plant-7", 1, LedgerState::kDropped).ok());
  EXPECT_EQ(ledger_.set_state("plant-7", 1, LedgerState::kApproved).error().kind, ErrorKind::kInvalid);
  ASSERT_TRUE(ledger_.set_state("plant-7", 1, LedgerState::kConfirmed).ok());  // it turned up after all
  EXPECT_EQ(ledger_.read("../plant").error().kind, ErrorKind::kInvalid);
}

TEST_F(LedgerTest, ReceiptConfirmsWhatIsInstalled) {
  send("a", "one");
  send("b", "two");
  send("c", "three");
  send("d", "four");
  Receipt receipt;
  receipt.channels = {{"other", 9, sha256("x")}, {"plant-7", 3, sha256("statement 3")}};
  receipt.blobs = {{sha256("one"), 3}, {sha256("three"), 5}};
  std::sort(receipt.blobs.begin(), receipt.blobs.end());
  const std::vector<LedgerReceiptNews> news = ledger_.confirm_by_receipt(receipt).value();
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(news[0].channel, "plant-7");
  EXPECT_EQ(news[0].confirmed, (std::vector<uint64_t>{1, 3}));
  EXPECT_FALSE(news[0].is_another_bundle);
  EXPECT_EQ(state(2), LedgerState::kSent);  // lost on the way, as its blobs say
  EXPECT_EQ(state(4), LedgerState::kSent);
}

// Two packers on one channel: the far side has number 1, but of somebody else.
TEST_F(LedgerTest, ReceiptOfAnotherBundleUnderOurNumberIsTold) {
  send("a", "one");
  Receipt receipt;
  receipt.channels = {{"plant-7", 1, sha256("statement of another packer")}};
  const std::vector<LedgerReceiptNews> news = ledger_.confirm_by_receipt(receipt).value();
  EXPECT_TRUE(news.at(0).is_another_bundle);
  EXPECT_EQ(state(1), LedgerState::kSent);
}

TEST_F(LedgerTest, EveryFaultLeavesTheOldLedgerOrTheNew) {
  for (uint64_t call = 1;; ++call) {
    SCOPED_TRACE(call);
    MemoryFileSystem memory;
    Ledger before(memory, kFolder);
    ASSERT_EQ(before.reserve_sequence("plant-7").value(), 1u);
    ASSERT_TRUE(memory.sync_all("/").ok());
    FaultyFileSystem fs(memory, {.at_call = call});
    const Status status = Ledger(fs, kFolder).record_sent("plant-7", entry_of(1, "m", "one"));
    memory.crash(CrashLoss::kAll);
    const auto after = before.read("plant-7");
    ASSERT_TRUE(after.ok()) << after.error().to_string();
    if (status.ok()) {
      EXPECT_EQ(after->entries.size(), 1u);
    }
    EXPECT_EQ(after->next, 2u);
    if (!fs.was_hit()) break;
    ASSERT_LT(call, 100u);
  }
}

TEST(LedgerFile, RefusesWhatItWouldNotHaveWritten) {
  ChannelLedger ledger{"plant-7", 4, {entry_of(1, "a", "one"), entry_of(3, "b", "two")}};
  ledger.entries[1].built_on = {1};
  const std::string good = write_channel_ledger(ledger);
  EXPECT_EQ(parse_channel_ledger(good, "file").value(), ledger);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    EXPECT_NE(text.find(from), std::string::npos) << from;
    text.replace(text.find(from), from.size(), to);
    const auto parsed = parse_channel_ledger(text, "file");
    if (!parsed.ok() && from.find("version") == std::string::npos) {
      EXPECT_EQ(parsed.error().kind, ErrorKind::kCorrupt) << to;
    }
    return parsed.ok();
  };
  EXPECT_FALSE(changed("\"version\":1", "\"version\":2"));
  EXPECT_FALSE(changed("\"next\":4", "\"next\":3"));
  EXPECT_FALSE(changed("\"sequence\":3", "\"sequence\":1"));
  EXPECT_FALSE(changed("\"built_on\":[1]", "\"built_on\":[3]"));
  EXPECT_FALSE(changed("\"sent\"", "\"lost\""));
  EXPECT_FALSE(changed("plant-7", "plant 7"));
  EXPECT_FALSE(changed("\"bytes\":3", "\"bytes\":-3"));
  EXPECT_FALSE(changed("\"name\":\"a\"", "\"name\":\"../a\""));
  EXPECT_FALSE(parse_channel_ledger("[]", "file").ok());
  EXPECT_FALSE(parse_channel_ledger(good.substr(0, good.size() / 2), "file").ok());
}

}  // namespace
}  // namespace pannier
