// What verify, install and unpack print of who vouches for a bundle, whether it is news here, and what of the
// store a revocation touches.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "carry/isolated/verify.h"
#include "carry/trust/root_draft.h"

namespace pannier {

inline constexpr const char* kApprovalOptionHelp =
    "a reviewer's approval; FILE.approval beside the bundle is found without";
inline constexpr const char* kChannelOptionHelp =
    "a channel that is expected here beside those that the store has seen; may be repeated";

// A table of signatures and approvals, then one line that says what they amount to.
void print_trust(const Admission& admission);
// Channel and sequence number, and what the store's history says of them. Nothing for a bundle of no channel.
void print_freshness(const BundleSummary& bundle, const Admission& admission);
void print_model_signatures(const std::vector<SignedModel>& signatures);
// What the bundle expects to find where it is installed.
void print_expected(const BundleSummary& bundle, const ExpectedBlobs& missing, bool has_store);

// A table of them for whoever has to look at each; nothing where there are none.
void print_touched(const std::vector<TouchedReference>& touched);

// Members of the object that is open: "trust", "root", "missing", "vouchers"; "channel", "sequence",
// "statement", "receipts", "freshness".
void write_trust(const Admission& admission, JsonWriter& json);
void write_claim(const BundleSummary& bundle, JsonWriter& json);
void write_freshness(const Admission& admission, JsonWriter& json);
// "touched": […].
void write_touched(const std::vector<TouchedReference>& touched, JsonWriter& json);
void write_model_signatures(const std::vector<SignedModel>& signatures, JsonWriter& json);
void write_expected(const BundleSummary& bundle, const ExpectedBlobs& missing, JsonWriter& json);
// "layout", "parts", "held", "bases", sizes.
void write_layout(const BundleSummary& bundle, JsonWriter& json);
// "plain"; "encoded: 12 parts of 3 files, 120 MB become 180 MB".
std::string layout_for_people(const BundleSummary& bundle);

// Whether this store has a history that a bundle can be held against.
bool has_history(const Admission& admission);

}  // namespace pannier
