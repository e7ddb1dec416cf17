// What `keys` commands print of a key, and what they write into the audit log.
#pragma once

#include <string>

#include "base/json.h"
#include "base/p256.h"
#include "base/result.h"
#include "carry/trust/key_store.h"
#include "cli/args.h"

namespace pannier {

// Members "key_id", "fingerprint_words" of an object that is open.
void write_key_members(const P256PublicKey& key, JsonWriter& json);

// The fingerprint in both ways, for two people to compare.
void print_fingerprint(const P256PublicKey& key);

// After `keys generate` and `keys import-private`: where it lies, and its fingerprint.
void print_new_key(const Args& args, const KeyStore& keys, const std::string& name, const P256PublicKey& key);

// That the user's own audit log can be written: asked before keys are made.
Status check_user_audit();
// `action` as "keys generate". Fails where the log cannot be written.
Status record_key_event(const std::string& action, const std::string& name, const P256PublicKey& key);

}  // namespace pannier
