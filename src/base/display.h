// Text from outside made safe to show: what a hostile file says must not reach a terminal as it is.
#pragma once

#include <string>
#include <string_view>

namespace pannier {

// The text as valid UTF-8 in which nothing can move the cursor or turn the writing direction: control
// and format characters and invalid bytes become "\xNN", a byte each. All else stays.
std::string for_display(std::string_view text);

// The same for error messages: at most about 120 bytes of it, then "…".
std::string for_message(std::string_view text);

}  // namespace pannier
