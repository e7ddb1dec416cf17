// DownloadJournal: which blocks of a part file are written, in a file that survives its writer.
// Page: docs/internals/download.md.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"

namespace pannier {

// A file in work has at most this many blocks: 16 TiB in blocks of 4 MiB.
inline constexpr uint32_t kDownloadBlocksMax = 1u << 22;

uint32_t block_count_of(uint64_t bytes, uint64_t block_bytes);

struct JournalContents {
  uint64_t block_bytes = 0;
  std::vector<std::optional<uint32_t>> crcs;  // of each block; nothing where there is no record
};

// `key_digest`: SHA-256 of the key's name. nullopt: no journal of this file of `bytes` bytes.
std::optional<JournalContents> parse_journal(ByteSpan journal, const Digest& key_digest, uint64_t bytes);
// At most this many bytes of a journal are read; a longer one is as good as none.
uint64_t journal_bytes_max(uint64_t bytes, uint64_t block_bytes);

class DownloadJournal {
 public:
  struct File {
    std::string path;
    std::string key;  // the key's name
    uint64_t bytes = 0;
    uint64_t block_bytes = 0;  // for a new journal; of one that is there, its own counts
  };

  // Opens, or begins anew where there is none of use. REQUIRES: the key's lock.
  static Result<std::unique_ptr<DownloadJournal>> open(FileSystem& fs, const File& file);

  // As found when it was opened.
  const JournalContents& contents() const { return contents_; }
  // The block's bytes are written. Thread-safe.
  Status append(uint32_t block, uint32_t crc);
  Status sync();

 private:
  DownloadJournal(std::unique_ptr<RandomAccessFile> file, const Digest& key_digest, JournalContents contents,
                  uint64_t end);
  std::unique_ptr<RandomAccessFile> file_;
  Digest key_digest_;
  JournalContents contents_;
  std::mutex mutex_;
  uint64_t end_;  // where the next record goes
};

}  // namespace pannier
