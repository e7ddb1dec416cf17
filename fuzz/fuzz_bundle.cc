// A whole bundle from memory, through verify and unpack. Mutations rarely get past a digest, so before
// it is read the digests of blocks, index and statement are put right: what is fuzzed is what an
// attacker who can hash could write.
#include <cstdint>
#include <cstdlib>

#include "base/fs_memory.h"
#include "base/limits.h"
#include "carry/isolated/unpack.h"
#include "carry/isolated/verify.h"
#include "format/bundle_index.h"
#include "format/bundle_statement.h"
#include "format/tar.h"

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

std::string with_right_digests(std::string bytes) {
  const Extent statement = entry_at(bytes, 0);
  const Extent index = statement.end == 0 ? Extent{} : entry_at(bytes, statement.next());
  if (index.end == 0) return bytes;
  auto parsed = parse_bundle_index(bytes.substr(index.begin, index.end - index.begin), "fuzz");
  if (!parsed.ok() || bytes.size() - index.next() != parsed->data_bytes) return bytes;
  const ByteSpan data = as_bytes(bytes).subspan(index.next());
  for (size_t i = 0; i < parsed->blocks.size(); ++i) {
    parsed->blocks[i] = sha256(data.subspan(i * limits::kBlockBytes, parsed->block_bytes(i)));
  }
  const std::string index_text = write_bundle_index(*parsed);
  bytes.replace(index.begin, index_text.size(), index_text);
  const std::string text = write_bundle_statement({parsed->layout,
                                                   bundle_payload_digest(parsed->models),
                                                   {sha256(index_text), index_text.size()},
                                                   parsed->data_bytes});
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
}

}  // namespace
}  // namespace pannier

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  pannier::read_bundle(bytes);
  pannier::read_bundle(pannier::with_right_digests(bytes));
  return 0;
}
