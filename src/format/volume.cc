#include "format/volume.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <charconv>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/safe_path.h"

namespace pannier {
namespace {

constexpr size_t kDigestBytes = 32;
constexpr size_t kDigestedBytes = kVolumeHeaderBytes - kDigestBytes;
constexpr uint64_t kCheckSumBytes = 4;
constexpr uint64_t kBlockBytesMin = 512;
constexpr uint64_t kBlockBytesMax = limits::kMiB;
constexpr uint64_t kSmallBytes = 16 * limits::kMiB;
constexpr uint64_t kVirtualShards = 100;  // so that k shards are k percent
constexpr uint64_t kNameBytesMax = 200;
constexpr std::string_view kSuffix = ".pannier";

uint64_t divide_up(uint64_t a, uint64_t b) { return (a + b - 1) / b; }
uint64_t round_up(uint64_t a, uint64_t b) { return divide_up(a, b) * b; }

Error corrupt(std::string_view what, const std::string& detail) {
  return {ErrorKind::kCorrupt, fmt::format("{}: its header is damaged: {}", what, detail),
          "copy that file again from where it was packed"};
}

// "v003", "p01": at least so many digits.
std::string numbered(const std::string& name, char letter, int width, uint32_t number) {
  return fmt::format("{}.{}{:0{}}{}", name, letter, number + 1, width, kSuffix);
}

bool is_label(std::string_view text) {
  if (text.size() < 3 || (text[0] != 'v' && text[0] != 'p')) return false;
  return text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

// The largest number of data shards that fits into a group beside its parity.
uint32_t data_shards_max(uint32_t percent) {
  uint32_t n = kShardsPerGroupMax - 1;
  while (n > 1 && n + parity_rows(n, percent) > kShardsPerGroupMax) --n;
  return n;
}

void write_parity_shape(JsonWriter& out, const VolumeHeader& header) {
  const ParityShape& parity = header.set.parity;
  if (parity.percent == 0) {
    out.null();
    return;
  }
  out.begin_object()
      .member("percent", uint64_t{parity.percent})
      .member("shard_bytes", parity.shard_bytes)
      .member("groups", uint64_t{parity.groups})
      .member("rows_per_file", uint64_t{parity.rows_per_file})
      .member("files", uint64_t{header.set.parity_file_count()})
      .end_object();
}

void write_place(JsonWriter& out, const VolumeHeader& header) {
  const VolumeSetShape& set = header.set;
  if (!header.is_parity) {
    out.member("offset", set.volume_offset(header.number))
        .member("bytes", set.volume_content_bytes(header.number))
        .member("crc32c", fmt::format("{:08x}", header.crc));
    return;
  }
  const ParityPlace place = set.parity_place(header.number);
  out.member("group", uint64_t{place.group})
      .member("data_shards", uint64_t{set.data_shards(place.group)})
      .member("parity_shards", uint64_t{set.parity_shards(place.group)})
      .member("first_row", uint64_t{place.first_row})
      .member("rows", uint64_t{place.rows});
}

std::string header_json(const VolumeHeader& header) {
  JsonWriter out;
  out.begin_object()
      .member("version", uint64_t{1})
      .member("role", header.is_parity ? "parity" : "volume")
      .member("identity", header.set.identity.oci())
      .member("name", header.set.name)
      .member("number", uint64_t{header.number} + 1)
      .member("volumes", uint64_t{header.set.volume_count()})
      .member("bundle_bytes", header.set.bundle_bytes)
      .member("volume_bytes", header.set.volume_bytes)
      .member("block_bytes", header.set.block_bytes)
      .key("parity");
  write_parity_shape(out, header);
  write_place(out, header);
  return out.end_object().take();
}

Result<ParityShape> read_parity_shape(const JsonValue& value, std::string_view what) {
  if (value.is_null()) return ParityShape{};
  if (!value.is_object()) return corrupt(what, "\"parity\" is neither null nor an object");
  const JsonReader reader(value, what);
  ParityShape shape;
  PANNIER_ASSIGN(const uint64_t percent, reader.unsigned_integer("percent", kParityPercentMax));
  PANNIER_ASSIGN(shape.shard_bytes, reader.unsigned_integer("shard_bytes", limits::kBundleBytesMax));
  PANNIER_ASSIGN(const uint64_t groups, reader.unsigned_integer("groups", kVolumesMax));
  PANNIER_ASSIGN(const uint64_t rows, reader.unsigned_integer("rows_per_file", kShardsPerGroupMax));
  shape.percent = static_cast<uint32_t>(percent);
  shape.groups = static_cast<uint32_t>(groups);
  shape.rows_per_file = static_cast<uint32_t>(rows);
  if (percent == 0 || groups == 0 || rows == 0) return corrupt(what, "a number of \"parity\" is zero");
  return shape;
}

// Whether the numbers can be those of a set at all, so that nothing below divides by zero or runs over.
Status check_shape(const VolumeSetShape& set, std::string_view what) {
  if (set.bundle_bytes == 0) return corrupt(what, "the bundle is empty");
  if (set.block_bytes < kBlockBytesMin || set.block_bytes > kBlockBytesMax ||
      (set.block_bytes & (set.block_bytes - 1)) != 0) {
    return corrupt(what, fmt::format("blocks of {} bytes", set.block_bytes));
  }
  if (set.volume_bytes % set.block_bytes != 0) return corrupt(what, "volumes are no whole blocks");
  if (set.volume_bytes != 0 && divide_up(set.bundle_bytes, set.volume_bytes) > kVolumesMax) {
    return corrupt(what, "too many volumes");
  }
  const ParityShape& parity = set.parity;
  if (parity.percent == 0) return {};
  if (parity.shard_bytes == 0 || parity.shard_bytes % set.block_bytes != 0) {
    return corrupt(what, "shards are no whole blocks");
  }
  const uint64_t shards = divide_up(set.bundle_bytes, parity.shard_bytes);
  if (parity.groups > shards) return corrupt(what, "more groups than shards");
  const uint64_t data = divide_up(shards, parity.groups);
  if (data + parity_rows(data, parity.percent) > kShardsPerGroupMax) {
    return corrupt(what, fmt::format("{} shards in a group", data));
  }
  if (set.parity_file_count() > kVolumesMax) return corrupt(what, "too many parity files");
  return {};
}

// A name that can stand in front of ".v001.pannier".
bool is_set_name(const std::string& name) {
  if (name.empty() || name.size() > kNameBytesMax || name.find('/') != std::string::npos) return false;
  return SafePath::parse(name + std::string(kSuffix)).ok();
}

Result<VolumeSetShape> read_set(const JsonReader& reader, const JsonValue& root, std::string_view what) {
  VolumeSetShape set;
  PANNIER_ASSIGN(const std::string identity, reader.string("identity"));
  auto digest = digest_from_oci(identity);
  if (!digest.ok()) return corrupt(what, "\"identity\" is no digest");
  set.identity = *digest;
  PANNIER_ASSIGN(set.name, reader.string("name"));
  if (!is_set_name(set.name)) return corrupt(what, "\"name\" cannot be a file's");
  PANNIER_ASSIGN(set.bundle_bytes, reader.unsigned_integer("bundle_bytes", limits::kBundleBytesMax));
  PANNIER_ASSIGN(set.volume_bytes, reader.unsigned_integer("volume_bytes", limits::kBundleBytesMax));
  PANNIER_ASSIGN(set.block_bytes, reader.unsigned_integer("block_bytes", kBlockBytesMax));
  PANNIER_ASSIGN(set.parity, read_parity_shape(root["parity"], what));
  PANNIER_TRY(check_shape(set, what));
  return set;
}

Result<VolumeHeader> read_header(const JsonValue& root, std::string_view what) {
  const JsonReader reader(root, what);
  VolumeHeader header;
  PANNIER_ASSIGN(const std::string role, reader.string("role"));
  header.is_parity = role == "parity";
  PANNIER_ASSIGN(header.set, read_set(reader, root, what));
  PANNIER_ASSIGN(const uint64_t number, reader.unsigned_integer("number", kVolumesMax));
  const uint32_t count = header.is_parity ? header.set.parity_file_count() : header.set.volume_count();
  if (number == 0 || number > count) {
    return corrupt(what, fmt::format("it is number {} of {}", number, count));
  }
  header.number = static_cast<uint32_t>(number - 1);
  if (!header.is_parity && role != "volume") return corrupt(what, "\"role\" is neither");
  if (header.is_parity) return header;
  PANNIER_ASSIGN(const std::string crc, reader.string("crc32c"));
  const auto parsed = std::from_chars(crc.data(), crc.data() + crc.size(), header.crc, 16);
  if (parsed.ptr != crc.data() + crc.size()) return corrupt(what, "\"crc32c\" is no number");
  return header;
}

}  // namespace

uint32_t VolumeSetShape::volume_count() const {
  return volume_bytes == 0 ? 0 : static_cast<uint32_t>(divide_up(bundle_bytes, volume_bytes));
}

uint64_t VolumeSetShape::shard_count() const {
  return parity.percent == 0 ? 0 : divide_up(bundle_bytes, parity.shard_bytes);
}

uint64_t VolumeSetShape::stripe_count() const {
  return parity.percent == 0 ? 0 : parity.shard_bytes / block_bytes;
}

uint32_t VolumeSetShape::data_shards(uint32_t group) const {
  return static_cast<uint32_t>((shard_count() - group + parity.groups - 1) / parity.groups);
}

uint32_t VolumeSetShape::parity_shards(uint32_t group) const {
  return parity_rows(data_shards(group), parity.percent);
}

uint32_t VolumeSetShape::parity_file_count() const {
  uint64_t files = 0;
  for (uint32_t group = 0; group < parity.groups; ++group) {
    files += divide_up(parity_shards(group), parity.rows_per_file);
  }
  return static_cast<uint32_t>(files);
}

ParityPlace VolumeSetShape::parity_place(uint32_t file) const {
  assert(file < parity_file_count());
  for (uint32_t group = 0;; ++group) {
    const uint32_t rows = parity_shards(group);
    const auto files = static_cast<uint32_t>(divide_up(rows, parity.rows_per_file));
    if (file < files) {
      const uint32_t first = file * parity.rows_per_file;
      return {group, first, std::min(parity.rows_per_file, rows - first)};
    }
    file -= files;
  }
}

uint64_t VolumeSetShape::volume_content_bytes(uint32_t volume) const {
  assert(volume < volume_count());
  return std::min(volume_bytes, bundle_bytes - volume_offset(volume));
}

uint64_t VolumeSetShape::table_bytes(uint32_t group) const {
  return stripe_count() * (data_shards(group) + parity_shards(group) + 1) * kCheckSumBytes;
}

uint64_t VolumeSetShape::parity_file_bytes(uint32_t file) const {
  const ParityPlace place = parity_place(file);
  return 2 * (kVolumeHeaderBytes + table_bytes(place.group)) + place.rows * parity.shard_bytes;
}

std::string VolumeSetShape::volume_file(uint32_t number) const {
  return volume_bytes == 0 ? name + std::string(kSuffix) : numbered(name, 'v', 3, number);
}

std::string VolumeSetShape::parity_file(uint32_t number) const { return numbered(name, 'p', 2, number); }

std::string write_volume_header(const VolumeHeader& header) {
  std::string out = std::string(kVolumeMagic) + header_json(header);
  assert(out.size() < kDigestedBytes);
  out.resize(kDigestedBytes, '\0');
  const Digest digest = sha256(out);
  out.append(digest.bytes.begin(), digest.bytes.end());
  return out;
}

bool looks_like_volume(ByteSpan start) { return as_text(start).starts_with(kVolumeMagic); }

Result<VolumeHeader> parse_volume_header(ByteSpan bytes, std::string_view what) {
  if (bytes.size() != kVolumeHeaderBytes || !looks_like_volume(bytes)) {
    return Error{ErrorKind::kCorrupt, fmt::format("{} is no volume of a bundle", what),
                 "give files that `pannier pack` wrote"};
  }
  const Digest digest = sha256(bytes.first(kDigestedBytes));
  if (as_text(bytes.subspan(kDigestedBytes)) != as_text(ByteSpan(digest.bytes))) {
    return corrupt(what, "its digest does not match");
  }
  const std::string_view body =
      as_text(bytes.subspan(kVolumeMagic.size(), kDigestedBytes - kVolumeMagic.size()));
  const std::string_view json = body.substr(0, body.find('\0'));
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  const JsonValue root = document.root();
  if (const auto version = root["version"].as_unsigned(); version.value_or(0) > 1) {
    return Error{ErrorKind::kUnsupported,
                 fmt::format("{} was made by a newer version (volume format {})", what, *version),
                 "install a newer pannier here"};
  }
  PANNIER_ASSIGN(VolumeHeader header, read_header(root, what));
  if (as_text(bytes) != write_volume_header(header))
    return corrupt(what, "it is not in the one way to write it");
  return header;
}

uint32_t parity_rows(uint64_t shards, uint32_t percent) {
  return static_cast<uint32_t>(divide_up(shards * percent, 100));
}

ParityShape choose_parity_shape(uint64_t bundle_bytes, uint64_t volume_bytes, uint64_t block_bytes,
                                uint32_t percent, uint64_t file_bytes_max) {
  assert(percent >= 1 && percent <= kParityPercentMax);
  VolumeSetShape set;
  set.bundle_bytes = bundle_bytes;
  set.block_bytes = block_bytes;
  set.volume_bytes = volume_bytes;
  set.parity = {percent, volume_bytes, 1, 1};
  if (volume_bytes != 0 && bundle_bytes > volume_bytes) {
    const uint64_t volumes = divide_up(bundle_bytes, volume_bytes);
    set.parity.groups = static_cast<uint32_t>(divide_up(volumes, data_shards_max(percent)));
    return set.parity;
  }
  set.parity.shard_bytes = round_up(divide_up(bundle_bytes, kVirtualShards), block_bytes);
  set.parity.rows_per_file = set.parity_shards(0);
  if (file_bytes_max == 0) return set.parity;
  while (set.parity.rows_per_file > 1 && set.parity_file_bytes(0) > file_bytes_max)
    --set.parity.rows_per_file;
  return set.parity;
}

uint64_t choose_block_bytes(uint64_t bundle_bytes_max, uint64_t file_bytes) {
  const uint64_t smaller = file_bytes == 0 ? bundle_bytes_max : std::min(bundle_bytes_max, file_bytes);
  return smaller <= kSmallBytes ? 4 * limits::kKiB : 64 * limits::kKiB;
}

uint64_t choose_volume_bytes(uint64_t bundle_bytes_max, uint64_t file_bytes, uint64_t block_bytes,
                             uint32_t percent) {
  if (file_bytes <= 2 * kVolumeHeaderBytes) return 0;
  const uint64_t whole = (file_bytes - kVolumeHeaderBytes) / block_bytes * block_bytes;
  if (percent == 0 || whole == 0) return whole;
  // A parity file holds a shard as long as a volume's contents, and twice the check sums of its group. The
  // tables make volumes smaller and so more: twice the number of blocks is never reached.
  const uint64_t volumes = divide_up(bundle_bytes_max, whole) * 2;
  const uint64_t data = std::min<uint64_t>(volumes, data_shards_max(percent));
  const uint64_t entries = data + parity_rows(data, percent) + 1;
  const uint64_t block_and_sums = block_bytes + 2 * kCheckSumBytes * entries;
  return (file_bytes - 2 * kVolumeHeaderBytes) / block_and_sums * block_bytes;
}

std::string volume_set_name(std::string_view file_name) {
  if (file_name.ends_with(kSuffix)) file_name.remove_suffix(kSuffix.size());
  const size_t dot = file_name.rfind('.');
  if (dot != std::string_view::npos && is_label(file_name.substr(dot + 1)))
    file_name = file_name.substr(0, dot);
  return std::string(file_name);
}

}  // namespace pannier
