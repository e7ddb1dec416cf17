// The index of a zip archive: see zip_index.h for the rules.
#include "format/zip_index.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/display.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "format/zip_records.h"

namespace pannier {
namespace {

using namespace zip_records;

constexpr uint32_t kDescriptorSignature = 0x08074b50;
// With its signature, and sizes of 4 or of 8 bytes.
constexpr uint64_t kDescriptorBytes = 16;
constexpr uint64_t kDescriptor64Bytes = 24;

constexpr uint16_t kFlagEncrypted = 1u << 0;
constexpr uint16_t kFlagDescriptor = 1u << 3;
constexpr uint16_t kFlagUtf8 = 1u << 11;
constexpr uint16_t kFlagsDeflateLevel = 3u << 1;  // how hard the packer tried
constexpr uint16_t kMethodDeflate = 8;
constexpr uint16_t kUnicodePathExtra = 0x7075;  // another name for the entry

constexpr const char* kHint =
    "the file is damaged, was cut short or was tampered with; fetch it again and compare its SHA-256";

struct KindRules {
  uint16_t flags;  // that may be set
  bool may_deflate;
  bool needs_utf8_flag;  // for names that are not ASCII
  const char* writer;    // for messages
  const char* hint;      // where the archive is well-formed, but not as that writer does it
};
constexpr KindRules kPytorchRules = {kFlagDescriptor | kFlagUtf8, false, false, "torch.save",
                                     "save it again with torch.save, or get the model as model.safetensors"};
constexpr KindRules kWheelRules = {kFlagDescriptor | kFlagUtf8 | kFlagsDeflateLevel, true, true,
                                   "a wheel's packer",
                                   "get another build of the package, or tell its authors"};

// The two headers of an entry have these in common.
struct EntryFields {
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t crc32 = 0;
  uint64_t stored_bytes = 0;  // as they lie in the file
  uint64_t bytes = 0;         // unpacked
  std::string_view name;
  ByteSpan extra;
};

struct CentralEntry {
  EntryFields fields;
  uint64_t at = 0;      // of the central header, for messages
  uint64_t header = 0;  // of the local header
};

struct CentralDirectory {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t entries = 0;
};

class ZipParser {
 public:
  ZipParser(ByteSpan file, std::string_view what, const KindRules& rules)
      : file_(file), what_(what), rules_(rules) {}

  Result<ZipIndex> parse() {
    PANNIER_ASSIGN(const CentralDirectory directory, read_end());
    PANNIER_ASSIGN(std::vector<CentralEntry> entries, read_directory(directory));
    std::sort(entries.begin(), entries.end(),
              [](const CentralEntry& a, const CentralEntry& b) { return a.header < b.header; });
    PANNIER_TRY(check_ends(entries, directory.begin));
    ZipIndex index;
    index.entries.reserve(entries.size());
    for (size_t i = 0; i < entries.size(); ++i) {
      const uint64_t next = i + 1 < entries.size() ? entries[i + 1].header : directory.begin;
      PANNIER_ASSIGN(ZipEntry entry, read_local(entries[i], next));
      index.entries.push_back(std::move(entry));
    }
    return index;
  }

 private:
  // That the first entry begins the file and the last begins before the directory. What lies between two
  // headers is read_local's to account for.
  Status check_ends(const std::vector<CentralEntry>& entries, uint64_t directory) const {
    const uint64_t first = entries.empty() ? directory : entries.front().header;
    if (first != 0) return corrupt(0, std::to_string(first) + " bytes before the first entry");
    if (!entries.empty() && entries.back().header >= directory) {
      return corrupt(entries.back().at, named(entries.back().fields.name) + "said to begin at byte " +
                                            std::to_string(entries.back().header) +
                                            ", which is not before the central directory");
    }
    return {};
  }

  // The records at the very end. They must lie back to back up to the last byte: a search for the
  // signature, as other readers do it, can be led to a record that an attacker placed elsewhere.
  Result<CentralDirectory> read_end() const {
    if (file_.size() < kEndBytes || u32(file_.size() - kEndBytes) != kEndSignature) {
      return corrupt(file_.size() < kEndBytes ? 0 : file_.size() - kEndBytes,
                     "the end record of a zip is not in the last 22 bytes: the file was cut short, or "
                     "something follows the archive");
    }
    const uint64_t end = file_.size() - kEndBytes;
    if (u16(end + 4) != 0 || u16(end + 6) != 0) return unsupported(end, "the archive spans several disks");
    if (u16(end + 20) != 0) return corrupt(end, "the end record announces a comment that is not there");
    CentralDirectory directory{u32(end + 16), 0, u16(end + 10)};
    uint64_t bytes = u32(end + 12);
    if (u16(end + 8) != u16(end + 10)) return corrupt(end, "the end record gives two counts of entries");
    uint64_t records = end;
    if (end >= kZip64LocatorBytes && u32(end - kZip64LocatorBytes) == kZip64LocatorSignature) {
      PANNIER_ASSIGN(records, read_zip64_end(end, directory, bytes));
    }
    if (bytes > records || directory.begin != records - bytes) {
      return corrupt(end, "the central directory is said to have " + std::to_string(bytes) +
                              " bytes from byte " + std::to_string(directory.begin) +
                              ", which does not end where the end records begin, at byte " +
                              std::to_string(records));
    }
    directory.end = records;
    if (directory.entries > limits::kZipEntriesMax) {
      return Error{ErrorKind::kLimit,
                   at(end) + std::to_string(directory.entries) + " entries; at most " +
                       std::to_string(limits::kZipEntriesMax) + " are read",
                   kHint};
    }
    if (directory.entries > bytes / kCentralBytes) {
      return corrupt(end, std::to_string(directory.entries) + " entries do not fit a central directory of " +
                              std::to_string(bytes) + " bytes");
    }
    return directory;
  }

  // The 64-bit end record says what the 32-bit one says, or what that could not. Gives its offset.
  Result<uint64_t> read_zip64_end(uint64_t end, CentralDirectory& directory, uint64_t& bytes) const {
    const uint64_t locator = end - kZip64LocatorBytes;
    if (u32(locator + 4) != 0 || u32(locator + 16) > 1) {
      return unsupported(locator, "the archive spans several disks");
    }
    if (locator < kZip64EndBytes || u64(locator + 8) != locator - kZip64EndBytes ||
        u32(locator - kZip64EndBytes) != kZip64EndSignature) {
      return corrupt(locator, "the zip64 locator points to byte " + std::to_string(u64(locator + 8)) +
                                  ", not to a zip64 end record right before it");
    }
    const uint64_t record = locator - kZip64EndBytes;
    if (u64(record + 4) != kZip64EndBytes - 12) {
      return corrupt(record, "the zip64 end record is said to have " + std::to_string(u64(record + 4)) +
                                 " bytes after its length, not 44");
    }
    if (u32(record + 16) != 0 || u32(record + 20) != 0) {
      return unsupported(record, "the archive spans several disks");
    }
    const uint64_t entries = u64(record + 32);
    if (u64(record + 24) != entries)
      return corrupt(record, "the zip64 end record gives two counts of entries");
    if (!agrees(directory.entries, entries, 0xFFFF) || !agrees(bytes, u64(record + 40), kInZip64Extra) ||
        !agrees(directory.begin, u64(record + 48), kInZip64Extra)) {
      return corrupt(record, "the zip64 end record and the end record do not agree");
    }
    directory.entries = entries;
    directory.begin = u64(record + 48);
    bytes = u64(record + 40);
    return record;
  }

  static bool agrees(uint64_t narrow, uint64_t wide, uint64_t narrow_max) {
    return narrow == wide || (narrow == narrow_max && wide >= narrow_max);
  }

  Result<std::vector<CentralEntry>> read_directory(const CentralDirectory& directory) const {
    std::vector<CentralEntry> entries;
    entries.reserve(directory.entries);
    std::set<std::string_view> names;
    uint64_t position = directory.begin;
    for (uint64_t i = 0; i < directory.entries; ++i) {
      PANNIER_ASSIGN(CentralEntry entry, read_central(position, directory.end));
      if (!names.insert(entry.fields.name).second) {
        return corrupt(position, named(entry.fields.name) + "a second entry of that name");
      }
      entries.push_back(entry);
    }
    if (position != directory.end) {
      return corrupt(position, std::to_string(directory.end - position) +
                                   " bytes in the central directory belong to no entry");
    }
    return entries;
  }

  Result<CentralEntry> read_central(uint64_t& position, uint64_t end) const {
    if (end - position < kCentralBytes || u32(position) != kCentralSignature) {
      return corrupt(position, "no header of an entry where the central directory should have one");
    }
    CentralEntry entry;
    entry.at = position;
    EntryFields& fields = entry.fields;
    fields.flags = u16(position + 8);
    fields.method = u16(position + 10);
    fields.crc32 = u32(position + 16);
    fields.stored_bytes = u32(position + 20);
    fields.bytes = u32(position + 24);
    const uint64_t name_bytes = u16(position + 28);
    const uint64_t extra_bytes = u16(position + 30);
    if (end - position - kCentralBytes < name_bytes + extra_bytes) {
      return corrupt(position, "the name and extra field of an entry leave the central directory");
    }
    fields.name = as_text(file_.subspan(position + kCentralBytes, name_bytes));
    fields.extra = file_.subspan(position + kCentralBytes + name_bytes, extra_bytes);
    if (u16(position + 32) != 0) return unsupported(position, named(fields.name) + "a comment");
    if (u16(position + 34) != 0) return unsupported(position, "the archive spans several disks");
    entry.header = u32(position + 42);
    PANNIER_TRY(check_fields(entry));
    PANNIER_TRY(read_zip64_sizes(entry));
    if (fields.method == 0 && fields.stored_bytes != fields.bytes) {
      return corrupt(position, named(fields.name) + "stored uncompressed in " +
                                   std::to_string(fields.stored_bytes) + " bytes, but should have " +
                                   std::to_string(fields.bytes));
    }
    position += kCentralBytes + name_bytes + extra_bytes;
    return entry;
  }

  Status check_fields(const CentralEntry& entry) const {
    const EntryFields& fields = entry.fields;
    if (fields.name.empty() || fields.name.size() > limits::kPathBytesMax ||
        utf8_find_invalid(fields.name) != std::string_view::npos ||
        std::any_of(fields.name.begin(), fields.name.end(),
                    [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7F; })) {
      return corrupt(entry.at, named(fields.name) + "the name is empty, too long or not plain text");
    }
    // Without the flag, Python takes the bytes of a name for the letters of an old code page.
    if (rules_.needs_utf8_flag && (fields.flags & kFlagUtf8) == 0 &&
        std::any_of(fields.name.begin(), fields.name.end(), [](char c) { return (c & 0x80) != 0; })) {
      return corrupt(entry.at, named(fields.name) + "the name is not ASCII, and not said to be UTF-8");
    }
    if ((fields.flags & kFlagEncrypted) != 0) {
      return unsupported(entry.at, named(fields.name) + "encrypted");
    }
    if ((fields.flags & ~rules_.flags) != 0) {
      return unsupported(entry.at, named(fields.name) + "flags that " + rules_.writer +
                                       " never sets: " + std::to_string(fields.flags));
    }
    if (fields.method != 0 && !(rules_.may_deflate && fields.method == kMethodDeflate)) {
      const char* reason = rules_.may_deflate
                               ? "; only stored and deflated entries are read"
                               : "; torch.save stores tensors as they are, and only that is read";
      return unsupported(entry.at, named(fields.name) + "compressed (method " +
                                       std::to_string(fields.method) + ")" + reason);
    }
    return {};
  }

  // Values that do not fit their 32-bit fields lie in the zip64 extra field, in this order.
  Status read_zip64_sizes(CentralEntry& entry) const {
    EntryFields& fields = entry.fields;
    PANNIER_ASSIGN(ByteSpan wide, zip64_extra(fields, entry.at));
    for (uint64_t* value : {&fields.bytes, &fields.stored_bytes, &entry.header}) {
      if (*value != kInZip64Extra) continue;
      if (wide.size() < 8) {
        return corrupt(entry.at, named(fields.name) +
                                     "a size or offset should be in a zip64 extra field, "
                                     "which is too short");
      }
      *value = read_le<uint64_t>(wide);
      wide = wide.subspan(8);
    }
    if (!wide.empty()) return corrupt(entry.at, named(fields.name) + "its zip64 extra field is too long");
    return {};
  }

  // Empty where there is none.
  Result<ByteSpan> zip64_extra(const EntryFields& fields, uint64_t offset) const {
    ByteSpan found;
    bool seen = false;
    for (ByteSpan rest = fields.extra; !rest.empty();) {
      if (rest.size() < 4 || rest.size() - 4 < read_le<uint16_t>(rest.subspan(2))) {
        return corrupt(offset, named(fields.name) + "its extra field is malformed");
      }
      const uint16_t length = read_le<uint16_t>(rest.subspan(2));
      // Some readers prefer this name, most do not see it: they would unpack different files.
      if (read_le<uint16_t>(rest) == kUnicodePathExtra) {
        return corrupt(offset, named(fields.name) + "a second name in its extra field");
      }
      if (read_le<uint16_t>(rest) == kZip64Extra) {
        if (seen) return corrupt(offset, named(fields.name) + "two zip64 extra fields");
        seen = true;
        found = rest.subspan(4, length);
      }
      rest = rest.subspan(4 + length);
    }
    return found;
  }

  // `next` is where the following entry (or the central directory) begins.
  Result<ZipEntry> read_local(const CentralEntry& central, uint64_t next) const {
    const EntryFields& fields = central.fields;
    const uint64_t header = central.header;
    if (next - header < kLocalBytes) {
      return corrupt(header, named(fields.name) + "its local header overlaps what follows at byte " +
                                 std::to_string(next));
    }
    if (u32(header) != kLocalSignature) {
      return corrupt(header, named(fields.name) + "no local header where the central directory says");
    }
    EntryFields local;
    local.flags = u16(header + 6);
    local.method = u16(header + 8);
    local.crc32 = u32(header + 14);
    local.stored_bytes = u32(header + 18);
    local.bytes = u32(header + 22);
    const uint64_t name_bytes = u16(header + 26);
    const uint64_t extra_bytes = u16(header + 28);
    if (next - header - kLocalBytes < name_bytes + extra_bytes) {
      return corrupt(header, named(fields.name) + "its local header overlaps what follows");
    }
    local.name = as_text(file_.subspan(header + kLocalBytes, name_bytes));
    local.extra = file_.subspan(header + kLocalBytes + name_bytes, extra_bytes);
    PANNIER_TRY(check_local(central, local));
    ZipEntry entry;
    entry.name = fields.name;
    entry.header = header;
    entry.begin = header + kLocalBytes + name_bytes + extra_bytes;
    if (next - entry.begin < fields.stored_bytes) {
      return corrupt(header, named(fields.name) + "its " + std::to_string(fields.stored_bytes) +
                                 " bytes overlap what follows at byte " + std::to_string(next));
    }
    entry.end = entry.begin + fields.stored_bytes;
    entry.bytes = fields.bytes;
    entry.deflated = fields.method == kMethodDeflate;
    entry.crc32 = fields.crc32;
    PANNIER_TRY(check_descriptor(fields, entry.end, next));
    return entry;
  }

  Status check_local(const CentralEntry& central, const EntryFields& local) const {
    const EntryFields& fields = central.fields;
    if (local.name != fields.name) {
      return disagree(central, "name, '" + for_message(local.name) + "'");
    }
    if (local.flags != fields.flags) return disagree(central, "flags");
    if (local.method != fields.method) return disagree(central, "method");
    PANNIER_ASSIGN(const ByteSpan wide, zip64_extra(local, central.header));
    const bool deferred = (fields.flags & kFlagDescriptor) != 0;
    // Where a descriptor follows, the local header may leave these 0: it was written before the bytes.
    if (local.crc32 != fields.crc32 && !(deferred && local.crc32 == 0)) return disagree(central, "checksum");
    const auto tells = [&](uint64_t said, uint64_t meant) {
      return said == meant || (deferred && said == 0) || (said == kInZip64Extra && !wide.empty());
    };
    if (!tells(local.stored_bytes, fields.stored_bytes) || !tells(local.bytes, fields.bytes)) {
      return disagree(central, "size");
    }
    // What torch puts here depends on its version (sizes, the offset, a 0 for what was not known yet),
    // and nobody reads it when a descriptor follows; but it may not tell anything else.
    if (wide.size() % 8 != 0) return disagree(central, "zip64 extra field");
    for (ByteSpan rest = wide; !rest.empty(); rest = rest.subspan(8)) {
      const uint64_t value = read_le<uint64_t>(rest);
      const bool known = value == fields.bytes || value == fields.stored_bytes || value == central.header ||
                         (deferred && value == 0);
      if (!known) return disagree(central, "zip64 extra field");
    }
    if (fields.stored_bytes != fields.bytes) return check_wide_order(central, local, wide);
    return {};
  }

  // Where the two sizes differ, each has to stand in its own place: the unpacked one first.
  Status check_wide_order(const CentralEntry& central, const EntryFields& local, ByteSpan wide) const {
    const EntryFields& fields = central.fields;
    const bool deferred = (fields.flags & kFlagDescriptor) != 0;
    for (const auto& [said, meant] :
         {std::pair{local.bytes, fields.bytes}, std::pair{local.stored_bytes, fields.stored_bytes}}) {
      if (said != kInZip64Extra || meant == kInZip64Extra) continue;
      const uint64_t value = wide.empty() ? kInZip64Extra : read_le<uint64_t>(wide);
      if (value != meant && !(deferred && value == 0)) return disagree(central, "zip64 extra field");
      wide = wide.subspan(8);
    }
    return {};
  }

  // Between an entry's last byte and the next header lies its descriptor, or nothing.
  Status check_descriptor(const EntryFields& fields, uint64_t end, uint64_t next) const {
    const uint64_t bytes = next - end;
    if ((fields.flags & kFlagDescriptor) == 0) {
      if (bytes == 0) return {};
      return corrupt(
          end, std::to_string(bytes) + " bytes after '" + for_message(fields.name) + "' belong to no entry");
    }
    if ((bytes != kDescriptorBytes && bytes != kDescriptor64Bytes) || u32(end) != kDescriptorSignature) {
      return corrupt(end, named(fields.name) + "a data descriptor of 16 or 24 bytes should fill the " +
                              std::to_string(bytes) + " bytes up to the next header");
    }
    const bool is_wide = bytes == kDescriptor64Bytes;
    const uint64_t stored_bytes = is_wide ? u64(end + 8) : u32(end + 8);
    const uint64_t unpacked_bytes = is_wide ? u64(end + 16) : u32(end + 12);
    if (u32(end + 4) != fields.crc32 || stored_bytes != fields.stored_bytes ||
        unpacked_bytes != fields.bytes) {
      return corrupt(end, named(fields.name) + "its data descriptor and the central directory do not agree");
    }
    return {};
  }

  Error disagree(const CentralEntry& entry, const std::string& field) const {
    return corrupt(
        entry.header,
        named(entry.fields.name) + "its local header and the central directory do not agree on the " + field);
  }
  static std::string named(std::string_view name) { return "entry '" + for_message(name) + "': "; }
  std::string at(uint64_t offset) const {
    return std::string(what_) + " at byte " + std::to_string(offset) + ": ";
  }
  Error corrupt(uint64_t offset, const std::string& reason) const {
    return {ErrorKind::kCorrupt, at(offset) + reason, kHint};
  }
  Error unsupported(uint64_t offset, const std::string& reason) const {
    return {ErrorKind::kUnsupported, at(offset) + reason, rules_.hint};
  }

  // REQUIRES: within the file; the callers check it.
  uint16_t u16(uint64_t offset) const { return read_le<uint16_t>(file_.subspan(offset, 2)); }
  uint32_t u32(uint64_t offset) const { return read_le<uint32_t>(file_.subspan(offset, 4)); }
  uint64_t u64(uint64_t offset) const { return read_le<uint64_t>(file_.subspan(offset, 8)); }

  ByteSpan file_;
  std::string_view what_;
  const KindRules& rules_;
};

constexpr std::array<uint32_t, 256> make_crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320u : 0u);
    table[i] = value;
  }
  return table;
}

}  // namespace

bool looks_like_zip(ByteSpan file) { return file.size() >= 4 && read_le<uint32_t>(file) == kLocalSignature; }

Result<ZipIndex> parse_zip(ByteSpan file, std::string_view what, ZipKind kind) {
  return ZipParser(file, what, kind == ZipKind::kWheel ? kWheelRules : kPytorchRules).parse();
}

uint32_t zip_crc32(ByteSpan bytes) {
  static constexpr std::array<uint32_t, 256> kTable = make_crc_table();
  uint32_t crc = 0xFFFFFFFFu;
  for (const uint8_t byte : bytes) crc = kTable[(crc ^ byte) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

}  // namespace pannier
