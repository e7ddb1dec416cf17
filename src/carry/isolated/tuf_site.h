// For tests only: a site that trusts a root and has come to number 17 of its channel, and an attacker's
// tools.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fs_memory.h"
#include "carry/isolated/install.h"
#include "carry/store/store.h"
#include "carry/transport/bundle_test_kit.h"
#include "carry/trust/trust_store.h"
#include "carry/trust/trust_test_kit.h"
#include "format/tar.h"

namespace pannier::tuf {

using namespace trust_testing;

inline constexpr const char* kStore = "/store";
inline constexpr const char* kEvil = "/media/evil.pannier";

inline TrustRoot site_root(uint64_t number) {
  TrustRoot root = plain_root(number);
  root.policy = {};
  return root;
}

// A bundle's three parts, to be taken apart and put together otherwise.
struct Parts {
  std::string statement, trust, index, data;

  std::string file() const {
    std::string out;
    const auto add = [&](std::string_view path, const std::string& contents) {
      out += write_tar_header({std::string(path), contents.size()}) + contents;
      out.append(tar_padding_bytes(contents.size()), '\0');
    };
    add(kBundleStatementPath, statement);
    if (!trust.empty()) add(kBundleTrustPath, trust);
    add(kBundleIndexPath, index);
    return out + data;
  }
};

struct Attempt {
  std::vector<std::string> paths = {kEvil};
  InstallOptions options = {};
};

// What an attacker does, and what must come of it. In every case the site is afterwards as it was, and takes
// the packer's real number 18.
struct Attack {
  const char* name;   // as the specification calls it
  const char* story;  // one line
  std::function<Attempt(class Site&)> attempt;
  std::optional<ErrorKind> kind;  // how the install is refused; none: it is taken, and does no harm
  const char* says = "";          // a part of the message
};

// What a bundle carries or claims beyond its contents and its place.
struct Extras {
  std::string trust_json = {};
  std::vector<Digest> receipts = {};
};

class Site {
 public:
  Site() {
    EXPECT_TRUE(trust_first_root(fs, kStore, signed_root(site_root(1), {kRootA, kRootB})).ok());
    seventeenth = make("/media/17.pannier", "seventeen", "plant-7", 17, {kPacker});
    Attempt first{{"/media/17.pannier"}};
    first.options.channels = {"plant-7"};
    const auto installed = install(first);
    EXPECT_TRUE(installed.ok()) << installed.error().to_string();
  }

  // Writes a bundle of one model, and gives its parts.
  Parts make(const std::string& path, const std::string& contents, const std::string& channel,
             uint64_t sequence, std::initializer_list<uint8_t> signers, const Extras& extras = {}) {
    const auto sources = bundle_test::write_sources(
        fs, path + ".src", {{"model", {{"config.json", "{}"}, {"weights.bin", contents}}}});
    std::vector<P256PrivateKey> keys;
    for (const uint8_t seed : signers) keys.push_back(test_key(seed));
    BundleWriteOptions options;
    options.path = path;
    options.claim.channel = channel;
    options.claim.sequence = sequence;
    options.claim.trust_json = extras.trust_json;
    options.claim.receipts = extras.receipts;
    std::sort(keys.begin(), keys.end(), [](const P256PrivateKey& a, const P256PrivateKey& b) {
      return key_id(a.public_key()) < key_id(b.public_key());
    });
    for (const P256PrivateKey& key : keys) options.claim.keys.push_back(&key);
    const auto written = write_bundle(fs, sources, options);
    EXPECT_TRUE(written.ok()) << written.error().to_string();
    return parts_of(path);
  }
  Parts make_evil(const std::string& contents, const std::string& channel, uint64_t sequence,
                  std::initializer_list<uint8_t> signers, const std::string& trust_json = "") {
    return make(kEvil, contents, channel, sequence, signers, {trust_json, {}});
  }

  Parts parts_of(const std::string& path) {
    const std::string file = bundle_test::read_file(fs, path);
    Parts parts;
    size_t at = 0;
    for (std::string* part : {&parts.statement, &parts.trust, &parts.index}) {
      const auto header = parse_tar_header(as_bytes(std::string_view(file).substr(at)), at, path);
      EXPECT_TRUE(header.ok());
      if (!header.ok()) return parts;
      if (part == &parts.trust && header->entry.path != kBundleTrustPath) continue;
      *part = file.substr(at + header->header_bytes, header->entry.bytes);
      at += tar_entry_bytes(header->entry);
    }
    parts.data = file.substr(at);
    return parts;
  }

  // Puts a file where the bundle of the attack is expected.
  void plant(const std::string& contents, const std::string& path = kEvil) {
    if (fs.stat(path).ok()) {
      ASSERT_TRUE(fs.remove_file(path).ok());
    }
    bundle_test::write_file(fs, path, contents);
  }

  Result<InstallResult> install(Attempt attempt) {
    attempt.options.store_root = kStore;
    return install_bundle(fs, attempt.paths, attempt.options);
  }

  // Everything that counts of the store: staging folders come and go.
  std::map<std::string, std::string> state() {
    auto tree = bundle_test::tree_of(fs, kStore);
    std::erase_if(tree, [](const auto& entry) { return entry.first.find("/staging/") != std::string::npos; });
    return tree;
  }
  ImageIndex references() { return *(*Store::open(fs, kStore))->references(); }

  MemoryFileSystem fs;
  Parts seventeenth;
};

// The statement of these parts, changed and signed anew by whoever has a key.
inline std::string restated(const Parts& parts, const std::function<void(BundleStatement&)>& change,
                            std::initializer_list<uint8_t> signers) {
  auto found = parse_bundle_statement(parts.statement, "a test bundle");
  EXPECT_TRUE(found.ok());
  change(found->statement);
  DsseEnvelope envelope = bundle_statement_envelope(found->statement);
  for (const uint8_t seed : signers) sign_envelope(envelope, test_key(seed));
  return write_dsse(envelope);
}

// The signatures of one statement put on another one.
inline std::string with_signatures_of(const std::string& statement, const std::string& signed_statement) {
  auto to = parse_bundle_statement(statement, "to");
  auto from = parse_bundle_statement(signed_statement, "from");
  EXPECT_TRUE(to.ok() && from.ok());
  to->envelope.signatures = from->envelope.signatures;
  return write_dsse(to->envelope);
}

inline std::string approval_file(const Digest& payload, std::initializer_list<uint8_t> signers) {
  return write_dsse(test_approval(payload, signers));
}
inline Digest payload_of(const Parts& parts) {
  return parse_bundle_statement(parts.statement, "parts")->statement.payload_digest;
}

// A root 2 that revokes Petra's key from number 18 of the channel on.
inline std::string revoking_root() {
  TrustRoot root = site_root(2);
  revoke(root, kPacker, {{"plant-7", 18}});
  return signed_root(root, {kRootA, kRootB});
}
inline std::string carrying(const std::vector<std::string>& roots) {
  std::vector<TrustRoot> chain;
  for (const std::string& root : roots) chain.push_back(parsed(root));
  return write_trust_bundle(chain);
}

inline void expect_stopped(const Attack& attack) {
  SCOPED_TRACE(std::string(attack.name) + ": " + attack.story);
  Site site;
  const Attempt attempt = attack.attempt(site);
  const auto before = site.state();
  const ImageIndex here = site.references();
  const auto result = site.install(attempt);
  if (attack.kind) {
    ASSERT_FALSE(result.ok()) << "it was installed";
    EXPECT_EQ(result.error().kind, *attack.kind) << result.error().to_string();
    EXPECT_NE(result.error().message.find(attack.says), std::string::npos) << result.error().to_string();
    EXPECT_EQ(site.state(), before);
  } else {
    ASSERT_TRUE(result.ok()) << result.error().to_string();
    EXPECT_EQ(site.references().channels, here.channels);
  }
  // Paul's key is the one that no attack here touches.
  site.make("/media/18.pannier", "eighteen", "plant-7", 18, {kPackerTwo});
  const auto real = site.install({{"/media/18.pannier"}});
  ASSERT_TRUE(real.ok()) << real.error().to_string();
  EXPECT_TRUE(real->changed);
  ASSERT_EQ(site.references().channels.size(), 1u);
  EXPECT_EQ(site.references().channels[0].sequence, 18u);
}

// Every attack is stopped, and each name has at least five vectors.
inline void expect_all_stopped(const std::vector<Attack>& attacks) {
  std::map<std::string, int> vectors;
  for (const Attack& attack : attacks) {
    ++vectors[attack.name];
    expect_stopped(attack);
  }
  for (const auto& [name, count] : vectors) EXPECT_GE(count, 5) << name;
}

}  // namespace pannier::tuf
