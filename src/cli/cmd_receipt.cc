// receipt: writes down what the store holds, for the connected side to leave out.
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/display.h"
#include "base/environment.h"
#include "base/log.h"
#include "carry/isolated/issue_receipt.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/passphrase.h"
#include "cli/signing_key.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

struct ReceiptOptions {
  std::string output;
  std::string key;
  std::optional<uint32_t> passphrase;
  std::string store;
  bool overwrite = false;
};

Status check_output(const ReceiptOptions& options, const Args& args) {
  if (options.output.empty()) return args.usage_error("say where the receipt goes: -o FILE");
  if (options.overwrite || !real_file_system().stat(options.output).ok()) return {};
  return Error{ErrorKind::kInvalid, for_display(options.output) + " is there already",
               "choose another name, or say --overwrite"};
}

void print_receipt(const ReceiptOptions& options, const NewReceipt& made) {
  const Receipt& receipt = made.receipt.receipt;
  print_line(for_display(options.output) + ": generation " + std::to_string(receipt.generation) + ", " +
             counted(receipt.references.size(), "name") + ", " + counted(receipt.blobs.size(), "blob") +
             ", " + human_bytes(made.file_bytes.size()));
  for (const ChannelState& channel : receipt.channels) {
    print_line("channel " + channel.name + " at " + std::to_string(channel.sequence));
  }
  print_line("receipt " + made.receipt.payload_digest.oci());
  if (options.key.empty()) {
    print_line("It is not signed: the connected side cannot tell who wrote it (--key).");
  }
}

void print_receipt_json(const ReceiptOptions& options, const NewReceipt& made) {
  const Receipt& receipt = made.receipt.receipt;
  JsonWriter json = json_result();
  json.begin_object().member("receipt", for_display(options.output));
  json.member("digest", made.receipt.payload_digest.oci()).member("store_id", receipt.store_id);
  json.member("generation", receipt.generation).member("references", receipt.references.size());
  json.member("blobs", receipt.blobs.size()).member("missing", made.missing_count);
  json.member("bytes", made.file_bytes.size()).member("signed", !options.key.empty());
  json.end_object();
  print_json(json);
}

Result<int> run_receipt(Args& args, std::span<const std::string> words) {
  ReceiptOptions options;
  args.option("-o,--output", "FILE", options.output, "the receipt to write");
  args.option("--key", "KEY", options.key, kKeyOptionHelp);
  args.option("--passphrase-fd", "N", options.passphrase, kPassphraseOptionHelp);
  args.flag("--overwrite", options.overwrite, "replace a file that is there");
  args.option("--store", "FOLDER", options.store, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_TRY(check_output(options, args));
  PANNIER_ASSIGN(const std::vector<std::string> places, stores_to_read(options.store));
  FileSystem& fs = real_file_system();
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(fs, places.front()));
  std::optional<P256PrivateKey> key;
  if (!options.key.empty()) {
    PANNIER_ASSIGN(key, load_signing_key(options.key, options.passphrase));
  }
  PANNIER_ASSIGN(const NewReceipt made,
                 issue_receipt(fs, *store, key ? &*key : nullptr, process_environment()));
  PANNIER_TRY(write_file_atomic(fs, options.output, made.file_bytes));
  if (made.missing_count > 0) {
    log_warning(counted(made.missing_count, "blob") + " of this store are missing: run `" + program_name() +
                " fsck`; the receipt leaves them out, so that they are sent again");
  }
  if (args.json()) {
    print_receipt_json(options, made);
  } else {
    print_receipt(options, made);
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdReceipt;
const Command kCmdReceipt = {
    "receipt",
    "Isolated side",
    "write down what the store holds, so that the next bundle can leave it out",
    "receipt -o plant-7.receipt --key plant-7   # carry it to the connected side\n"
    "receipt -o plant-7.receipt --store /var/lib/pannier",
    "corrupt, not found, limit, I/O",
    &run_receipt,
};

}  // namespace pannier
