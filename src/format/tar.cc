// Writes tar headers in the one canonical way, and reads back nothing else.
#include "format/tar.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/display.h"
#include "base/limits.h"
#include "base/safe_path.h"

namespace pannier {
namespace {

constexpr size_t kPathBytesMax = 100;
constexpr char kTypeFile = '0';
constexpr char kTypePax = 'x';
// Where other writers put a pax header's name; no tool extracts it.
constexpr std::string_view kPaxHeaderPath = "././@PaxHeader";

struct Field {
  const char* name;
  size_t offset;
  size_t bytes;
};
// The ustar header, field by field (pax(1), "ustar Interchange Format"); what lies between is padding.
constexpr Field kPath{"name", 0, 100};
constexpr Field kMode{"mode", 100, 8};
constexpr Field kOwner{"uid", 108, 8};
constexpr Field kGroup{"gid", 116, 8};
constexpr Field kSize{"size", 124, 12};
constexpr Field kTime{"mtime", 136, 12};
constexpr Field kChecksum{"chksum", 148, 8};
constexpr Field kType{"typeflag", 156, 1};
constexpr Field kLinkTarget{"linkname", 157, 100};
constexpr Field kMagic{"magic", 257, 6};
constexpr Field kVersion{"version", 263, 2};
constexpr Field kOwnerName{"uname", 265, 32};
constexpr Field kGroupName{"gname", 297, 32};
constexpr Field kDeviceMajor{"devmajor", 329, 8};
constexpr Field kDeviceMinor{"devminor", 337, 8};
constexpr Field kPrefix{"prefix", 345, 155};
constexpr Field kPadding{"padding", 500, 12};
// In the order in which a message names the first that is wrong: the checksum last, since it differs
// whenever any other does.
constexpr std::array kFields{kPath,        kMode,        kOwner,  kGroup,   kSize,      kTime,
                             kType,        kLinkTarget,  kMagic,  kVersion, kOwnerName, kGroupName,
                             kDeviceMajor, kDeviceMinor, kPrefix, kPadding, kChecksum};

std::string_view field_of(std::string_view block, const Field& field) {
  return block.substr(field.offset, field.bytes);
}

void put(std::string& block, const Field& field, std::string_view text) {
  assert(text.size() <= field.bytes);
  block.replace(field.offset, text.size(), text);
}

// Exactly `digits` octal digits. REQUIRES: the value fits.
std::string octal(uint64_t value, size_t digits) {
  std::string text(digits, '0');
  for (size_t i = digits; i-- > 0; value /= 8) text[i] = static_cast<char>('0' + value % 8);
  assert(value == 0);
  return text;
}

// Zero-padded octal digits, then the NUL that is there already.
void put_octal(std::string& block, const Field& field, uint64_t value) {
  put(block, field, octal(value, field.bytes - 1));
}

// The sum of all bytes with the checksum field itself taken as spaces.
uint64_t checksum_of(std::string_view block) {
  uint64_t sum = kChecksum.bytes * ' ';
  for (size_t i = 0; i < block.size(); ++i) {
    const bool is_checksum = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.bytes;
    if (!is_checksum) sum += static_cast<uint8_t>(block[i]);
  }
  return sum;
}

std::string header_block(std::string_view path, uint64_t size, char type) {
  std::string block(kTarBlockBytes, '\0');
  put(block, kPath, path);
  put_octal(block, kMode, 0644);
  put_octal(block, kOwner, 0);
  put_octal(block, kGroup, 0);
  put_octal(block, kSize, size);
  put_octal(block, kTime, 0);
  put(block, kType, std::string_view(&type, 1));
  put(block, kMagic, std::string_view("ustar\0", 6));
  put(block, kVersion, "00");
  put_octal(block, kDeviceMajor, 0);
  put_octal(block, kDeviceMinor, 0);
  put(block, kChecksum, octal(checksum_of(block), 6) + std::string("\0 ", 2));
  return block;
}

// "LENGTH size=BYTES\n", where LENGTH counts the whole record, its own digits included.
std::string pax_size_record(uint64_t bytes) {
  const std::string rest = " size=" + std::to_string(bytes) + "\n";
  size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return std::to_string(length) + rest;
}

std::optional<uint64_t> parse_octal_field(std::string_view field) {
  if (field.back() != '\0') return std::nullopt;
  field.remove_suffix(1);
  uint64_t value = 0;  // 11 digits at most: 33 bits
  for (const char digit : field) {
    if (digit < '0' || digit > '7') return std::nullopt;
    value = value * 8 + static_cast<uint64_t>(digit - '0');
  }
  return value;
}

std::optional<uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || text.size() > 19) return std::nullopt;
  uint64_t value = 0;  // 19 digits at most: fits
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(digit - '0');
  }
  return value;
}

const char* type_name(char type) {
  switch (type) {
    case '\0':
      return "an old-style file";
    case '1':
      return "a hard link";
    case '2':
      return "a symbolic link";
    case '3':
      return "a character device";
    case '4':
      return "a block device";
    case '5':
      return "a folder";
    case '6':
      return "a pipe";
    case '7':
      return "a contiguous file";
    case 'g':
      return "a global pax header";
    case 'K':
    case 'L':
      return "a GNU long name";
    case 'S':
      return "a sparse file";
    default:
      return "an unknown kind of entry";
  }
}

// Everything a message needs to say where it happened.
struct Where {
  std::string_view what;
  uint64_t offset = 0;

  Error error(ErrorKind kind, const std::string& message) const {
    return {kind, std::string(what) + ": tar header at offset " + std::to_string(offset) + ": " + message,
            "the archive is not one that pannier wrote, or it was damaged on the way; get it again"};
  }
};

// Magic, checksum and type of one header block; nothing else is looked at before these hold.
Status check_block(std::string_view block, const Where& where) {
  if (block.find_first_not_of('\0') == std::string_view::npos) {
    return where.error(ErrorKind::kCorrupt, "a block of zeros where a header is due");
  }
  if (field_of(block, kMagic) != std::string_view("ustar\0", 6)) {
    return where.error(ErrorKind::kCorrupt, "the magic \"ustar\" is missing");
  }
  const auto stored = parse_octal_field(field_of(block, kChecksum).substr(0, 7));
  if (!stored || *stored != checksum_of(block)) {
    return where.error(ErrorKind::kCorrupt,
                       "the checksum is wrong (computed " + octal(checksum_of(block), 6) + ")");
  }
  const char type = block[kType.offset];
  if (type != kTypeFile && type != kTypePax) {
    return where.error(ErrorKind::kUnsupported, std::string(type_name(type)) + " (type byte " +
                                                    std::to_string(static_cast<uint8_t>(type)) +
                                                    "); only regular files belong here");
  }
  return {};
}

Result<std::string> parse_path(std::string_view block, const Where& where) {
  std::string_view path = field_of(block, kPath);
  path = path.substr(0, path.find('\0'));
  const bool is_ascii = std::all_of(path.begin(), path.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!is_ascii)
    return where.error(ErrorKind::kCorrupt, "the name holds a character that is not plain ASCII");
  auto safe = SafePath::parse(path);
  if (!safe.ok()) return where.error(ErrorKind::kCorrupt, safe.error().message);
  return std::string(path);
}

// The size that a pax header block and its record block carry.
Result<uint64_t> parse_pax_size(std::string_view blocks, const Where& where) {
  const auto length = parse_octal_field(field_of(blocks, kSize));
  if (!length) return where.error(ErrorKind::kCorrupt, "the size is not 11 octal digits");
  if (*length > limits::kPaxHeaderBytesMax) {
    return where.error(ErrorKind::kLimit, "a pax header of " + std::to_string(*length) + " bytes (limit " +
                                              std::to_string(limits::kPaxHeaderBytesMax) + ")");
  }
  if (*length == 0 || *length > kTarBlockBytes) {
    return where.error(ErrorKind::kUnsupported, "a pax header of " + std::to_string(*length) + " bytes");
  }
  const std::string_view record = blocks.substr(kTarBlockBytes, *length);
  const size_t space = record.find(' ');
  const size_t equals = record.find('=');
  if (space == std::string_view::npos || equals == std::string_view::npos || equals < space) {
    return where.error(ErrorKind::kCorrupt, "the pax record is not \"LENGTH key=value\"");
  }
  const std::string_view key = record.substr(space + 1, equals - space - 1);
  if (key != "size") {
    return where.error(ErrorKind::kUnsupported, "the pax key \"" + for_message(key) + "\"");
  }
  const auto size = parse_decimal(record.substr(equals + 1, record.find('\n') - equals - 1));
  if (!size) return where.error(ErrorKind::kCorrupt, "the pax size is not a decimal number");
  return *size;
}

// Which field of which block is the first not to be as write_tar_header writes it.
Error not_canonical(std::string_view expected, std::string_view found, const Where& where) {
  for (size_t start = 0; start < expected.size(); start += kTarBlockBytes) {
    const std::string_view expected_block = expected.substr(start, kTarBlockBytes);
    const std::string_view found_block = found.substr(start, kTarBlockBytes);
    const bool is_pax_record = expected.size() > kTarBlockBytes && start == kTarBlockBytes;
    if (expected_block == found_block) continue;
    if (is_pax_record) return where.error(ErrorKind::kCorrupt, "the pax record is not written canonically");
    for (const Field& field : kFields) {
      if (field_of(expected_block, field) == field_of(found_block, field)) continue;
      return where.error(ErrorKind::kCorrupt,
                         std::string("the field ") + field.name + " is not written canonically");
    }
  }
  assert(false && "called with equal headers");
  return where.error(ErrorKind::kCorrupt, "not written canonically");
}

}  // namespace

std::string write_tar_header(const TarEntry& entry) {
  assert(!entry.path.empty() && entry.path.size() <= kPathBytesMax);
  assert(entry.bytes <= limits::kBundleBytesMax);
  if (entry.bytes <= kTarUstarSizeMax) return header_block(entry.path, entry.bytes, kTypeFile);
  std::string record = pax_size_record(entry.bytes);
  std::string out = header_block(kPaxHeaderPath, record.size(), kTypePax);
  record.resize(kTarBlockBytes, '\0');
  out += record;
  // The real size is the pax record's; the field cannot hold it and says 0, as other pax writers do.
  out += header_block(entry.path, 0, kTypeFile);
  return out;
}

uint64_t tar_padding_bytes(uint64_t bytes) {
  return (kTarBlockBytes - bytes % kTarBlockBytes) % kTarBlockBytes;
}

uint64_t tar_entry_bytes(const TarEntry& entry) {
  const uint64_t header_bytes = entry.bytes <= kTarUstarSizeMax ? kTarBlockBytes : 3 * kTarBlockBytes;
  return header_bytes + entry.bytes + tar_padding_bytes(entry.bytes);
}

Result<ParsedTarHeader> parse_tar_header(ByteSpan bytes, uint64_t offset, std::string_view what) {
  const Where where{what, offset};
  const std::string_view text = as_text(bytes);
  if (text.size() < kTarBlockBytes) {
    return where.error(ErrorKind::kCorrupt,
                       "the file ends after " + std::to_string(text.size()) + " of 512 bytes");
  }
  PANNIER_TRY(check_block(text.substr(0, kTarBlockBytes), where));

  ParsedTarHeader parsed;
  parsed.header_bytes = kTarBlockBytes;
  std::string_view file_block = text.substr(0, kTarBlockBytes);
  const bool has_pax = file_block[kType.offset] == kTypePax;
  if (has_pax) {
    parsed.header_bytes = 3 * kTarBlockBytes;
    if (text.size() < parsed.header_bytes) {
      return where.error(ErrorKind::kCorrupt, "the file ends within a pax header");
    }
    PANNIER_ASSIGN(parsed.entry.bytes, parse_pax_size(text, where));
    file_block = text.substr(2 * kTarBlockBytes, kTarBlockBytes);
    PANNIER_TRY(check_block(file_block, where));
    if (parsed.entry.bytes <= kTarUstarSizeMax) {
      return where.error(ErrorKind::kCorrupt, "a pax header for a size that does not need one");
    }
  } else {
    const auto size = parse_octal_field(field_of(file_block, kSize));
    if (!size) return where.error(ErrorKind::kCorrupt, "the size is not 11 octal digits");
    parsed.entry.bytes = *size;
  }
  if (parsed.entry.bytes > limits::kBundleBytesMax) {
    return where.error(ErrorKind::kLimit, "an entry of " + std::to_string(parsed.entry.bytes) +
                                              " bytes (limit " + std::to_string(limits::kBundleBytesMax) +
                                              ")");
  }
  PANNIER_ASSIGN(parsed.entry.path, parse_path(file_block, where));

  const std::string expected = write_tar_header(parsed.entry);
  const std::string_view found = text.substr(0, parsed.header_bytes);
  if (found != expected) return not_canonical(expected, found, where);
  return parsed;
}

}  // namespace pannier
