#include "carry/audit/audit_line.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace pannier {
namespace {

AuditLine sample() {
  AuditLine line;
  line.number = 2;
  line.origin = {"2026-11-24T16:00:00Z", 1000, "alice", "plant-7", "0.1.0"};
  line.event.action = "install";
  line.event.verdict = "ok";
  line.event.refs = {"sst2-tiny"};
  line.event.digests = {"generation 3"};
  line.event.medium = "/media/usb/a.pannier";
  line.previous = sha256("line one");
  return line;
}

TEST(AuditLine, HasOneFormForEver) {
  EXPECT_EQ(write_audit_line(sample()),
            R"({"n":2,"time":"2026-11-24T16:00:00Z","uid":1000,"user":"alice","host":"plant-7",)"
            R"("version":"0.1.0","action":"install","verdict":"ok","detail":"","refs":["sst2-tiny"],)"
            R"("digests":["generation 3"],"signers":[],"medium":"/media/usb/a.pannier","permissions":[],)"
            R"("previous":")" +
                sha256("line one").oci() + "\"}");
}

TEST(AuditLine, ReadsBackWhatItWrote) {
  AuditLine line = sample();
  EXPECT_EQ(*parse_audit_line(write_audit_line(line), "line"), line);
  line.number = 1;
  line.previous = {};
  line.origin.user = "";
  EXPECT_EQ(*parse_audit_line(write_audit_line(line), "line"), line);
}

TEST(AuditLine, RefusesWhatItWouldNotHaveWritten) {
  const std::string good = write_audit_line(sample());
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return parse_audit_line(text, "line");
  };
  ASSERT_TRUE(changed("sst2-tiny", "sst2-tinz").ok());  // the chain finds that, not the form
  EXPECT_FALSE(changed("{\"n\"", "{ \"n\"").ok());
  EXPECT_FALSE(changed("\"n\":2", "\"n\":1").ok());
  EXPECT_FALSE(changed("\"n\":2", "\"n\":0").ok());
  EXPECT_FALSE(changed("T16", " 16").ok());
  EXPECT_FALSE(changed("\"uid\":1000", "\"uid\":-1").ok());
  EXPECT_FALSE(changed("\"detail\":\"\"", "\"detail\":\"\",\"more\":1").ok());
  EXPECT_FALSE(changed("[\"sst2-tiny\"]", "[1]").ok());
  EXPECT_FALSE(parse_audit_line("", "line").ok());
  EXPECT_FALSE(parse_audit_line(good.substr(0, good.size() - 1), "line").ok());
  EXPECT_EQ(parse_audit_line(std::string(limits::kAuditLineBytesMax + 1, ' '), "line").error().kind,
            ErrorKind::kLimit);
}

// A bundle with a hundred thousand names must not make a log that its own reader refuses.
TEST(AuditLine, LongEventsAreCutAndSaySo) {
  AuditLine line = sample();
  line.event.refs.assign(100'000, std::string(250, 'n'));
  line.event.detail = std::string(1 << 20, 'd');
  const std::string written = write_audit_line(line);
  ASSERT_LE(written.size(), limits::kAuditLineBytesMax);
  const auto read = parse_audit_line(written, "line");
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  ASSERT_GT(read->event.refs.size(), 1000u);
  EXPECT_EQ(read->event.refs.back(),
            "and " + std::to_string(100'000 - (read->event.refs.size() - 1)) + " more");
  EXPECT_TRUE(read->event.detail.ends_with("d…"));
}

TEST(AuditLine, BytesThatAreNoTextAreWrittenAsText) {
  AuditLine line = sample();
  line.event.medium = "/media/\xff\x01";
  const auto read = parse_audit_line(write_audit_line(line), "line");
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  EXPECT_EQ(read->event.medium, "/media/\\xff\\x01");
}

TEST(AuditLine, GenerationsHaveOneSpelling) {
  EXPECT_EQ(audit_generation(17), "generation 17");
  EXPECT_EQ(audit_generation_of("generation 17"), 17u);
  EXPECT_FALSE(audit_generation_of("generation "));
  EXPECT_FALSE(audit_generation_of("generation 1x"));
  EXPECT_FALSE(audit_generation_of("generation 99999999999"));
}

}  // namespace
}  // namespace pannier
