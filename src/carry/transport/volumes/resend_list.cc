#include "carry/transport/volumes/resend_list.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/display.h"
#include "format/volume.h"

namespace pannier {
namespace {

// Digits and letters, without those that are taken for others (i, l, o) and without u.
constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t kCheckCharacters = 4;

std::string number_text(const SetMember& member) {
  return member.is_parity ? fmt::format("p{:02}", member.number + 1)
                          : fmt::format("{:03}", member.number + 1);
}

void sort_unique(std::vector<SetMember>& members) {
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
}

std::string list_text(const std::vector<SetMember>& members) {
  std::string text;
  for (size_t first = 0; first < members.size();) {
    size_t last = first;
    while (last + 1 < members.size() && members[last + 1].is_parity == members[first].is_parity &&
           members[last + 1].number == members[last].number + 1) {
      ++last;
    }
    if (!text.empty()) text += ' ';
    text += number_text(members[first]);
    if (last > first) text += "-" + number_text(members[last]);
    first = last + 1;
  }
  return text;
}

// Never all digits, so that it is not taken for a number.
std::string check_of(const Digest& identity, const std::string& list) {
  const Digest digest = sha256("pannier resend\n" + identity.hex() + "\n" + list);
  std::string check(kCheckCharacters, '\0');
  for (size_t i = 0; i < check.size(); ++i) check[i] = kAlphabet[digest.bytes[i] % kAlphabet.size()];
  constexpr size_t kLetters = 22;
  if (check.find_first_not_of("0123456789") == std::string::npos) {
    check[0] = kAlphabet[10 + digest.bytes[kCheckCharacters] % kLetters];
  }
  return check;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool within = false;
  for (const char c : text) {
    const bool separates = c == ' ' || c == ',' || c == ';' || c == '\t' || c == '\n';
    if (separates) {
      within = false;
      continue;
    }
    if (!within) words.emplace_back();
    within = true;
    words.back() += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return words;
}

void replace_look_alikes(std::string& word) {
  for (char& c : word) {
    if (c == 'o') c = '0';
    if (c == 'i' || c == 'l') c = '1';
  }
}

Error no_member(const std::string& word) {
  return {ErrorKind::kInvalid, fmt::format("\"{}\" is no volume's number", for_message(word)),
          "numbers are written as 003, p02 or 003-007"};
}

// "003", "v003", "p02".
Result<SetMember> parse_member(std::string_view text, const std::string& word) {
  SetMember member;
  if (text.starts_with('v') || text.starts_with('p')) {
    member.is_parity = text.front() == 'p';
    text.remove_prefix(1);
  }
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), member.number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() ||
      member.number == 0 || member.number > kVolumesMax) {
    return no_member(word);
  }
  --member.number;
  return member;
}

Status add_word(const std::string& word, std::vector<SetMember>& members) {
  const size_t dash = word.find('-');
  PANNIER_ASSIGN(const SetMember first, parse_member(std::string_view(word).substr(0, dash), word));
  if (dash == std::string::npos) {
    members.push_back(first);
    return {};
  }
  PANNIER_ASSIGN(SetMember last, parse_member(std::string_view(word).substr(dash + 1), word));
  if (word[dash + 1] != 'p' && word[dash + 1] != 'v') last.is_parity = first.is_parity;
  if (last.is_parity != first.is_parity || last.number < first.number) return no_member(word);
  for (uint32_t number = first.number; number <= last.number; ++number) {
    members.push_back({first.is_parity, number});
  }
  return {};
}

}  // namespace

std::string set_member_label(const SetMember& member) {
  return (member.is_parity ? "" : "v") + number_text(member);
}

std::string write_resend_list(const Digest& identity, std::vector<SetMember> members) {
  sort_unique(members);
  const std::string list = members.empty() ? "all" : list_text(members);
  return list + " " + check_of(identity, list);
}

Result<std::vector<SetMember>> parse_resend_list(const Digest& identity, std::string_view text) {
  std::vector<std::string> words = words_of(text);
  if (words.size() < 2) {
    return Error{ErrorKind::kInvalid, fmt::format("\"{}\" is no list of volumes", for_message(text)),
                 "it is numbers and, at the end, four letters or digits, as `verify` gave them"};
  }
  std::string check = std::move(words.back());
  words.pop_back();
  replace_look_alikes(check);
  std::vector<SetMember> members;
  const bool all = words.size() == 1 && words.front() == "all";
  for (std::string& word : words) {
    if (all) break;
    replace_look_alikes(word);
    PANNIER_TRY(add_word(word, members));
  }
  sort_unique(members);
  if (check == check_of(identity, all ? "all" : list_text(members))) return members;
  return Error{
      ErrorKind::kInvalid,
      fmt::format("the last word, \"{}\", does not fit the list and this bundle", for_message(check)),
      "hear the list again: a number in it is wrong, or it is for another bundle"};
}

}  // namespace pannier
