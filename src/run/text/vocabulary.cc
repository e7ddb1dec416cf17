// The hash table behind every lookup of a token.
#include "run/text/vocabulary.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cassert>

#include "base/limits.h"

namespace pannier {
namespace {

// At half load no honest vocabulary needs more than some hundred steps; a made one could make
// building the table quadratic.
constexpr size_t kProbesMax = 1024;

// The low bits of FNV-1a are weak for short tokens; fold the high ones in.
size_t slot_of(uint64_t hash, size_t mask) { return (hash ^ (hash >> 29)) & mask; }

}  // namespace

TokenTable::TokenTable(size_t count) : slots_(std::bit_ceil(std::max<size_t>(2 * count, 2))) {
  assert(count <= limits::kVocabularyEntriesMax);
}

Status TokenTable::insert(std::string_view token, uint32_t id) {
  assert(2 * size_ < slots_.size());
  const uint64_t hash = token_hash(token);
  const size_t mask = slots_.size() - 1;
  size_t slot = slot_of(hash, mask);
  for (size_t probes = 0; probes < kProbesMax; ++probes, slot = (slot + 1) & mask) {
    Slot& place = slots_[slot];
    if (place.text == nullptr) {
      place = {token.data(), static_cast<uint32_t>(token.size()), id, hash};
      ++size_;
      longest_bytes_ = std::max(longest_bytes_, token.size());
      return {};
    }
    if (place.hash == hash && std::string_view(place.text, place.length) == token) {
      place.id = id;
      return {};
    }
  }
  return Error{ErrorKind::kCorrupt, fmt::format("{} tokens have hashes that fall together", kProbesMax),
               "such a vocabulary was made to slow its reader down; do not use it"};
}

uint32_t TokenTable::find(std::string_view token, uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  for (size_t slot = slot_of(hash, mask);; slot = (slot + 1) & mask) {
    const Slot& place = slots_[slot];
    if (place.text == nullptr) return kAbsent;
    if (place.hash == hash && std::string_view(place.text, place.length) == token) return place.id;
  }
}

Status Vocabulary::add(std::string_view token, uint64_t id, std::string_view what) {
  if (token.size() > limits::kTokenBytesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: the token of id {} has {} bytes, at most {} are allowed", what, id,
                             token.size(), limits::kTokenBytesMax),
                 ""};
  }
  if (id >= limits::kVocabularyEntriesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: token id {} is too large, ids must be below {}", what, id,
                             limits::kVocabularyEntriesMax),
                 ""};
  }
  if (entries_.size() >= limits::kVocabularyEntriesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: more than {} tokens", what, limits::kVocabularyEntriesMax), ""};
  }
  if (buffer_.size() + token.size() > limits::kTokenizerBytesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: the tokens have more than {} bytes", what, limits::kTokenizerBytesMax), ""};
  }
  entries_.push_back({static_cast<uint32_t>(buffer_.size()), static_cast<uint32_t>(token.size()),
                      static_cast<uint32_t>(id)});
  buffer_.insert(buffer_.end(), token.begin(), token.end());
  return {};
}

Status Vocabulary::finish(std::string_view what) {
  buffer_.push_back('\0');  // an empty token's view is not the null pointer, which marks a free slot
  table_ = TokenTable(entries_.size());
  uint32_t id_count = 0;
  for (const Entry& entry : entries_) id_count = std::max(id_count, entry.id + 1);
  entry_by_id_.assign(id_count, 0);
  for (size_t i = 0; i < entries_.size(); ++i) {
    Status inserted = table_.insert(view(entries_[i]), entries_[i].id);
    if (!inserted.ok()) return with_context(std::move(inserted).error(), std::string(what));
    entry_by_id_[entries_[i].id] = static_cast<uint32_t>(i + 1);
  }
  return {};
}

std::string_view Vocabulary::token(uint32_t id) const {
  if (id >= entry_by_id_.size() || entry_by_id_[id] == 0) return {};
  return view(entries_[entry_by_id_[id] - 1]);
}

}  // namespace pannier
