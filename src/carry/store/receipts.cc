// Receipts as files of a store: NAME is the digest of the payload.
#include "carry/store/receipts.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "base/secret.h"
#include "carry/store/store_layout.h"

namespace pannier {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr size_t kIdentityBytes = 16;

std::string receipts_folder(const std::string& root) { return store_layout::own_folder(root) + "/receipts"; }
std::string identity_path(const std::string& root) { return store_layout::own_folder(root) + "/store-id"; }

Result<std::string> random_identity() {
  std::array<uint8_t, kIdentityBytes> bytes{};
  PANNIER_TRY(fill_random(bytes));
  std::string text;
  for (const uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

Result<std::string> read_identity(FileSystem& fs, const std::string& path) {
  PANNIER_ASSIGN(std::string text, read_small_file(fs, path, limits::kKiB));
  if (text.ends_with('\n')) text.pop_back();
  if (is_store_id(text)) return text;
  return Error{
      ErrorKind::kCorrupt, path + " does not hold the identity of a store",
      "remove the file; the next receipt makes a new one, and bundles made against older receipts are "
      "then refused"};
}

// The payload's digest that a file name says; nullopt for other files (temporary ones of a dead writer).
std::optional<Digest> digest_of_file_name(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const auto digest = digest_from_hex(name.substr(0, name.size() - kSuffix.size()));
  return digest.ok() ? std::optional(*digest) : std::nullopt;
}

Result<IssuedReceipt> read_receipt(FileSystem& fs, const std::string& path, const Digest& payload) {
  PANNIER_ASSIGN(const std::string contents, read_small_file(fs, path, limits::kReceiptBytesMax));
  PANNIER_ASSIGN(SignedReceipt parsed, parse_receipt(contents, path));
  if (parsed.payload_digest != payload) {
    return Error{ErrorKind::kCorrupt, path + " is not the receipt that its name says",
                 "remove the file: a bundle made against that receipt is then refused"};
  }
  return IssuedReceipt{payload, std::move(parsed.receipt)};
}

}  // namespace

std::string receipt_path(const std::string& store_root, const Digest& payload) {
  return receipts_folder(store_root) + "/" + payload.hex() + std::string(kSuffix);
}

Result<std::string> store_identity(FileSystem& fs, const std::string& store_root) {
  const std::string path = identity_path(store_root);
  auto found = read_identity(fs, path);
  if (found.ok() || found.error().kind != ErrorKind::kNotFound) return found;
  PANNIER_ASSIGN(const std::string identity, random_identity());
  const std::string temporary = store_layout::own_folder(store_root) + "/" + unique_name("store-id");
  PANNIER_TRY(write_file_atomic(fs, temporary, identity + "\n"));
  PANNIER_ASSIGN(const bool was_first, fs.rename_no_replace(temporary, path));
  if (!was_first) PANNIER_TRY(fs.remove_file(temporary));
  PANNIER_TRY(fs.sync_folder(store_layout::own_folder(store_root)));
  return read_identity(fs, path);  // of whoever was first
}

Status keep_receipt(FileSystem& fs, const std::string& store_root, const Digest& payload,
                    const std::string& file_bytes) {
  PANNIER_TRY(fs.make_folders(receipts_folder(store_root)));
  PANNIER_TRY(write_file_atomic(fs, receipt_path(store_root, payload), file_bytes));
  return fs.sync_folder(store_layout::own_folder(store_root));
}

Result<bool> receipt_issued_here(FileSystem& fs, const std::string& store_root, const Digest& payload) {
  const auto stat = fs.stat(receipt_path(store_root, payload));
  if (stat.ok()) return stat->kind == FileKind::kRegular;
  if (stat.error().kind == ErrorKind::kNotFound) return false;
  return stat.error();
}

Result<std::vector<IssuedReceipt>> issued_receipts(FileSystem& fs, const std::string& store_root) {
  std::vector<IssuedReceipt> receipts;
  const auto entries = fs.list(receipts_folder(store_root));
  if (!entries.ok() && entries.error().kind == ErrorKind::kNotFound) return receipts;
  if (!entries.ok()) return entries.error();
  for (const FolderEntry& entry : *entries) {
    const auto payload = digest_of_file_name(entry.name);
    if (!payload) continue;
    auto receipt = read_receipt(fs, receipt_path(store_root, *payload), *payload);
    if (!receipt.ok() && receipt.error().kind == ErrorKind::kNotFound) continue;  // forgotten meanwhile
    if (!receipt.ok()) return std::move(receipt).error();
    receipts.push_back(*std::move(receipt));
  }
  std::stable_sort(receipts.begin(), receipts.end(), [](const IssuedReceipt& a, const IssuedReceipt& b) {
    return std::pair(a.receipt.generation, a.receipt.log_count) >
           std::pair(b.receipt.generation, b.receipt.log_count);
  });
  return receipts;
}

std::vector<BlobInfo> receipt_blobs(std::vector<IssuedReceipt> receipts, uint64_t count) {
  if (receipts.size() > count) receipts.resize(count);
  std::vector<BlobInfo> blobs;
  for (IssuedReceipt& issued : receipts) {
    std::vector<BlobInfo> merged;
    merged.reserve(blobs.size() + issued.receipt.blobs.size());
    std::set_union(blobs.begin(), blobs.end(), issued.receipt.blobs.begin(), issued.receipt.blobs.end(),
                   std::back_inserter(merged));
    blobs = std::move(merged);
    issued.receipt.blobs = {};
  }
  return blobs;
}

Result<uint64_t> forget_receipts(FileSystem& fs, const std::string& store_root,
                                 const std::vector<IssuedReceipt>& receipts, uint64_t count) {
  uint64_t removed = 0;
  for (size_t i = count; i < receipts.size(); ++i) {
    const Status status = fs.remove_file(receipt_path(store_root, receipts[i].payload));
    if (!status.ok() && status.error().kind != ErrorKind::kNotFound) return status.error();
    ++removed;
  }
  if (removed > 0) PANNIER_TRY(fs.sync_folder(receipts_folder(store_root)));
  return removed;
}

}  // namespace pannier
