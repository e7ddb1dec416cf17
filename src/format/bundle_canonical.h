// What the two JSON files in the head of a bundle share: how a reader tells "made by a newer version"
// from "damaged", and that there is one way to write each file. Page: docs/formats/bundle.md, section 2.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace pannier {

// kUnsupported: "FILE: DETAIL: made by a newer version of pannier".
Error newer_bundle(std::string_view file, std::string_view detail);

// kCorrupt: "FILE: DETAIL", with the hint to fetch the bundle again.
Error corrupt_bundle(std::string_view file, std::string_view detail);

// kUnsupported where the object has a member that is not named here.
Status check_bundle_members(JsonValue object, std::initializer_list<std::string_view> keys,
                            std::string_view file);

// The member `version` must be 1: kUnsupported above, kCorrupt for anything else.
Status check_bundle_version(JsonValue object, std::string_view file);

// kCorrupt at the first byte where `found` is not `expected`.
Status check_bundle_canonical(std::string_view expected, std::string_view found, std::string_view file);

}  // namespace pannier
