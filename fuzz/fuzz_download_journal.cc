// Any bytes as the journal of a download, and as records behind a good head: what is read survives the next
// record and another reading.
#include <algorithm>
#include <cstdlib>

#include "base/fs_memory.h"
#include "carry/connected/download/download_journal.h"

namespace {

using namespace pannier;

constexpr uint64_t kBytes = 1050;

JournalContents contents_of(FileSystem& fs) {
  const auto journal = DownloadJournal::open(fs, {"/j", "key", kBytes, 100});
  if (!journal.ok()) std::abort();
  return (*journal)->contents();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan bytes(data, size);
  const auto raw = parse_journal(bytes, sha256("key"), kBytes);
  if (raw && raw->crcs.size() != block_count_of(kBytes, raw->block_bytes)) std::abort();

  MemoryFileSystem fs;
  (void)contents_of(fs);  // writes a head
  const auto file = fs.open_or_create("/j");
  if (!file.ok() || !(*file)->write_at(64, bytes.first(std::min<size_t>(size, 4096))).ok()) std::abort();
  JournalContents before = contents_of(fs);
  {
    const auto journal = DownloadJournal::open(fs, {"/j", "key", kBytes, 100});
    if (!journal.ok() || !(*journal)->append(3, 7).ok()) std::abort();
  }
  before.crcs[3] = 7;
  if (contents_of(fs).crcs != before.crcs) std::abort();
  return 0;
}
