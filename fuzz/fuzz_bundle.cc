// A whole bundle from memory, through verify and unpack, where nobody is trusted and where the fuzzer's root
// is. Mutations rarely get past a digest or a signature, so before it is read the digests of blocks, index,
// roots and statement are put right, and roots and statement are signed again: what is fuzzed is what an
// attacker who can hash, and an insider who can sign, could write.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/fs_memory.h"
#include "base/limits.h"
#include "carry/isolated/unpack.h"
#include "carry/isolated/verify.h"
#include "carry/trust/trust_store.h"
#include "format/bundle_index.h"
#include "format/bundle_statement.h"
#include "format/tar.h"
#include "format/trust_bundle.h"
#include "format/trust_root.h"

namespace pannier {
namespace {

// [begin, end) of the contents of the entry whose header is at `begin_header`; end 0 where it has none.
struct Extent {
  size_t begin = 0;
  size_t end = 0;
  size_t next() const { return end + tar_padding_bytes(end - begin); }
};

Extent entry_at(const std::string& bytes, size_t begin_header) {
  if (begin_header > bytes.size() || bytes.size() - begin_header < kTarBlockBytes) return {};
  const auto header = parse_tar_header(as_bytes(bytes).subspan(begin_header, kTarBlockBytes), 0, "fuzz");
  if (!header.ok() || header->entry.bytes > bytes.size()) return {};
  const Extent extent{begin_header + kTarBlockBytes, begin_header + kTarBlockBytes + header->entry.bytes};
  return extent.next() <= bytes.size() ? extent : Extent{};
}

// The keys of the seeds: their secret numbers are no secret.
enum KeySeed : uint8_t { kRootKey = 1, kPackerKey = 11, kSecondPackerKey = 12 };

P256PrivateKey key_of(uint8_t seed) {
  std::array<uint8_t, 32> secret{};
  secret[31] = seed;
  auto key = P256PrivateKey::from_bytes(secret, "fuzz");
  if (!key.ok()) std::abort();
  return std::move(key).value();
}

struct NamedKey {
  P256PrivateKey key;
  Digest id;
};

const std::vector<NamedKey>& known_keys() {
  static const std::vector<NamedKey> keys = [] {
    std::vector<NamedKey> made;
    for (const uint8_t seed : {kRootKey, kPackerKey, kSecondPackerKey}) {
      P256PrivateKey key = key_of(seed);
      const Digest id = key_id(key.public_key());
      made.push_back({std::move(key), id});
    }
    return made;
  }();
  return keys;
}

// The signatures that are there and by keys that we have, made again over the payload as it is now.
void sign_again(DsseEnvelope& envelope) {
  const std::vector<DsseSignature> found = envelope.signatures;
  for (const DsseSignature& signature : found) {
    for (const NamedKey& known : known_keys()) {
      if (known.id == signature.key_id) sign_envelope(envelope, known.key);
    }
  }
}

// What the seeds' site trusts.
const std::string& first_root() {
  static const std::string root = [] {
    TrustRoot made;
    made.name = "fuzz";
    made.keys = {{key_of(kRootKey).public_key(), "root", {std::string(kRoleRoot)}},
                 {key_of(kPackerKey).public_key(), "packer", {std::string(kRolePacker)}},
                 {key_of(kSecondPackerKey).public_key(), "second", {std::string(kRolePacker)}}};
    sort_trust_root(made);
    DsseEnvelope envelope = trust_root_envelope(made);
    sign_envelope(envelope, key_of(kRootKey));
    return write_dsse(envelope);
  }();
  return root;
}

std::string contents_of(const std::string& bytes, const Extent& extent) {
  return bytes.substr(extent.begin, extent.end - extent.begin);
}

// The roots signed again, where they can be read and stay as long as they were.
void sign_roots_again(std::string& bytes, const Extent& trust) {
  auto roots = parse_trust_bundle(contents_of(bytes, trust), "fuzz");
  if (!roots.ok()) return;
  for (TrustRoot& root : *roots) sign_again(root.envelope);
  const std::string text = write_trust_bundle(*roots);
  if (text.size() == trust.end - trust.begin) bytes.replace(trust.begin, text.size(), text);
}

std::string with_right_digests(std::string bytes) {
  const Extent statement = entry_at(bytes, 0);
  if (statement.end == 0) return bytes;
  auto signed_statement = parse_bundle_statement(contents_of(bytes, statement), "fuzz");
  if (!signed_statement.ok()) return bytes;
  BundleStatement& said = signed_statement->statement;
  size_t next = statement.next();
  if (said.trust) {
    const Extent trust = entry_at(bytes, next);
    if (trust.end == 0) return bytes;
    sign_roots_again(bytes, trust);
    const std::string text = contents_of(bytes, trust);
    said.trust = BlobInfo{sha256(text), text.size()};
    next = trust.next();
  }
  const Extent index = entry_at(bytes, next);
  if (index.end == 0) return bytes;
  auto parsed = parse_bundle_index(contents_of(bytes, index), "fuzz");
  if (!parsed.ok() || bytes.size() - index.next() != parsed->data_bytes) return bytes;
  const ByteSpan data = as_bytes(bytes).subspan(index.next());
  for (size_t i = 0; i < parsed->blocks.size(); ++i) {
    parsed->blocks[i] = sha256(data.subspan(i * limits::kBlockBytes, parsed->block_bytes(i)));
  }
  const std::string index_text = write_bundle_index(*parsed);
  bytes.replace(index.begin, index_text.size(), index_text);
  said.layout = parsed->layout;
  said.payload_digest = bundle_payload_digest(parsed->models);
  said.index = {sha256(index_text), index_text.size()};
  said.data_bytes = parsed->data_bytes;
  DsseEnvelope envelope = bundle_statement_envelope(said);
  envelope.signatures = signed_statement->envelope.signatures;
  sign_again(envelope);
  const std::string text = write_dsse(envelope);
  if (text.size() == statement.end - statement.begin) bytes.replace(statement.begin, text.size(), text);
  return bytes;
}

void read_bundle(const std::string& bytes) {
  MemoryFileSystem fs;
  {
    auto file = fs.create("x");
    if (!file.ok() || !(*file)->append(as_bytes(bytes)).ok() || !(*file)->close().ok()) std::abort();
  }
  const bool verified = verify_bundle(fs, "x").ok();
  const bool unpacked = unpack_bundle(fs, "x", "out").ok();
  if (unpacked && !verified) std::abort();
  if (!unpacked && fs.stat("out").ok()) std::abort();

  if (!trust_first_root(fs, "store", first_root()).ok()) std::abort();
  VerifyOptions options;
  options.store_root = "store";
  const auto judged = verify_bundle(fs, std::vector<std::string>{"x"}, options);
  // A root can refuse what is whole, and never makes whole what is not.
  if (judged.ok() && !verified) std::abort();
}

}  // namespace
}  // namespace pannier

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  pannier::read_bundle(bytes);
  pannier::read_bundle(pannier::with_right_digests(bytes));
  return 0;
}
