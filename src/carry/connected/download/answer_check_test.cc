// What heads of answers say: ranges, tags, a Hub's own headers, refusals.
#include "carry/connected/download/answer_check.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

const std::string kSha(64, 'a');
const std::string kOtherSha(64, 'b');
const std::string kGit(40, 'a');
const std::string kOtherGit(40, 'b');

DownloadItem lfs_item() {
  DownloadItem item;
  item.label = "org/m: model.bin";
  item.url = *parse_url("https://hub.test/org/m/resolve/c1/model.bin?secret=1");
  item.bytes = 100;
  item.id.sha256 = *digest_from_hex(kSha);
  item.commit = "c1";
  return item;
}

DownloadItem git_item() {
  DownloadItem item = lfs_item();
  item.id = {std::nullopt, *sha1_from_hex(kGit)};
  return item;
}

HttpHead head_of(std::vector<HttpHeader> headers, int status = 200) { return {status, std::move(headers)}; }

TEST(AnswerCheck, ReadsContentRanges) {
  const auto range = parse_content_range("bytes 5-9/10");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 5u);
  EXPECT_EQ(range->last, 9u);
  EXPECT_EQ(range->total, 10u);
  EXPECT_FALSE(parse_content_range("bytes 0-0/*")->total);
  for (const char* bad :
       {"", "bytes", "bytes 5-9", "bytes 9-5/10", "bytes 5-10/10", "bytes -5/10", "bytes 5-/10",
        "bytes +5-9/10", "bytes 5-9/-", "bytes 5-9/10 ", "items 5-9/10", "bytes */10", "bytes 5/9-10",
        "bytes 0-18446744073709551616/18446744073709551617", "bytes 0x0-1/2"}) {
    EXPECT_FALSE(parse_content_range(bad)) << bad;
  }
}

TEST(AnswerCheck, StrongTagsOnlyAreCompared) {
  EXPECT_EQ(strong_etag(head_of({{"ETag", "\"x\""}})), "x");
  EXPECT_EQ(strong_etag(head_of({{"etag", "x"}})), "x");
  EXPECT_EQ(strong_etag(head_of({{"ETag", "W/\"x\""}})), "");
  EXPECT_EQ(strong_etag(head_of({})), "");
}

TEST(AnswerCheck, TheHubsHeadersMustSayTheSame) {
  const auto lfs = [](std::vector<HttpHeader> headers) {
    const Status status = check_identity(lfs_item(), head_of(std::move(headers)));
    EXPECT_TRUE(status.ok() || status.error().kind == ErrorKind::kStale);
    return status.ok();
  };
  EXPECT_TRUE(lfs({}));
  EXPECT_TRUE(lfs({{"X-Repo-Commit", "c1"}}));
  EXPECT_FALSE(lfs({{"X-Repo-Commit", "c2"}}));
  EXPECT_TRUE(lfs({{"X-Linked-ETag", "\"" + kSha + "\""}, {"X-Linked-Size", "100"}}));
  EXPECT_FALSE(lfs({{"X-Linked-ETag", "\"" + kOtherSha + "\""}}));
  EXPECT_FALSE(lfs({{"X-Linked-Size", "101"}}));
  EXPECT_FALSE(lfs({{"X-Repo-Commit", "c1"}, {"ETag", "\"" + kOtherSha + "\""}}));
  EXPECT_TRUE(lfs({{"X-Linked-ETag", kSha}, {"X-Repo-Commit", "c1"}, {"ETag", "\"" + kOtherSha + "\""}}))
      << "the linked one wins";
}

TEST(AnswerCheck, AGitIdIsComparedWithGitIds) {
  EXPECT_TRUE(
      check_identity(git_item(), head_of({{"X-Repo-Commit", "c1"}, {"ETag", "W/\"" + kGit + "\""}})).ok());
  EXPECT_FALSE(
      check_identity(git_item(), head_of({{"X-Repo-Commit", "c1"}, {"ETag", "\"" + kOtherGit + "\""}})).ok());
  EXPECT_TRUE(
      check_identity(git_item(), head_of({{"X-Repo-Commit", "c1"}, {"ETag", "\"" + kOtherSha + "\""}})).ok())
      << "of another kind: says nothing";
}

// Artifactory and others put the SHA-1 of the plain contents there.
TEST(AnswerCheck, AnETagOfAServerThatIsNoHubSaysNothing) {
  EXPECT_TRUE(check_identity(git_item(), head_of({{"ETag", "\"" + kOtherGit + "\""}})).ok());
  EXPECT_TRUE(check_identity(lfs_item(), head_of({{"ETag", "\"" + kOtherSha + "\""}})).ok());
}

TEST(AnswerCheck, RefusalsSpeakTheHubsTerms) {
  const DownloadItem item = lfs_item();
  const auto kind = [&](int status, std::vector<HttpHeader> headers = {}) {
    return refusal(item, head_of(std::move(headers), status), item.url).kind;
  };
  EXPECT_EQ(kind(401), ErrorKind::kDenied);
  EXPECT_EQ(kind(403), ErrorKind::kDenied);
  EXPECT_EQ(kind(404), ErrorKind::kNotFound);
  EXPECT_EQ(kind(416), ErrorKind::kStale);
  EXPECT_EQ(kind(429), ErrorKind::kNetwork);
  EXPECT_EQ(kind(500), ErrorKind::kNetwork);
  EXPECT_EQ(kind(304), ErrorKind::kNetwork);
  const Error gated = refusal(
      item,
      head_of({{"X-Error-Code", "GatedRepo"}, {"X-Error-Message", "Access is \x1b[31mrestricted"}}, 403),
      item.url);
  EXPECT_NE(gated.message.find("GatedRepo"), std::string::npos);
  EXPECT_EQ(gated.message.find('\x1b'), std::string::npos) << "what a server says cannot move the cursor";
  EXPECT_NE(gated.hint.find("ask for access"), std::string::npos);
}

TEST(AnswerCheck, ASignedAddressIsNotShownWhole) {
  const DownloadItem item = lfs_item();
  EXPECT_EQ(address_for_message(item.url), "https://hub.test/org/m/resolve/c1/model.bin");
  EXPECT_EQ(refusal(item, head_of({}, 404), item.url).to_string().find("secret"), std::string::npos);
  EXPECT_EQ(size_differs(item, 1, item.url).to_string().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace pannier
