#include "carry/trust/key_store.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/display.h"
#include "base/limits.h"
#include "base/log.h"
#include "format/key_file.h"

namespace pannier {
namespace {

constexpr std::string_view kPrivateSuffix = ".key";
constexpr std::string_view kPublicSuffix = ".pub";

// A temporary file that is gone at the end unless it found its place.
class NewFile {
 public:
  NewFile(FileSystem& fs, std::string place) : fs_(fs), place_(std::move(place)) {
    temporary_ = parent_folder(place_) + "/" + unique_name(".new");
  }
  ~NewFile() {
    if (written_) (void)fs_.remove_file(temporary_);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  Status write(std::string_view contents, bool is_private) {
    PANNIER_ASSIGN(const std::unique_ptr<WritableFile> file,
                   is_private ? fs_.create_private(temporary_) : fs_.create(temporary_));
    written_ = true;
    PANNIER_TRY(file->append(as_bytes(contents)));
    PANNIER_TRY(file->sync());
    return file->close();
  }
  // False where the place is taken.
  Result<bool> publish() {
    PANNIER_ASSIGN(const bool placed, fs_.rename_no_replace(temporary_, place_));
    if (placed) written_ = false;
    return placed;
  }

 private:
  FileSystem& fs_;
  std::string place_;
  std::string temporary_;
  bool written_ = false;
};

}  // namespace

Result<std::string> key_folder(const Environment& environment) {
  if (const std::string home = environment("PANNIER_HOME"); !home.empty()) return home + "/keys";
  if (const std::string config = environment("XDG_CONFIG_HOME"); config.starts_with("/")) {
    return config + "/pannier/keys";
  }
  if (const std::string home = environment("HOME"); !home.empty()) return home + "/.config/pannier/keys";
  return Error{ErrorKind::kInvalid,
               "no folder of keys is known: neither PANNIER_HOME, XDG_CONFIG_HOME nor HOME is set",
               "set PANNIER_HOME"};
}

Status check_key_name(std::string_view name) {
  const bool is_good = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '@' || c == '-';
  });
  if (is_good && !name.empty() && name.size() <= limits::kKeyNameBytesMax && name[0] != '.' &&
      name[0] != '-') {
    return {};
  }
  return Error{
      ErrorKind::kInvalid, fmt::format("\"{}\" is no name of a key", for_message(name)),
      fmt::format("a name is 1 to {} letters, digits, '.', '_', '@' or '-', and begins with neither '.' "
                  "nor '-'",
                  limits::kKeyNameBytesMax)};
}

Result<P256PrivateKey> decode_private_key(const Secret& pem, const PassphraseReader& passphrase,
                                          std::string_view what) {
  PANNIER_ASSIGN(PrivateKeyFile file, parse_private_key_file(pem.text(), what));
  if (file.key) return *std::move(file.key);
  PANNIER_ASSIGN(const Secret words, passphrase());
  return open_sealed_key(*file.sealed, words, what);
}

std::string KeyStore::path(const std::string& name, std::string_view suffix) const {
  return fmt::format("{}/{}{}", folder_, name, suffix);
}

Error KeyStore::taken(const std::string& name) const {
  return {ErrorKind::kInvalid, fmt::format("there is a key named {} already in {}", name, folder_),
          "choose another name; keys are never overwritten"};
}

Status KeyStore::check_free(const std::string& name) const {
  PANNIER_TRY(check_key_name(name));
  for (const std::string_view suffix : {kPrivateSuffix, kPublicSuffix}) {
    const auto there = fs_->stat(path(name, suffix));
    if (there.ok()) return taken(name);
    if (there.error().kind != ErrorKind::kNotFound) return there.error();
  }
  return {};
}

Status KeyStore::create(const std::string& name, const P256PrivateKey& key, const Secret& passphrase) {
  PANNIER_TRY(check_free(name));
  PANNIER_TRY(fs_->make_folders(folder_));
  SealingNonces nonces;
  PANNIER_TRY(fill_random(nonces.salt));
  PANNIER_TRY(fill_random(nonces.start));
  NewFile private_file(*fs_, path(name, kPrivateSuffix));
  NewFile public_file(*fs_, path(name, kPublicSuffix));
  PANNIER_TRY(private_file.write(write_private_key_file(key, passphrase, nonces), true));
  PANNIER_TRY(public_file.write(write_public_key_file(key.public_key()), false));
  // The private one first: from it the other can be made again.
  PANNIER_ASSIGN(const bool has_private, private_file.publish());
  if (!has_private) return taken(name);
  PANNIER_ASSIGN(const bool has_public, public_file.publish());
  if (!has_public) return taken(name);
  return fs_->sync_folder(folder_);
}

Result<std::vector<StoredKey>> KeyStore::list() const {
  std::vector<StoredKey> keys;
  const auto entries = fs_->list(folder_);
  if (!entries.ok()) {
    if (entries.error().kind == ErrorKind::kNotFound) return keys;
    return entries.error();
  }
  for (const FolderEntry& entry : *entries) {
    if (entry.kind != FileKind::kRegular || !entry.name.ends_with(kPublicSuffix)) continue;
    const std::string name = entry.name.substr(0, entry.name.size() - kPublicSuffix.size());
    if (!check_key_name(name).ok()) continue;
    if (keys.size() == limits::kKeysMax) {
      return Error{ErrorKind::kLimit, fmt::format("more than {} keys in {}", limits::kKeysMax, folder_), ""};
    }
    const auto key = public_key(name);
    if (!key.ok()) {
      log_warning(key.error().to_string());
      continue;
    }
    keys.push_back({name, *key, fs_->stat(path(name, kPrivateSuffix)).ok()});
  }
  // Entries are sorted with the suffix: "a-b.pub" before "a.pub".
  std::sort(keys.begin(), keys.end(),
            [](const StoredKey& left, const StoredKey& right) { return left.name < right.name; });
  return keys;
}

Error KeyStore::not_found(const std::string& name) const {
  std::vector<std::string> names;
  if (const auto keys = list(); keys.ok()) {
    for (const StoredKey& key : *keys) names.push_back(key.name);
  }
  constexpr size_t kNamesShown = 20;
  if (names.size() > kNamesShown) {
    names.resize(kNamesShown);
    names.emplace_back("…");
  }
  return Error{ErrorKind::kNotFound, fmt::format("there is no key {} in {}", name, folder_),
               names.empty() ? "`pannier keys generate NAME` makes one"
                             : fmt::format("there are: {}", fmt::join(names, ", "))};
}

Result<P256PublicKey> KeyStore::public_key(const std::string& name) const {
  PANNIER_TRY(check_key_name(name));
  const std::string file = path(name, kPublicSuffix);
  const auto text = read_small_file(*fs_, file, limits::kKeyFileBytesMax);
  if (!text.ok()) return text.error().kind == ErrorKind::kNotFound ? not_found(name) : text.error();
  return parse_public_key_file(*text, file);
}

Result<P256PrivateKey> KeyStore::private_key(const std::string& name,
                                             const PassphraseReader& passphrase) const {
  PANNIER_TRY(check_key_name(name));
  const std::string file = path(name, kPrivateSuffix);
  auto text = read_small_file(*fs_, file, limits::kKeyFileBytesMax);
  if (!text.ok()) return text.error().kind == ErrorKind::kNotFound ? not_found(name) : text.error();
  const Secret pem(std::move(text).value());
  PANNIER_ASSIGN(P256PrivateKey key, decode_private_key(pem, passphrase, file));
  // What `keys show` shows and people compare is the public file: it must not be another's.
  const auto shown = public_key(name);
  if (shown.ok() && *shown != key.public_key()) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{} is not the public key of {}", path(name, kPublicSuffix), file),
                 "somebody exchanged one of them; remove the .pub file and `pannier keys import-private` the "
                 ".key file under a new name"};
  }
  return key;
}

}  // namespace pannier
