#include "cli/trust_report.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include "base/bytes.h"
#include "base/display.h"
#include "cli/output.h"

namespace pannier {
namespace {

constexpr size_t kShortHex = 16;

// "counts"; why not, otherwise.
std::string state_of(const Voucher& voucher) {
  if (voucher.name.empty()) return "unknown key";
  if (voucher.revoked) return "revoked";
  return voucher.valid ? "valid" : "does not verify";
}

void print_vouchers(const Verdict& verdict) {
  if (verdict.vouchers.empty()) return;
  Table table;
  table.column("KEY");
  table.column("WHO");
  table.column("ROLES");
  table.column("AS");
  table.column("SIGNATURE");
  for (const Voucher& voucher : verdict.vouchers) {
    table.row({voucher.key_id.hex().substr(0, kShortHex), voucher.name.empty() ? "-" : voucher.name,
               voucher.roles.empty() ? "-" : fmt::format("{}", fmt::join(voucher.roles, ", ")),
               voucher.is_approval ? "approval" : "statement", state_of(voucher)});
  }
  table.print();
  print_line("");
}

void write_blobs(const char* name, const std::vector<BlobInfo>& blobs, JsonWriter& json) {
  json.key(name).begin_array();
  for (const BlobInfo& blob : blobs) {
    json.begin_object().member("digest", blob.digest.oci()).member("bytes", blob.bytes).end_object();
  }
  json.end_array();
}

}  // namespace

void print_trust(const Admission& admission) {
  const Verdict& verdict = admission.verdict;
  print_vouchers(verdict);
  const std::string by = "by root " + std::to_string(verdict.root_number);
  switch (verdict.state) {
    case TrustState::kTrusted:
      print_line("trusted " + by + ": " + fmt::format("{}", fmt::join(voucher_names(verdict), ", ")));
      return;
    case TrustState::kUnsigned:
      print_line(
          "It is not signed: nothing proves who made it. Compare the payload digest with the packer's.");
      return;
    case TrustState::kUntrusted:
      print_line("NOT TRUSTED: " + verdict.missing);
      if (!verdict.remedy.empty()) print_line(verdict.remedy);
      return;
  }
}

bool has_history(const Admission& admission) { return !admission.here.channels.empty(); }

void print_freshness(const BundleSummary& bundle, const Admission& admission) {
  if (bundle.statement.channel.empty()) return;
  std::string line =
      fmt::format("channel {}, number {}", bundle.statement.channel, bundle.statement.sequence);
  if (has_history(admission)) {
    if (admission.freshness_error) {
      line += ": NOT FOR THIS STORE: " + admission.freshness_error->message;
    } else if (admission.freshness.state == Freshness::kSame) {
      line += ": the one that was installed here last";
    } else if (admission.freshness.sequence_here > 0) {
      line += fmt::format(": {}; number {} was installed here last",
                          freshness_name(admission.freshness.state), admission.freshness.sequence_here);
    }
  }
  print_line(line);
}

void print_model_signatures(const std::vector<SignedModel>& signatures) {
  for (const SignedModel& signature : signatures) {
    const std::string signer = signature.signer.empty() ? "a key that is not known here" : signature.signer;
    print_line("model signature of " + signature.model + ": by " + signer +
               (signature.revoked ? ", whose key is revoked" : ""));
  }
}

void print_expected(const BundleSummary& bundle, const ExpectedBlobs& missing, bool has_store) {
  if (!bundle.held.empty()) {
    print_line(counted(bundle.held.size(), "file") + " not in it: the far side must hold them" +
               (has_store ? ", and this store lacks " + std::to_string(missing.held.size()) : ""));
  }
  if (!bundle.bases.empty()) {
    print_line(counted(bundle.bases.size(), "blob") + " that it builds on: the far side must hold them" +
               (has_store ? ", and this store lacks " + std::to_string(missing.bases.size()) : ""));
  }
}

void write_trust(const Admission& admission, JsonWriter& json) {
  const Verdict& verdict = admission.verdict;
  json.member("trust", trust_state_name(verdict.state));
  json.member("root", verdict.root_number).member("missing", verdict.missing);
  json.key("vouchers").begin_array();
  for (const Voucher& voucher : verdict.vouchers) {
    json.begin_object().member("key", voucher.key_id.hex()).member("name", voucher.name);
    json.key("roles").begin_array();
    for (const std::string& role : voucher.roles) json.string(role);
    json.end_array();
    json.member("valid", voucher.valid).member("revoked", voucher.revoked);
    json.member("approval", voucher.is_approval).end_object();
  }
  json.end_array();
}

void write_claim(const BundleSummary& bundle, JsonWriter& json) {
  json.member("payload_digest", bundle.statement.payload_digest.oci());
  json.member("statement_digest", bundle.statement_digest.oci());
  if (!bundle.statement.channel.empty()) {
    json.member("channel", bundle.statement.channel).member("sequence", bundle.statement.sequence);
  }
  json.key("receipts").begin_array();
  for (const Digest& receipt : bundle.statement.receipts) json.string(receipt.oci());
  json.end_array();
}

void write_freshness(const Admission& admission, JsonWriter& json) {
  if (!has_history(admission)) return;
  json.member("freshness", admission.freshness_error ? error_kind_name(admission.freshness_error->kind)
                                                     : freshness_name(admission.freshness.state));
  json.member("sequence_here", admission.freshness.sequence_here);
  if (admission.freshness_error) json.member("freshness_detail", admission.freshness_error->message);
}

void write_model_signatures(const std::vector<SignedModel>& signatures, JsonWriter& json) {
  json.key("model_signatures").begin_array();
  for (const SignedModel& signature : signatures) {
    json.begin_object().member("model", signature.model).member("digest", signature.digest.oci());
    json.member("signer", signature.signer).member("revoked", signature.revoked).end_object();
  }
  json.end_array();
}

void write_expected(const BundleSummary& bundle, const ExpectedBlobs& missing, JsonWriter& json) {
  write_blobs("held", bundle.held, json);
  write_blobs("held_missing", missing.held, json);
  write_blobs("bases", bundle.bases, json);
  write_blobs("bases_missing", missing.bases, json);
}

void write_layout(const BundleSummary& bundle, JsonWriter& json) {
  json.member("layout", std::string(bundle_layout_name(bundle.statement.layout)));
  json.member("parts", bundle.part_count).member("encoded_blobs", bundle.encoded_blobs);
  json.member("encoded_bytes", bundle.encoded_bytes).member("decoded_bytes", bundle.decoded_bytes);
  json.key("files").begin_array();
  for (const std::string& file : bundle.files) json.string(file);
  json.end_array();
}

std::string layout_for_people(const BundleSummary& bundle) {
  if (bundle.statement.layout == BundleLayout::kPlain) return "plain";
  return "encoded: " + counted(bundle.part_count, "part") + " of " + counted(bundle.encoded_blobs, "file") +
         ", " + human_bytes(bundle.encoded_bytes) + " become " + human_bytes(bundle.decoded_bytes);
}

void print_touched(const std::vector<TouchedReference>& touched) {
  if (touched.empty()) return;
  print_line("");
  print_line(
      "Installed here, and signed by a key that is revoked; look at each, and remove what you do not trust:");
  Table table;
  table.column("NAME");
  table.column("SIGNED BY");
  table.column("AS");
  table.column("REASON");
  for (const TouchedReference& one : touched) {
    const std::string place =
        one.channel.empty() ? "of no channel" : fmt::format("{} of {}", one.sequence, one.channel);
    table.row({one.name, one.key_name, place, one.reason});
  }
  table.print();
}

void write_touched(const std::vector<TouchedReference>& touched, JsonWriter& json) {
  json.key("touched").begin_array();
  for (const TouchedReference& one : touched) {
    json.begin_object().member("name", one.name).member("key", one.key_name);
    json.member("channel", one.channel).member("sequence", one.sequence);
    json.member("reason", for_display(one.reason)).end_object();
  }
  json.end_array();
}

}  // namespace pannier
