// Vocabulary: the tokens of a model and their ids, found by hash without allocating.
//
// All tokens lie in one buffer; a flat open-addressing table (at most half full) finds them. The hash
// can be carried on byte by byte, so that all prefixes of a word are hashed in one pass over it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pannier {

// Carries a hash of bytes on by one.
inline uint64_t token_hash_step(uint64_t hash, char byte) {
  return (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3ull;  // FNV-1a
}
inline constexpr uint64_t kTokenHashStart = 0xcbf29ce484222325ull;
inline uint64_t token_hash(std::string_view token) {
  uint64_t hash = kTokenHashStart;
  for (const char byte : token) hash = token_hash_step(hash, byte);
  return hash;
}

// A set of (text, id) whose texts are views into memory that outlives it.
class TokenTable {
 public:
  static constexpr uint32_t kAbsent = 0xFFFFFFFF;

  // `count`: how many tokens will be inserted at most. REQUIRES: <= limits::kVocabularyEntriesMax.
  explicit TokenTable(size_t count = 0);

  // Adds a token, or gives it another id. kCorrupt where so many tokens share a hash that it can only
  // be meant (good tokens need a handful of steps).
  Status insert(std::string_view token, uint32_t id);
  // The id, or kAbsent. `hash` is token_hash(token).
  uint32_t find(std::string_view token, uint64_t hash) const;
  uint32_t find(std::string_view token) const { return find(token, token_hash(token)); }

  size_t size() const { return size_; }
  size_t longest_bytes() const { return longest_bytes_; }

 private:
  struct Slot {
    const char* text = nullptr;  // nullptr: free
    uint32_t length = 0;
    uint32_t id = 0;
    uint64_t hash = 0;
  };
  std::vector<Slot> slots_;  // a power of two of them
  size_t size_ = 0;
  size_t longest_bytes_ = 0;
};

// Gathers tokens, then becomes a Vocabulary.
class Vocabulary {
 public:
  Vocabulary() = default;
  Vocabulary(Vocabulary&&) noexcept = default;
  Vocabulary& operator=(Vocabulary&&) noexcept = default;

  // Copies the token. kLimit for a token, an id or a number of tokens beyond base/limits.h. A token
  // given twice has the id given last. `what` and `id` are for messages.
  Status add(std::string_view token, uint64_t id, std::string_view what);
  // Call once, when all are added: builds the tables.
  Status finish(std::string_view what);

  // REQUIRES: finished, all of these.
  uint32_t find(std::string_view token) const { return table_.find(token); }  // or TokenTable::kAbsent
  const TokenTable& table() const { return table_; }
  // The token of an id, empty where there is none; the last one where several share it.
  std::string_view token(uint32_t id) const;
  // Distinct tokens; one more than the largest id.
  size_t size() const { return table_.size(); }
  uint32_t id_count() const { return static_cast<uint32_t>(entry_by_id_.size()); }
  // Every token added, in order (with those given twice).
  size_t entry_count() const { return entries_.size(); }
  std::string_view entry_token(size_t entry) const { return view(entries_[entry]); }
  uint32_t entry_id(size_t entry) const { return entries_[entry].id; }

 private:
  struct Entry {
    uint32_t begin = 0;
    uint32_t length = 0;
    uint32_t id = 0;
  };
  std::string_view view(const Entry& entry) const { return {buffer_.data() + entry.begin, entry.length}; }

  std::vector<char> buffer_;  // not a string: a move must keep the views of table_ alive
  std::vector<Entry> entries_;
  std::vector<uint32_t> entry_by_id_;  // entry + 1; 0: no such id
  TokenTable table_;
};

}  // namespace pannier
