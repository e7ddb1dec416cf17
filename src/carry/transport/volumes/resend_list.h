// Which files of a bundle to send again, in words short enough for a telephone: "003 007-009 p02 k7qd".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace pannier {

// A volume or a parity file of a set; `number` from 0.
struct SetMember {
  bool is_parity = false;
  uint32_t number = 0;

  friend auto operator<=>(const SetMember&, const SetMember&) = default;
};

// "v003", "p01": as in the files' names, but for the suffix.
std::string set_member_label(const SetMember& member);

// Volumes first, runs as ranges, and at the end four letters or digits that stand for the whole list and for
// the bundle: a number misheard, or a list for another bundle, does not go through.
std::string write_resend_list(const Digest& identity, std::vector<SetMember> members);

// Accepts what write_resend_list writes in any order, in capitals, with commas, with o for 0 and i or l for
// 1; and "all", which is no member. kInvalid with the word that is wrong, or where the check does not match.
// Sorted, none twice.
Result<std::vector<SetMember>> parse_resend_list(const Digest& identity, std::string_view text);

}  // namespace pannier
