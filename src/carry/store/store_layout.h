// Where each thing of a store lies below its root. Page: docs/formats/store.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace pannier::store_layout {

inline constexpr std::string_view kFormatFileContents = "{\"format\":\"pannier-store\",\"version\":1}\n";
inline constexpr uint64_t kFormatVersion = 1;
inline constexpr uint64_t kFormatFileBytesMax = 4096;
// Generation numbers have ten digits, so that names sort as numbers do.
inline constexpr size_t kGenerationDigits = 10;
inline constexpr uint64_t kGenerationMax = 9'999'999'999;

inline std::string oci_layout(const std::string& root) { return root + "/oci-layout"; }
inline std::string mirror(const std::string& root) { return root + "/index.json"; }
inline std::string blobs(const std::string& root) { return root + "/blobs/sha256"; }
inline std::string blob(const std::string& root, const Digest& digest) {
  return blobs(root) + "/" + digest.hex();
}
inline std::string own_folder(const std::string& root) { return root + "/pannier"; }
inline std::string format_file(const std::string& root) { return own_folder(root) + "/format.json"; }
inline std::string generations(const std::string& root) { return own_folder(root) + "/generations"; }
// Made before the first list is ever removed: from then on a folder without lists is no new store.
inline std::string pruned_mark(const std::string& root) { return generations(root) + "/pruned"; }
inline std::string staging(const std::string& root) { return own_folder(root) + "/staging"; }
// Held while dead writers' folders are removed; never removed itself.
inline std::string cleaning_lock(const std::string& root) { return staging(root) + "/cleaning.lock"; }
// Held by commits (shared) and by a collector (exclusively); never removed.
inline std::string collecting_lock(const std::string& root) { return staging(root) + "/collecting.lock"; }
// Held while a writer lives, in the writer's staging folder.
inline std::string writer_lock(const std::string& folder) { return folder + "/lock"; }

// Where `fsck` puts blobs that are not what their names say: HEX-…
inline std::string quarantine(const std::string& root) { return own_folder(root) + "/quarantine"; }
// Unfinished downloads of the connected side, and the lock of one of them (docs/internals/download.md).
inline std::string downloads(const std::string& root) { return own_folder(root) + "/downloads"; }
uint64_t download_lock_number(std::string_view key);

// "0000000042.json" and back; nullopt for every other name.
std::string generation_file_name(uint64_t number);
std::optional<uint64_t> generation_of_file_name(std::string_view name);
// Where the list of one generation lies.
std::string generation_file(const std::string& root, uint64_t number);

}  // namespace pannier::store_layout
