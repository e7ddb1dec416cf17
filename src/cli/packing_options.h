// What `pack` and `relay` both take: who signs, for whom, in which layout, on which media.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/p256.h"
#include "base/result.h"
#include "carry/packing/pack_bundle.h"
#include "cli/args.h"

namespace pannier {

// The number of a bundle in its channel, as it is typed: 1 to limits::kSequenceMax.
std::optional<uint64_t> parse_sequence(const std::string& text);

struct PackingOptions {
  std::string output;
  bool overwrite = false;
  bool dry_run = false;
  bool plain = false;
  std::vector<std::string> keys;
  std::optional<uint32_t> passphrase_descriptor;
  std::string channel;
  std::string sequence;
  std::vector<std::string> trust_roots;
  std::string volume_size;
  bool read_back = false;
  std::optional<uint32_t> parity_percent;

  void declare(Args& args);
  // Of --sequence; nullopt where it is not given, or is none.
  std::optional<uint64_t> wanted_sequence() const;
  // What can be refused without reading a file: a usage error.
  Status check(const Args& args) const;
};

// The options with keys unlocked and files read. Moved, never copied; `options` points into it.
struct OpenedPacking {
  std::vector<P256PrivateKey> keys;
  PackBundleOptions options;
};
Result<OpenedPacking> open_packing(const PackingOptions& options);

// That nobody will know who packed it, or that nobody can tell old from new: a warning or a note.
void warn_of_missing_claims(const PackingOptions& options);

}  // namespace pannier
