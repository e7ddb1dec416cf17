// approve: a reviewer's countersignature over what a bundle holds, in a small file beside it.
#include <fmt/core.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/display.h"
#include "base/limits.h"
#include "carry/transport/bundle_reader.h"
#include "cli/args.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/passphrase.h"
#include "cli/signing_key.h"
#include "cli/store_event.h"
#include "format/approval.h"

namespace pannier {
namespace {

// What is approved: the payload, from the head alone. That the index gives this very payload is checked here;
// that the data is what the index says, `verify` tells.
Result<Approval> approval_of(const BundleReader& reader, const std::string& comment) {
  Approval approval;
  approval.payload_digest = reader.statement().payload_digest;
  if (bundle_payload_digest(reader.index().models) != approval.payload_digest) {
    return Error{ErrorKind::kCorrupt,
                 reader.path() + ": the payload digest is not that of what the index lists",
                 "do not approve it; tell the packer"};
  }
  for (const BundleModel& model : reader.index().models) approval.names.push_back(model.name);
  std::sort(approval.names.begin(), approval.names.end());
  if (!comment.empty()) approval.comment = comment;
  PANNIER_TRY(check_approval(approval));
  return approval;
}

// The envelope that gets the signature: a new one, or one that others have signed already.
Result<DsseEnvelope> envelope_for(const Approval& approval, const std::string& output) {
  DsseEnvelope envelope = approval_envelope(approval);
  const auto file = read_small_file(real_file_system(), output, limits::kApprovalBytesMax);
  if (!file.ok() && file.error().kind == ErrorKind::kNotFound) return envelope;
  if (!file.ok()) return file.error();
  PANNIER_ASSIGN(SignedApproval found, parse_approval(*file, for_display(output)));
  if (found.envelope.payload == envelope.payload) return std::move(found.envelope);
  const bool is_other = found.approval.payload_digest != approval.payload_digest;
  return Error{ErrorKind::kInvalid,
               for_display(output) + (is_other ? " approves other contents" : " says another comment"),
               "write this one to a file of its own: -o FILE"};
}

Status write_approval(const std::string& output, const DsseEnvelope& envelope, bool is_default) {
  Status written = write_file_atomic(real_file_system(), output, write_dsse(envelope));
  if (written.ok() || !is_default) return written;
  Error error = written.error();
  error.hint =
      "where the medium cannot be written, say where else: -o FILE; `install` takes it with --approval FILE";
  return error;
}

void print_approval(const Args& args, const Approval& approval, const DsseEnvelope& envelope,
                    const std::string& output) {
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object()
        .member("file", for_display(output))
        .member("payload_digest", approval.payload_digest.oci());
    json.key("names").begin_array();
    for (const std::string& name : approval.names) json.string(name);
    json.end_array();
    json.member("signatures", uint64_t{envelope.signatures.size()}).end_object();
    print_json(json);
    return;
  }
  print_line(fmt::format("{}: {}", for_display(output), counted(envelope.signatures.size(), "signature")));
  print_line("`" + program_name() +
             " install` takes it where it lies beside the bundle, or with --approval.");
}

// Shown before the passphrase is asked for: a reviewer must see what the signature will be over.
void show_subject(const Approval& approval) {
  print_line("payload " + approval.payload_digest.oci());
  for (const std::string& name : approval.names) print_line("  " + name);
}

Result<int> run_approve(Args& args, std::span<const std::string> words) {
  std::string path;
  std::string key_name;
  std::string comment;
  std::string output;
  std::optional<uint32_t> descriptor;
  args.positional("FILE", path, "the bundle; only its head is read", true);
  args.option("--key", "KEY", key_name, kKeyOptionHelp);
  args.option("--comment", "TEXT", comment, "what was looked at; signed too");
  args.option("-o,--output", "FILE", output, "the approval (FILE.approval, beside the bundle)");
  args.option("--passphrase-fd", "N", descriptor, kPassphraseOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (key_name.empty()) return args.usage_error("whose signature?", "--key NAME");
  const bool is_default = output.empty();
  if (is_default) output = path + std::string(kApprovalSuffix);
  PANNIER_ASSIGN(const std::unique_ptr<BundleReader> reader,
                 BundleReader::open(real_file_system(), bundle_argument(path)));
  PANNIER_ASSIGN(const Approval approval, approval_of(*reader, comment));
  PANNIER_ASSIGN(DsseEnvelope envelope, envelope_for(approval, output));
  PANNIER_TRY(check_user_audit());
  if (!args.json()) show_subject(approval);
  PANNIER_ASSIGN(const P256PrivateKey key, load_signing_key(key_name, descriptor));
  sign_envelope(envelope, key);
  if (envelope.signatures.size() > limits::kSignaturesMax) {
    return Error{ErrorKind::kLimit, for_display(output) + " holds as many signatures as a file can",
                 "write this one to a file of its own: -o FILE"};
  }
  PANNIER_TRY(write_approval(output, envelope, is_default));
  AuditEvent event;
  event.action = "approve";
  event.detail = comment;
  event.refs = approval.names;
  event.digests = {"payload " + approval.payload_digest.oci()};
  event.signers = {key_name};
  event.medium = path;
  PANNIER_TRY(record_store_event("", std::move(event), {}));
  print_approval(args, approval, envelope, output);
  return kExitOk;
}

}  // namespace

extern const Command kCmdApprove;
const Command kCmdApprove = {
    "approve",
    "Either side",
    "countersign what a bundle holds, in a small file beside it",
    "approve sentiment.pannier --key rita\n"
    "approve /media/dvd/sentiment.pannier --key rita --comment 'scan 4711: clean' -o "
    "sentiment.pannier.approval",
    "corrupt, incomplete, not found, unsupported, limit, I/O, interrupted",
    &run_approve,
};

}  // namespace pannier
