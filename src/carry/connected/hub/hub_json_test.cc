#include "carry/connected/hub/hub_json.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "carry/connected/hub/hub_testing.h"

namespace pannier {
namespace {

std::string info(const std::string& more) {
  return R"({"id":"org/name","sha":")" + kTestCommit + "\"" + (more.empty() ? "" : "," + more) + "}";
}

std::string licence(const std::string& more) {
  const auto parsed = parse_repo_info(info(more), "test");
  EXPECT_TRUE(parsed.ok()) << more;
  return parsed.ok() ? parsed->licence : "";
}

TEST(HubJson, LicencesAreWhereCardsHaveThem) {
  EXPECT_EQ(licence(R"("cardData":{"license":"mit"})"), "mit");
  EXPECT_EQ(licence(R"("cardData":{"license":["mit","apache-2.0"]})"), "mit, apache-2.0");
  EXPECT_EQ(licence(R"("cardData":{"license":"other","license_name":"llama3"})"), "llama3");
  EXPECT_EQ(licence(R"("cardData":{"license":"other"})"), "other");
  EXPECT_EQ(licence(R"("tags":["pytorch","license:bsd"],"cardData":null)"), "bsd");
  EXPECT_EQ(licence(R"("tags":{"x":1},"cardData":[])"), "");
  // A terminal is not to be driven by a licence.
  EXPECT_EQ(licence("\"cardData\":{\"license\":\"\\u001b[31mmit\"}").find('\x1b'), std::string::npos);
  EXPECT_EQ(licence("\"cardData\":{\"license\":\"" + std::string(100'000, 'x') + "\"}"), "");
}

TEST(HubJson, GatedAsItWasAndIs) {
  const auto gated = [](const std::string& more) { return parse_repo_info(info(more), "test")->gated; };
  EXPECT_EQ(gated(R"("gated":false)"), "");
  EXPECT_EQ(gated(R"("gated":"auto")"), "auto");
  EXPECT_EQ(gated(R"("gated":true)"), "manual");
  EXPECT_EQ(gated(""), "");
}

TEST(HubJson, HostileDescriptionsAreRefused) {
  for (const std::string& json :
       {std::string(""), std::string("[]"), std::string("{"), std::string("{}"), std::string("null"),
        std::string(R"({"id":"org/name"})"), std::string(R"({"id":"org/name","sha":"main"})"),
        std::string(R"({"id":"org/name","sha":null})"),
        std::string(R"({"id":"org/name","sha":"0123456789ABCDEF0123456789abcdef01234567"})"),
        R"({"id":"../../etc","sha":")" + kTestCommit + "\"}",
        R"({"id":"a/b/c","sha":")" + kTestCommit + "\"}", R"({"id":7,"sha":")" + kTestCommit + "\"}",
        info("") + "x", std::string(10'000, '[')}) {
    const auto parsed = parse_repo_info(json, "test");
    ASSERT_FALSE(parsed.ok()) << json;
    EXPECT_TRUE(parsed.error().kind == ErrorKind::kCorrupt || parsed.error().kind == ErrorKind::kLimit)
        << json;
  }
}

Status listed(const std::string& entries) {
  TreeListing listing;
  return listing.add_page("[" + entries + "]", "test");
}

TEST(HubJson, NamesThatCouldLeaveTheFolderAreRefused) {
  for (const char* path : {"../x", "/etc/passwd", "a/../../b", "a\\\\..\\\\b", "a//b", "", ".", "C:x", "nul",
                           "a\\u0000b", "a\\nb", "a/"}) {
    const Status status =
        listed(R"({"type":"file","oid":")" + std::string(40, 'a') + R"(","size":1,"path":")" + path + "\"}");
    ASSERT_FALSE(status.ok()) << path;
    EXPECT_EQ(status.error().kind, ErrorKind::kCorrupt);
  }
}

TEST(HubJson, CollisionsAreRefusedAcrossPages) {
  for (const auto& [first, second] : {std::pair("a", "a"), std::pair("A", "a"), std::pair("a", "a/b"),
                                      std::pair("a/b", "A/c"), std::pair("\xc3\xa9", "e\xcc\x81")}) {
    TreeListing listing;
    ASSERT_TRUE(listing.add_page("[" + tree_entry(first, "1") + "]", "test").ok());
    const Status status = listing.add_page("[" + tree_entry(second, "1") + "]", "test");
    ASSERT_FALSE(status.ok()) << first << " " << second;
    EXPECT_EQ(status.error().kind, ErrorKind::kCorrupt);
  }
}

TEST(HubJson, SizesAndDigestsAreChecked) {
  const std::string oid(40, 'a');
  const std::string sha(64, 'c');
  for (const std::string& entry :
       {R"({"type":"file","path":"a","size":-1,"oid":")" + oid + "\"}",
        R"({"type":"file","path":"a","size":1.5,"oid":")" + oid + "\"}",
        R"({"type":"file","path":"a","size":18446744073709551615,"oid":")" + oid + "\"}",
        R"({"type":"file","path":"a","size":99999999999999999999999,"oid":")" + oid + "\"}",
        R"({"type":"file","path":"a","size":"1","oid":")" + oid + "\"}",
        R"({"type":"file","path":"a","oid":")" + oid + "\"}",
        std::string(R"({"type":"file","path":"a","size":1})"),
        std::string(R"({"type":"file","path":"a","size":1,"oid":"x"})"),
        R"({"type":"file","path":"a","size":1,"oid":")" + oid + R"(","lfs":{"oid":"x","size":1}})",
        R"({"type":"file","path":"a","size":1,"oid":")" + oid + R"(","lfs":{"oid":")" + sha +
            R"(","size":2}})",
        R"({"type":"file","path":"a","size":1,"oid":")" + oid + R"(","lfs":{}})",
        R"({"type":"link","path":"a","size":1,"oid":")" + oid + "\"}",
        R"({"path":"a","size":1,"oid":")" + oid + "\"}", std::string("7"), std::string("null")}) {
    EXPECT_FALSE(listed(entry).ok()) << entry;
  }
  // Each within bounds, together beyond them.
  std::string many;
  for (int i = 0; i < 3; ++i) {
    many += (i == 0 ? "" : ",") + fmt::format(R"({{"type":"file","path":"f{}","size":{},"oid":"{}"}})", i,
                                              limits::kBundleBytesMax / 2, oid);
  }
  EXPECT_EQ(listed(many).error().kind, ErrorKind::kLimit);
}

TEST(HubJson, FoldersAreNotFilesAndOtherPagesNoListing) {
  TreeListing listing;
  ASSERT_TRUE(
      listing
          .add_page(R"([{"type":"directory","path":"a","oid":"x","size":0},)" + tree_entry("a/b", "1") + "]",
                    "test")
          .ok());
  EXPECT_EQ(listing.take().size(), 1U);
  EXPECT_FALSE(TreeListing().add_page("{}", "test").ok());
  EXPECT_FALSE(TreeListing().add_page("", "test").ok());
  EXPECT_FALSE(TreeListing().add_page("[", "test").ok());
}

TEST(HubJson, AMillionSiblingsAreRefusedEarly) {
  TreeListing listing;
  Status status;
  uint64_t pages = 0;
  for (uint64_t page = 0; page < 1'000 && status.ok(); ++page, ++pages) {
    std::string json = "[";
    for (uint64_t i = 0; i < 1'000; ++i) {
      json += fmt::format(R"({}{{"type":"file","oid":"{}","size":1,"path":"{}-{}"}})", i == 0 ? "" : ",",
                          std::string(40, 'a'), page, i);
    }
    status = listing.add_page(json + "]", "test");
  }
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kLimit);
  EXPECT_EQ(pages, limits::kFilesPerModelMax / 1'000 + 1);
}

}  // namespace
}  // namespace pannier
