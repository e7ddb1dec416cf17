// AddedTokens: tokens that are found in the text before anything else and never cut ([MASK], or what
// a fine-tune added), and how the reference gives them ids.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "run/text/normalizer.h"
#include "run/text/vocabulary.h"

namespace pannier {

struct AddedToken {
  std::string content;
  bool single_word = false;  // only where no word character touches it
  bool lstrip = false;       // takes the white space before it along
  bool rstrip = false;       // and after it
  bool normalized = true;    // looked for in the normalized text, in normalized form
  bool special = false;
  friend bool operator==(const AddedToken&, const AddedToken&) = default;
};

// A part of a text: an added token's id, or none where the model must go on.
struct AddedSplit {
  static constexpr uint32_t kText = 0xFFFFFFFF;
  uint32_t begin = 0;  // bytes
  uint32_t end = 0;
  uint32_t id = kText;
};

class AddedTokens {
 public:
  // Longer contents are refused: bounds the work per byte of text.
  static constexpr size_t kContentBytesMax = 4096;

  // Adds tokens as the reference does: a content that the model's vocabulary or this set knows keeps
  // its id, others are numbered on from the end; empty contents are passed over; a token that is
  // given again takes the new settings. `what` names the file in messages. kLimit.
  Status add(const std::vector<AddedToken>& tokens, const Vocabulary& vocabulary, std::string_view what);
  // Call once, when all are added. `normalizer` may be nullptr. `split_special`: special tokens are
  // ordinary text. kCorrupt where two tokens become one when normalized, or one becomes nothing.
  Status finish(const Normalizer* normalizer, bool split_special, std::string_view what);

  // The id of a content, added or in the vocabulary.
  std::optional<uint32_t> id_of(std::string_view content, const Vocabulary& vocabulary) const;
  bool contains(std::string_view content) const { return id_by_content_.contains(std::string(content)); }
  // The content of an added id, empty where there is none.
  std::string_view token(uint32_t id) const;
  // One more than the largest id, 0 where there is none.
  uint32_t id_count() const { return id_count_; }

  // Cuts a text at the tokens that are looked for as they are written / in normalized form. Replaces
  // `out`; parts with text are never empty. REQUIRES: finished, valid UTF-8. Thread-safe.
  void split(std::string_view text, std::vector<AddedSplit>& out) const { verbatim_.split(*this, text, out); }
  void split_normalized(std::string_view text, std::vector<AddedSplit>& out) const {
    normalized_.split(*this, text, out);
  }

 private:
  // Contents in byte order, searched by narrowing a range of them byte by byte.
  class Finder {
   public:
    Status build(std::vector<std::pair<std::string, uint32_t>> patterns, std::string_view what);
    void split(const AddedTokens& tokens, std::string_view text, std::vector<AddedSplit>& out) const;

   private:
    struct Match {
      size_t begin;
      size_t end;
      uint32_t id;
    };
    // The leftmost match from byte `from` on, of those the longest.
    std::optional<Match> find(std::string_view text, size_t from) const;
    std::optional<Match> longest_at(std::string_view text, size_t begin) const;

    std::vector<std::pair<std::string, uint32_t>> patterns_;
    std::array<uint32_t, 257> first_of_byte_{};  // patterns that begin with byte b: [b], [b + 1)
  };

  std::unordered_map<std::string, uint32_t> id_by_content_;
  std::unordered_map<uint32_t, AddedToken> token_by_id_;
  uint32_t id_count_ = 0;
  bool split_special_ = false;
  Finder verbatim_;
  Finder normalized_;
};

}  // namespace pannier
