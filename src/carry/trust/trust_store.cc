// Keeps the roots of a store as numbered files that appear by one hard link, as generations do.
#include "carry/trust/trust_store.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "carry/store/staging_folder.h"
#include "carry/store/store.h"
#include "carry/store/store_layout.h"

namespace pannier {
namespace {

// The part of a chain that `number` names, or null.
const TrustRoot* root_of_number(const std::vector<TrustRoot>& chain, uint64_t number) {
  if (chain.empty() || number < chain.front().number || number > chain.back().number) return nullptr;
  return &chain[number - chain.front().number];
}

Error another_root(uint64_t number) {
  return {ErrorKind::kUntrusted,
          fmt::format("this is another root {} than the one that is trusted here", number),
          "two roots of one number are a fork: ask the security officer which one is real before you go on"};
}

Status write_file(FileSystem& fs, const std::string& path, std::string_view contents) {
  PANNIER_ASSIGN(const std::unique_ptr<WritableFile> file, fs.create(path));
  PANNIER_TRY(file->append(as_bytes(contents)));
  return file->close();
}

// Links the staged file to the root's number; where somebody was faster it must be the same root.
Status publish(FileSystem& fs, const std::string& store_root, const std::string& staged,
               const TrustRoot& root) {
  const std::string path = trust_root_path(store_root, root.number);
  PANNIER_ASSIGN(const bool is_ours, take_place(fs, staged, path));
  if (!is_ours) {
    PANNIER_ASSIGN(const std::string contents, read_small_file(fs, path, limits::kRootBytesMax));
    PANNIER_ASSIGN(const TrustRoot found, parse_trust_root(contents, path));
    if (found.envelope.payload != root.envelope.payload) return another_root(root.number);
  }
  return fs.sync_folder(trust_roots_folder(store_root));
}

Status write_root(FileSystem& fs, const std::string& store_root, const TrustRoot& root) {
  const std::string folder = trust_roots_folder(store_root);
  PANNIER_TRY(fs.make_folders(folder));
  PANNIER_ASSIGN(const StagingFolder staging, make_staging_folder(fs, store_root, "trust"));
  const std::string staged = staging.path + "/" + store_layout::generation_file_name(root.number);
  Status status = write_file(fs, staged, write_dsse(root.envelope));
  // The folders on the way to it too, which may be new.
  if (status.ok()) status = fs.sync_all(staging.path);
  if (status.ok()) status = publish(fs, store_root, staged, root);
  (void)fs.remove_tree(staging.path);  // what stays is swept by the next writer of the store
  return status;
}

// The numbers of the files in the folder, ascending; other names are none of ours.
Result<std::vector<uint64_t>> root_numbers(FileSystem& fs, const std::string& folder) {
  std::vector<uint64_t> numbers;
  const auto entries = fs.list(folder);
  if (!entries.ok() && entries.error().kind == ErrorKind::kNotFound) return numbers;
  if (!entries.ok()) return entries.error();
  for (const FolderEntry& entry : *entries) {
    const auto number = store_layout::generation_of_file_name(entry.name);
    if (number) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  if (numbers.size() > limits::kRootsMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{}: {} roots, at most {} are allowed", folder, numbers.size(), limits::kRootsMax),
        "trust the newest root anew in another store"};
  }
  return numbers;
}

}  // namespace

std::string trust_roots_folder(const std::string& store_root) {
  return store_layout::own_folder(store_root) + "/trust/roots";
}

std::string trust_root_path(const std::string& store_root, uint64_t number) {
  return trust_roots_folder(store_root) + "/" + store_layout::generation_file_name(number);
}

Result<TrustRoots> read_trust_roots(FileSystem& fs, const std::string& store_root) {
  PANNIER_ASSIGN(const std::vector<uint64_t> numbers, root_numbers(fs, trust_roots_folder(store_root)));
  TrustRoots roots;
  for (const uint64_t number : numbers) {
    const std::string path = trust_root_path(store_root, number);
    PANNIER_ASSIGN(const std::string contents, read_small_file(fs, path, limits::kRootBytesMax));
    PANNIER_ASSIGN(TrustRoot root, parse_trust_root(contents, path));
    if (root.number != number) {
      return Error{ErrorKind::kCorrupt, fmt::format("{} holds root {}", path, root.number), ""};
    }
    const Status follows =
        roots.chain.empty() ? check_own_signatures(root) : check_root_chain(roots.chain.back(), root);
    if (!follows.ok()) return with_context(follows.error(), path);
    roots.chain.push_back(std::move(root));
  }
  return roots;
}

Status trust_first_root(FileSystem& fs, const std::string& store_root, const std::string& envelope) {
  PANNIER_ASSIGN(const TrustRoot root, parse_trust_root(envelope, "the root"));
  PANNIER_TRY(check_own_signatures(root));
  PANNIER_TRY(Store::open_or_create(fs, store_root));
  PANNIER_ASSIGN(const TrustRoots here, read_trust_roots(fs, store_root));
  if (!here.chain.empty()) {
    const TrustRoot* same = root_of_number(here.chain, root.number);
    if (same != nullptr && same->envelope.payload == root.envelope.payload) return {};
    return Error{ErrorKind::kInvalid,
                 fmt::format("{} trusts root {} (\"{}\") already", store_root, here.current()->number,
                             here.current()->name),
                 "the next roots come with pannier keys import; another line of roots needs another store"};
  }
  return write_root(fs, store_root, root);
}

Result<std::vector<TrustRoot>> following_roots(const TrustRoots& here, std::vector<TrustRoot> next) {
  std::vector<TrustRoot> added;
  if (here.chain.empty()) return added;
  for (TrustRoot& root : next) {
    if (root.number < here.chain.front().number) continue;  // from before our first: nothing to compare with
    const TrustRoot* same = root_of_number(here.chain, root.number);
    if (same == nullptr) same = root_of_number(added, root.number);
    if (same != nullptr) {
      if (same->envelope.payload != root.envelope.payload) return another_root(root.number);
      continue;
    }
    PANNIER_TRY(check_root_chain(added.empty() ? here.chain.back() : added.back(), root));
    added.push_back(std::move(root));
  }
  if (here.chain.size() + added.size() > limits::kRootsMax) {
    return Error{ErrorKind::kLimit, fmt::format("a chain of more than {} roots", limits::kRootsMax), ""};
  }
  return added;
}

Status add_trust_roots(FileSystem& fs, const std::string& store_root,
                       const std::vector<std::string>& envelopes) {
  PANNIER_ASSIGN(const TrustRoots here, read_trust_roots(fs, store_root));
  if (here.chain.empty()) {
    return Error{ErrorKind::kInvalid, fmt::format("{} trusts no root yet", store_root),
                 "the first root is trusted by its fingerprint: pannier keys trust FILE"};
  }
  std::vector<TrustRoot> next;
  for (const std::string& envelope : envelopes) {
    PANNIER_ASSIGN(TrustRoot root, parse_trust_root(envelope, "a root"));
    next.push_back(std::move(root));
  }
  std::stable_sort(next.begin(), next.end(),
                   [](const TrustRoot& a, const TrustRoot& b) { return a.number < b.number; });
  PANNIER_ASSIGN(const std::vector<TrustRoot> added, following_roots(here, std::move(next)));
  for (const TrustRoot& root : added) PANNIER_TRY(write_root(fs, store_root, root));
  return {};
}

}  // namespace pannier
