// The records of a zip archive: their signatures and how long each is before its names and extra fields.
// Source: PKWARE APPNOTE 6.3.10.
#pragma once

#include <cstdint>

namespace pannier::zip_records {

inline constexpr uint32_t kLocalSignature = 0x04034b50;
inline constexpr uint32_t kCentralSignature = 0x02014b50;
inline constexpr uint32_t kZip64EndSignature = 0x06064b50;
inline constexpr uint32_t kZip64LocatorSignature = 0x07064b50;
inline constexpr uint32_t kEndSignature = 0x06054b50;

inline constexpr uint64_t kLocalBytes = 30;
inline constexpr uint64_t kCentralBytes = 46;
inline constexpr uint64_t kZip64EndBytes = 56;
inline constexpr uint64_t kZip64LocatorBytes = 20;
inline constexpr uint64_t kEndBytes = 22;

inline constexpr uint16_t kZip64Extra = 1;
// A 32-bit field whose value is in the zip64 extra field.
inline constexpr uint32_t kInZip64Extra = 0xFFFFFFFF;

}  // namespace pannier::zip_records
