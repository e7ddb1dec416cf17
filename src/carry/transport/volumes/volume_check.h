// check_volumes: what of a set of volumes is damaged or lost, whether parity makes it good, and what to have
// sent again where it does not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/transfer.h"
#include "carry/transport/volumes/found_set.h"

namespace pannier {

// A file of the set that is not as it was written.
struct DamagedMember {
  SetMember member;
  std::string file;  // its path; of a missing one the name it should have
  bool is_missing = false;
  bool header_is_damaged = false;
  uint64_t blocks = 0;        // damaged or lost
  uint64_t first_offset = 0;  // in the file, of the first of them
};

struct VolumeReport {
  std::string what;
  std::string identity;  // "sha256:…"; empty for a bundle in one file without parity
  uint32_t volumes = 0;  // 0: one file
  uint32_t parity_files = 0;
  uint64_t block_bytes = 0;
  std::vector<DamagedMember> damaged;  // in order, volumes first
  // Of all stripes the one that has lost most: so many blocks, of which parity makes good so many.
  uint64_t stripe_losses_max = 0;
  uint64_t stripe_parity = 0;
  bool is_repairable = true;  // the contents can be read as they were
  // Where not: what to have sent again at least, and the same as a list for `resend`.
  std::vector<SetMember> resend;
  std::string resend_list;
};

// Reads every block of every file. Of a bundle in one file without parity nothing is checked here: its own
// digests tell. Errors as open_bundle, but for what is missing or damaged.
Result<VolumeReport> check_volumes(FileSystem& fs, const std::vector<std::string>& paths, bool uncached,
                                   const Transfer& transfer);
Result<VolumeReport> check_found_set(const FoundSet& found, const Transfer& transfer);

// By what is missing alone, without reading: the volumes to have sent again, none where parity suffices.
std::vector<SetMember> volumes_to_resend(const FoundSet& found);

}  // namespace pannier
