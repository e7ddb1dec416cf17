// PEP 440: the grammar of versions as one scanner, and their order.
#include "format/python_version.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/display.h"
#include "format/python_text.h"

namespace pannier {
namespace {

using python_text::is_digit;

constexpr size_t kVersionBytesMax = 512;
constexpr size_t kDigitsMax = 19;  // what always fits 64 bits, with room to add one

bool is_separator(char c) { return c == '.' || c == '-' || c == '_'; }

struct PreWord {
  std::string_view word;
  PreReleaseKind kind;
};
// Longer words before those they begin with.
constexpr std::array<PreWord, 8> kPreWords = {{{"alpha", PreReleaseKind::kAlpha},
                                               {"a", PreReleaseKind::kAlpha},
                                               {"beta", PreReleaseKind::kBeta},
                                               {"b", PreReleaseKind::kBeta},
                                               {"preview", PreReleaseKind::kCandidate},
                                               {"pre", PreReleaseKind::kCandidate},
                                               {"c", PreReleaseKind::kCandidate},
                                               {"rc", PreReleaseKind::kCandidate}}};
constexpr std::array<std::string_view, 3> kPostWords = {"post", "rev", "r"};
constexpr std::array<std::string_view, 1> kDevWords = {"dev"};

constexpr std::array<std::string_view, 3> kPreSpellings = {"a", "b", "rc"};

// Reads a version from lower-case text without white space around it.
class VersionScanner {
 public:
  explicit VersionScanner(std::string_view text) : text_(text) {}

  // False where the text is no version; check too_long() then.
  bool scan(PackageVersion& version) {
    accept('v');
    if (!scan_release(version)) return false;
    scan_pre(version);
    scan_post(version);
    scan_dev(version);
    if (accept('+') && !scan_local(version)) return false;
    return position_ == text_.size() && !too_long_;
  }
  bool too_long() const { return too_long_; }

 private:
  bool at_end() const { return position_ == text_.size(); }
  bool accept(char c) {
    if (at_end() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  void skip_separator() {
    if (!at_end() && is_separator(text_[position_])) ++position_;
  }

  std::optional<uint64_t> number() {
    const size_t begin = position_;
    while (!at_end() && is_digit(text_[position_])) ++position_;
    if (begin == position_) return std::nullopt;
    return value(text_.substr(begin, position_ - begin));
  }
  uint64_t value(std::string_view digits) {
    while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
    if (digits.size() > kDigitsMax) too_long_ = true;
    uint64_t sum = 0;
    for (const char c : digits.substr(0, kDigitsMax)) sum = sum * 10 + static_cast<uint64_t>(c - '0');
    return sum;
  }

  bool scan_release(PackageVersion& version) {
    std::optional<uint64_t> first = number();
    if (first && accept('!')) {
      version.epoch = *first;
      first = number();
    }
    if (!first) return false;
    version.release.push_back(*first);
    while (position_ + 1 < text_.size() && text_[position_] == '.' && is_digit(text_[position_ + 1])) {
      ++position_;
      version.release.push_back(*number());
    }
    return true;
  }

  // A separator and one of the words: the position moves behind it. Else stays.
  template <class Words, class Spelling>
  auto word(const Words& words, Spelling spelling) -> const typename Words::value_type* {
    const size_t begin = position_;
    skip_separator();
    for (const auto& candidate : words) {
      if (!text_.substr(position_).starts_with(spelling(candidate))) continue;
      position_ += spelling(candidate).size();
      return &candidate;
    }
    position_ = begin;
    return nullptr;
  }
  uint64_t number_behind_word() {
    skip_separator();
    return number().value_or(0);
  }

  void scan_pre(PackageVersion& version) {
    const PreWord* found = word(kPreWords, [](const PreWord& candidate) { return candidate.word; });
    if (found != nullptr) version.pre = PreRelease{found->kind, number_behind_word()};
  }
  void scan_post(PackageVersion& version) {
    if (position_ + 1 < text_.size() && text_[position_] == '-' && is_digit(text_[position_ + 1])) {
      ++position_;
      version.post = number();  // "1.0-1" is "1.0.post1"
      return;
    }
    if (word(kPostWords, [](std::string_view w) { return w; }) != nullptr) {
      version.post = number_behind_word();
    }
  }
  void scan_dev(PackageVersion& version) {
    if (word(kDevWords, [](std::string_view w) { return w; }) != nullptr) version.dev = number_behind_word();
  }

  bool scan_local(PackageVersion& version) {
    do {
      const size_t begin = position_;
      bool is_number = true;
      while (!at_end() &&
             (is_digit(text_[position_]) || (text_[position_] >= 'a' && text_[position_] <= 'z'))) {
        is_number &= is_digit(text_[position_]);
        ++position_;
      }
      if (begin == position_) return false;
      const std::string_view segment = text_.substr(begin, position_ - begin);
      LocalSegment local;
      local.is_number = is_number;
      if (is_number) {
        local.number = value(segment);
      } else {
        local.word = segment;
      }
      version.local.push_back(std::move(local));
    } while (accept('.') || accept('-') || accept('_'));
    return true;
  }

  std::string_view text_;
  size_t position_ = 0;
  bool too_long_ = false;
};

Error too_long(std::string_view text) {
  return {ErrorKind::kLimit,
          fmt::format("the version '{}' is too long: at most {} bytes, and {} digits a number, are read",
                      for_message(text), kVersionBytesMax, kDigitsMax),
          ""};
}

std::span<const uint64_t> without_trailing_zeros(const std::vector<uint64_t>& release) {
  size_t size = release.size();
  while (size > 0 && release[size - 1] == 0) --size;
  return {release.data(), size};
}

// What the parts behind the release are compared by. A missing one sorts where PEP 440 says: 1.0.dev1,
// 1.0a1.dev1, 1.0a1, 1.0a1.post1, 1.0, 1.0.post1.dev1, 1.0.post1.
std::array<uint64_t, 6> suffix_key(const PackageVersion& version) {
  uint64_t pre_rank = 4;
  if (version.pre) {
    pre_rank = 1 + static_cast<uint64_t>(version.pre->kind);
  } else if (version.dev && !version.post) {
    pre_rank = 0;
  }
  return {pre_rank,
          version.pre ? version.pre->number : 0,
          version.post.has_value() ? 1u : 0u,
          version.post.value_or(0),
          version.dev.has_value() ? 0u : 1u,
          version.dev.value_or(0)};
}

}  // namespace

Result<PackageVersion> PackageVersion::parse(std::string_view text) {
  const std::string_view trimmed = python_text::trim(text);
  if (trimmed.size() > kVersionBytesMax) return too_long(trimmed);
  const std::string spelled = python_text::lower_case(trimmed);
  VersionScanner scanner(spelled);
  PackageVersion version;
  if (scanner.scan(version)) return version;
  if (scanner.too_long()) return too_long(trimmed);
  return Error{ErrorKind::kInvalid, fmt::format("'{}' is no version of a Python package", for_message(text)),
               "versions look like 1.2.3, 1.0rc1 or 2.1.post1 (PEP 440)"};
}

std::string PackageVersion::text() const {
  std::string out;
  if (epoch != 0) out += fmt::format("{}!", epoch);
  for (size_t i = 0; i < release.size(); ++i) out += fmt::format("{}{}", i == 0 ? "" : ".", release[i]);
  if (pre) out += fmt::format("{}{}", kPreSpellings.at(static_cast<size_t>(pre->kind)), pre->number);
  if (post) out += fmt::format(".post{}", *post);
  if (dev) out += fmt::format(".dev{}", *dev);
  for (size_t i = 0; i < local.size(); ++i) {
    out += i == 0 ? "+" : ".";
    out += local[i].is_number ? std::to_string(local[i].number) : local[i].word;
  }
  return out;
}

PackageVersion PackageVersion::without_local() const {
  PackageVersion version = *this;
  version.local.clear();
  return version;
}

std::strong_ordering operator<=>(const PackageVersion& a, const PackageVersion& b) {
  if (const auto order = a.epoch <=> b.epoch; order != 0) return order;
  const auto left = without_trailing_zeros(a.release);
  const auto right = without_trailing_zeros(b.release);
  if (const auto order =
          std::lexicographical_compare_three_way(left.begin(), left.end(), right.begin(), right.end());
      order != 0) {
    return order;
  }
  if (const auto order = suffix_key(a) <=> suffix_key(b); order != 0) return order;
  return a.local <=> b.local;  // none is less than any
}

}  // namespace pannier
