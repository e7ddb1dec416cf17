// For tests only: statements and approvals, signed by the test keys, and what judge and freshness say of
// them.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "carry/trust/freshness.h"
#include "carry/trust/judge.h"
#include "format/approval.h"
#include "format/trust_bundle.h"
#include "format/trust_root_testing.h"

namespace pannier::trust_testing {

// A bundle as far as judge and freshness see it.
struct TestBundle {
  BundleStatement statement;
  DsseEnvelope envelope;
  std::string trust_json;
  std::vector<DsseEnvelope> approvals;

  std::string file() const { return write_dsse(envelope); }
  Digest digest() const { return sha256(file()); }
  BundleClaims claims() const { return {envelope, statement, trust_json, approvals}; }
};

inline BundleStatement test_statement(std::string channel, uint64_t sequence,
                                      std::string_view contents = "contents") {
  BundleStatement statement;
  statement.payload_digest = sha256(contents);
  statement.index = {sha256("index of " + std::string(contents)), 1000};
  statement.data_bytes = 10240;
  statement.channel = std::move(channel);
  statement.sequence = sequence;
  return statement;
}

inline TestBundle test_bundle(BundleStatement statement, std::initializer_list<uint8_t> signers,
                              const std::vector<TrustRoot>& carried = {}) {
  TestBundle bundle;
  if (!carried.empty()) {
    bundle.trust_json = write_trust_bundle(carried);
    statement.trust = BlobInfo{sha256(bundle.trust_json), bundle.trust_json.size()};
  }
  bundle.envelope = bundle_statement_envelope(statement);
  for (const uint8_t seed : signers) sign_envelope(bundle.envelope, test_key(seed));
  bundle.statement = std::move(statement);
  return bundle;
}

inline DsseEnvelope test_approval(const Digest& payload_digest, std::initializer_list<uint8_t> signers) {
  DsseEnvelope envelope = approval_envelope({payload_digest, {"org/a"}, std::nullopt});
  for (const uint8_t seed : signers) sign_envelope(envelope, test_key(seed));
  return envelope;
}

inline TrustRoots roots_of(std::vector<TrustRoot> chain) { return TrustRoots{std::move(chain)}; }
inline TrustRoots plain_roots() { return roots_of({parsed(signed_root(plain_root(), {kRootA, kRootB}))}); }

// A store that has come to `sequence` of `channel`, and keeps that bundle's statement.
struct TestHistory {
  ImageIndex here;
  ReceiptsHere receipts;
  std::vector<std::string> statements;

  void take(const TestBundle& bundle) {
    std::erase_if(here.channels,
                  [&](const ChannelState& channel) { return channel.name == bundle.statement.channel; });
    here.channels.push_back({bundle.statement.channel, bundle.statement.sequence, bundle.digest()});
    statements.push_back(bundle.file());
  }
  FreshnessOptions options() const {
    FreshnessOptions options;
    options.is_trusted = true;
    options.read_statement = [this](const Digest& digest) -> Result<std::string> {
      for (const std::string& file : statements) {
        if (sha256(file) == digest) return file;
      }
      return Error{ErrorKind::kNotFound, "no such statement", ""};
    };
    return options;
  }
  Result<FreshnessVerdict> judge(const TestBundle& bundle, const FreshnessOptions& options) const {
    return check_freshness(bundle.statement, bundle.digest(), here, receipts, options);
  }
  Result<FreshnessVerdict> judge(const TestBundle& bundle) const { return judge(bundle, options()); }
};

}  // namespace pannier::trust_testing
