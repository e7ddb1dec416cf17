#include "carry/transport/volumes/parity_writer.h"

#include <algorithm>
#include <cassert>
#include <memory>

#include "base/crc32c.h"
#include "base/reed_solomon.h"
#include "carry/transport/volumes/strip_plan.h"
#include "carry/transport/volumes/stripes.h"

namespace pannier {
namespace {

class ParityWriter {
 public:
  ParityWriter(FileSystem& fs, ReadableFile& bundle, const VolumeSetShape& set);
  Status open(const std::string& prefix);
  Status write(const Transfer& transfer);
  const std::vector<std::string>& temporaries() const { return temporaries_; }

 private:
  Status write_strip(const Strip& strip, MutableByteSpan memory);
  Status read_shards(const Strip& strip, MutableByteSpan memory);
  Status write_rows(const Strip& strip, ByteSpan rows);
  Status finish_files();

  FileSystem& fs_;
  ReadableFile& bundle_;
  const VolumeSetShape& set_;
  std::vector<Gf256Product> encoders_;  // a group
  std::vector<CheckSums> sums_;         // a group
  std::vector<std::string> temporaries_;
  std::vector<std::unique_ptr<RandomAccessFile>> files_;
};

ParityWriter::ParityWriter(FileSystem& fs, ReadableFile& bundle, const VolumeSetShape& set)
    : fs_(fs), bundle_(bundle), set_(set) {
  for (uint32_t group = 0; group < set.parity.groups; ++group) {
    const uint32_t data = set.data_shards(group);
    const uint32_t parity = set.parity_shards(group);
    encoders_.push_back(ReedSolomon(data, parity).encoder());
    sums_.emplace_back(set.stripe_count(), data + parity);
  }
}

Status ParityWriter::open(const std::string& prefix) {
  for (uint32_t file = 0; file < set_.parity_file_count(); ++file) {
    temporaries_.push_back(unique_name(prefix));
    PANNIER_ASSIGN(std::unique_ptr<RandomAccessFile> opened, fs_.open_or_create(temporaries_.back()));
    files_.push_back(std::move(opened));
  }
  return {};
}

// The data shards of a strip one behind the other, what lies beyond the bundle's end as zeros.
Status ParityWriter::read_shards(const Strip& strip, MutableByteSpan memory) {
  const uint64_t strip_bytes = strip.count * set_.block_bytes;
  for (uint32_t shard = 0; shard < set_.data_shards(strip.group); ++shard) {
    const MutableByteSpan out = memory.subspan(shard * strip_bytes, strip_bytes);
    const ShardBlock first{strip.group, shard, strip.first};
    const uint64_t bytes = data_bytes(set_, first, strip.count);
    if (bytes > 0) PANNIER_TRY(bundle_.read_at(data_offset(set_, first), out.first(bytes)));
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(bytes), out.end(), 0);
    for (uint64_t i = 0; i < strip.count; ++i) {
      const uint64_t begin = i * set_.block_bytes;
      const uint64_t size = begin >= bytes ? 0 : std::min(set_.block_bytes, bytes - begin);
      sums_[strip.group].set(strip.first + i, shard, crc32c(0, out.subspan(begin, size)));
    }
  }
  return {};
}

Status ParityWriter::write_rows(const Strip& strip, ByteSpan rows) {
  const uint64_t strip_bytes = strip.count * set_.block_bytes;
  const uint64_t rows_offset = kVolumeHeaderBytes + set_.table_bytes(strip.group);
  const uint32_t data = set_.data_shards(strip.group);
  for (uint32_t file = 0; file < files_.size(); ++file) {
    const ParityPlace place = set_.parity_place(file);
    if (place.group != strip.group) continue;
    for (uint32_t row = 0; row < place.rows; ++row) {
      const ByteSpan bytes = rows.subspan((place.first_row + row) * strip_bytes, strip_bytes);
      for (uint64_t i = 0; i < strip.count; ++i) {
        const uint32_t sum = crc32c(0, bytes.subspan(i * set_.block_bytes, set_.block_bytes));
        sums_[strip.group].set(strip.first + i, data + place.first_row + row, sum);
      }
      const uint64_t offset = rows_offset + row * set_.parity.shard_bytes + strip.first * set_.block_bytes;
      PANNIER_TRY(files_[file]->write_at(offset, bytes));
    }
  }
  return {};
}

Status ParityWriter::write_strip(const Strip& strip, MutableByteSpan memory) {
  PANNIER_TRY(read_shards(strip, memory));
  const uint64_t strip_bytes = strip.count * set_.block_bytes;
  const uint32_t data = set_.data_shards(strip.group);
  std::vector<const uint8_t*> sources;
  std::vector<uint8_t*> outputs;
  sources.reserve(data);
  outputs.reserve(set_.parity_shards(strip.group));
  for (uint32_t i = 0; i < data; ++i) sources.push_back(&memory[i * strip_bytes]);
  for (uint32_t i = 0; i < set_.parity_shards(strip.group); ++i) {
    outputs.push_back(&memory[(data + i) * strip_bytes]);
  }
  encoders_[strip.group].multiply(sources, outputs, strip_bytes);
  return write_rows(strip, memory.subspan(data * strip_bytes));
}

Status ParityWriter::finish_files() {
  for (uint32_t file = 0; file < files_.size(); ++file) {
    const ParityFrame frame(set_, file, sums_[set_.parity_place(file).group]);
    for (const auto& piece : frame.pieces()) PANNIER_TRY(files_[file]->write_at(piece.offset, piece.bytes));
    PANNIER_TRY(files_[file]->sync());
  }
  return {};
}

Status ParityWriter::write(const Transfer& transfer) {
  PANNIER_TRY(for_each_strip(set_, transfer, [this](const Strip& strip, Bytes& memory) {
    const uint64_t shards = set_.data_shards(strip.group) + set_.parity_shards(strip.group);
    memory.resize(shards * strip.count * set_.block_bytes);
    return write_strip(strip, memory);
  }));
  return finish_files();
}

}  // namespace

Result<std::vector<std::string>> write_parity(FileSystem& fs, ReadableFile& bundle, const VolumeSetShape& set,
                                              const std::string& prefix, const Transfer& transfer) {
  assert(bundle.size() == set.bundle_bytes && set.parity.percent > 0);
  ParityWriter writer(fs, bundle, set);
  Status status = writer.open(prefix);
  if (status.ok()) status = writer.write(transfer);
  if (status.ok()) return writer.temporaries();
  // The error to tell is the first one.
  for (const std::string& path : writer.temporaries()) (void)fs.remove_file(path);
  return std::move(status).error();
}

}  // namespace pannier
