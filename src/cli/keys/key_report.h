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

// What `keys generate` and `keys import-private` share. Before a passphrase is asked for: the user's keys, to
// which one of this name can be added and told in the audit log.
Result<KeyStore> keys_for_new(const std::string& name);
// And then: encrypts and keeps it, tells it in the log (`action` as "keys generate"), and says where it lies
// and its fingerprint.
Status keep_new_key(const Args& args, const std::string& action, KeyStore& keys, const std::string& name,
                    const P256PrivateKey& key, const Secret& passphrase);

}  // namespace pannier
