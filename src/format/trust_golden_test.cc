// Roots, roots of a bundle and approvals as each version wrote them (tests/goldens/trust/) stay readable, and
// what is written today for the same keys is the same, byte for byte; hostile ones (tests/hostile/trust/) are
// refused for the reason that their name says.
//
// A new version gets a folder of its own: run this test once with PANNIER_WRITE_GOLDENS=1 while it is
// missing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "base/fs.h"
#include "base/limits.h"
#include "format/approval.h"
#include "format/trust_bundle.h"
#include "format/trust_root_testing.h"

namespace pannier {
namespace {

using namespace trust_testing;

const std::string kGolden = std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/trust/v1";
const std::string kHostile = std::string(PANNIER_SOURCE_DIR) + "/tests/hostile/trust";

std::string read(const std::string& path) {
  const auto contents = read_small_file(real_file_system(), path, limits::kTrustBytesMax);
  EXPECT_TRUE(contents.ok()) << contents.error().to_string();
  return contents.ok() ? *contents : "";
}

TrustRoot second_root() {
  TrustRoot root = plain_root(2);
  revoke(root, kPacker, {{"plant-7", 17}}, "the laptop was lost in Zürich");
  return root;
}

std::map<std::string, std::string> golden_files() {
  const std::string first = signed_root(plain_root(), {kRootA, kRootB});
  const std::string second = signed_root(second_root(), {kRootA, kRootB, kRootC});
  DsseEnvelope approval = approval_envelope({sha256("contents"), {"org/a", "org/b@v1"}, "scanned"});
  sign_envelope(approval, test_key(kReviewer));
  return {{"root-1.json", first},
          {"root-2.json", second},
          {"trust.json", write_trust_bundle({parsed(first), parsed(second)})},
          {"b.pannier.approval", write_dsse(approval)}};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string with_payload(const DsseEnvelope& envelope, std::string payload) {
  return write_dsse({envelope.payload_type, std::move(payload), {}});
}

// Names begin with the kind of the refusal.
std::map<std::string, std::string> hostile_files() {
  const std::string root = signed_root(plain_root(), {kRootA, kRootB});
  const DsseEnvelope envelope = trust_root_envelope(plain_root());
  std::string twice = root;
  const size_t at = twice.find("{\"keyid\"");
  twice.insert(at, twice.substr(at, twice.find('}', at) - at + 1) + ",");
  TrustRoot fork = plain_root();
  fork.keys[0].name = "mallory";
  return {{"corrupt-a-key-signs-twice.root", twice},
          {"corrupt-spaces-in-the-payload.root",
           with_payload(envelope, replaced(envelope.payload, "\"number\":1", "\"number\": 1"))},
          {"corrupt-threshold-of-nobody.root",
           with_payload(envelope, replaced(envelope.payload, "\"threshold\":2", "\"threshold\":0"))},
          {"corrupt-id-of-another-key.root",
           with_payload(envelope,
                        replaced(envelope.payload, test_key_id(kPacker).hex(), test_key_id(kBoth).hex()))},
          {"corrupt-cut-off.root", root.substr(0, root.size() / 2)},
          {"unsupported-newer-version.root",
           with_payload(envelope, replaced(envelope.payload, "\"version\":1", "\"version\":2"))},
          {"unsupported-role-nobody-knows.root",
           with_payload(envelope, replaced(envelope.payload, "[\"reviewer\"]", "[\"overlord\"]"))},
          {"untrusted-one-signature-of-two.root", signed_root(plain_root(), {kRootA})},
          {"untrusted-signed-by-packers.root", signed_root(plain_root(), {kPacker, kPackerTwo})},
          {"untrusted-signatures-of-another-root.root", [&] {
             DsseEnvelope other = trust_root_envelope(fork);
             other.signatures = parsed(root).envelope.signatures;
             return write_dsse(other);
           }()}};
}

void write_all(const std::string& folder, const std::map<std::string, std::string>& files) {
  FileSystem& fs = real_file_system();
  ASSERT_FALSE(fs.stat(folder).ok()) << folder << " is there already";
  ASSERT_TRUE(fs.make_folders(folder).ok());
  for (const auto& [name, contents] : files) {
    ASSERT_TRUE(write_file_atomic(fs, folder + "/" + name, contents).ok());
  }
}

TEST(TrustGolden, WriteThemWhenAsked) {
  if (std::getenv("PANNIER_WRITE_GOLDENS") == nullptr) GTEST_SKIP() << "only to make a new version's";
  write_all(kGolden, golden_files());
  write_all(kHostile, hostile_files());
}

TEST(TrustGolden, TodaysFilesAreTheSame) {
  for (const auto& [name, contents] : golden_files()) EXPECT_EQ(read(kGolden + "/" + name), contents) << name;
}

TEST(TrustGolden, EveryVersionStaysReadable) {
  const auto first = parse_trust_root(read(kGolden + "/root-1.json"), "root-1.json");
  const auto second = parse_trust_root(read(kGolden + "/root-2.json"), "root-2.json");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(check_own_signatures(*first).ok());
  EXPECT_TRUE(check_root_chain(*first, *second).ok());
  EXPECT_EQ(second->revoked.at(0).reason, "the laptop was lost in Zürich");
  EXPECT_EQ(parse_trust_bundle(read(kGolden + "/trust.json"), "trust.json")->size(), 2u);
  EXPECT_EQ(parse_approval(read(kGolden + "/b.pannier.approval"), "a")->approval.comment, "scanned");
}

TEST(TrustGolden, HostileFilesAreRefused) {
  const auto entries = real_file_system().list(kHostile);
  ASSERT_TRUE(entries.ok()) << entries.error().to_string();
  EXPECT_GE(entries->size(), 10u);
  for (const FolderEntry& entry : *entries) {
    SCOPED_TRACE(entry.name);
    const auto root = parse_trust_root(read(kHostile + "/" + entry.name), entry.name);
    const Status status = root.ok() ? check_own_signatures(*root) : Status(root.error());
    ASSERT_FALSE(status.ok());
    EXPECT_TRUE(entry.name.starts_with(error_kind_name(status.error().kind))) << status.error().to_string();
  }
}

}  // namespace
}  // namespace pannier
