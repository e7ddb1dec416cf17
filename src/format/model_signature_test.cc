// Model signatures: those of the reference (tests/goldens/model_signing), our own, and changed ones by name.
#include "format/model_signature.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "format/base64.h"
#include "format/dsse.h"
#include "format/key_file.h"

namespace pannier {
namespace {

std::string golden(const std::string& name) {
  const std::string path = std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/model_signing/" + name;
  const auto text = read_small_file(real_file_system(), path, limits::kMiB);
  EXPECT_TRUE(text.ok()) << path;
  return text.ok() ? *text : "";
}

std::vector<ModelFile> golden_files() {
  std::vector<ModelFile> files;
  const auto document = JsonDocument::parse(golden("files.json"), "files.json");
  EXPECT_TRUE(document.ok());
  for (const JsonValue::Member member : document->root().members()) {
    ModelFile file;
    file.path = member.key;
    file.digest = *digest_from_hex(*member.value.as_string());
    files.push_back(file);
  }
  return files;
}

ModelFile* find(std::vector<ModelFile>& files, std::string_view path) {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const ModelFile& f) { return f.path == path; });
  EXPECT_NE(found, files.end()) << path;
  return &*found;
}

// RFC 6979, A.2.5, with which the goldens were made.
P256PrivateKey golden_key() {
  const auto digest = digest_from_hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
  auto key = P256PrivateKey::from_bytes(digest->bytes, "golden key");
  EXPECT_TRUE(key.ok());
  return std::move(key).value();
}

P256PrivateKey other_key() {
  auto key = P256PrivateKey::generate();
  EXPECT_TRUE(key.ok());
  return std::move(key).value();
}

Result<VerifiedModel> verify(const std::string& json, const std::vector<ModelFile>& files,
                             const std::vector<P256PublicKey>& keys) {
  return verify_model_signature(json, files, keys, "model.sig");
}
Result<VerifiedModel> verify(const std::string& json, const std::vector<ModelFile>& files) {
  return verify(json, files, {golden_key().public_key()});
}

std::string payload_of(const std::string& json) {
  const auto parsed = parse_model_signature(json, "model.sig");
  EXPECT_TRUE(parsed.ok());
  return parsed.ok() ? parsed->payload : "";
}

std::string replaced(std::string text, const std::string& old_text, const std::string& new_text) {
  const size_t place = text.find(old_text);
  EXPECT_NE(place, std::string::npos) << old_text;
  return place == std::string::npos ? text : text.replace(place, old_text.size(), new_text);
}

// A signature, valid by our key, over any payload.
std::string signed_payload(const std::string& payload) {
  const P256PrivateKey key = golden_key();
  const P256Signature signature =
      key.sign(as_bytes(dsse_signed_bytes("application/vnd.in-toto+json", payload)));
  return "{\"mediaType\":\"application/"
         "vnd.dev.sigstore.bundle.v0.3+json\",\"verificationMaterial\":{\"publicKey\":"
         "{\"hint\":\"" +
         model_key_hint(key.public_key()) + "\"},\"tlogEntries\":[]},\"dsseEnvelope\":{\"payload\":\"" +
         base64_encode(payload) +
         "\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[{\"sig\":\"" +
         base64_encode(as_text(signature_to_der(signature))) + "\",\"keyid\":\"\"}]}}";
}

std::string our_payload() { return payload_of(*sign_model("model", golden_files(), golden_key())); }

TEST(ModelSignature, WhatTheReferenceSignedVerifies) {
  const auto verified = verify(golden("plain.sig"), golden_files());
  ASSERT_TRUE(verified.ok()) << verified.error().to_string();
  EXPECT_EQ(verified->name, "model");
  EXPECT_EQ(verified->files, 6u);
  EXPECT_EQ(verified->key, golden_key().public_key());
  EXPECT_EQ(verified->unsigned_paths, std::vector<std::string>{".gitattributes"});
}

TEST(ModelSignature, IgnoredPathsAreTold) {
  const auto verified = verify(golden("ignoring.sig"), golden_files());
  ASSERT_TRUE(verified.ok()) << verified.error().to_string();
  EXPECT_EQ(verified->unsigned_paths, (std::vector<std::string>{".gitattributes", "notes/private.txt"}));
  // Where they are missing nothing is amiss.
  std::vector<ModelFile> files = golden_files();
  std::erase_if(files, [](const ModelFile& file) { return file.path.starts_with("notes/"); });
  EXPECT_TRUE(verify(golden("ignoring.sig"), files).ok());
  EXPECT_FALSE(verify(golden("plain.sig"), files).ok());
}

TEST(ModelSignature, GitFilesCountWhereTheyWereSigned) {
  std::vector<ModelFile> files = golden_files();
  const auto verified = verify(golden("with_git_files.sig"), files);
  ASSERT_TRUE(verified.ok()) << verified.error().to_string();
  EXPECT_TRUE(verified->unsigned_paths.empty());
  find(files, ".gitattributes")->digest = sha256("changed");
  EXPECT_FALSE(verify(golden("with_git_files.sig"), files).ok());
}

TEST(ModelSignature, OtherWaysToSignAreUnsupportedByName) {
  for (const auto& [name, word] : std::vector<std::pair<std::string, std::string>>{
           {"blake2.sig", "blake2"}, {"blake3.sig", "blake3"}, {"shards.sig", "shards"}}) {
    const auto verified = verify(golden(name), golden_files());
    ASSERT_FALSE(verified.ok()) << name;
    EXPECT_EQ(verified.error().kind, ErrorKind::kUnsupported) << verified.error().message;
    EXPECT_NE(verified.error().message.find(word), std::string::npos) << verified.error().message;
  }
}

TEST(ModelSignature, OtherKeysAreUntrusted) {
  const std::vector<ModelFile> files = golden_files();
  EXPECT_EQ(verify(golden("p384.sig"), files).error().kind, ErrorKind::kUntrusted);
  EXPECT_EQ(verify(golden("plain.sig"), files, {other_key().public_key()}).error().kind,
            ErrorKind::kUntrusted);
  EXPECT_EQ(verify(golden("plain.sig"), files, {}).error().kind, ErrorKind::kUntrusted);
  // Beside others the right one is found.
  const auto verified =
      verify(golden("plain.sig"), files,
             {other_key().public_key(), golden_key().public_key(), other_key().public_key()});
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(verified->key, golden_key().public_key());
}

// The hint is not signed: whoever changes it must gain nothing.
TEST(ModelSignature, TheHintDecidesNothing) {
  const std::string good = golden("plain.sig");
  const std::string hint = model_key_hint(golden_key().public_key());
  const P256PrivateKey other = other_key();
  const std::string pretended = replaced(good, hint, model_key_hint(other.public_key()));
  const auto refused = verify(pretended, golden_files(), {other.public_key()});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUntrusted);
  EXPECT_NE(refused.error().message.find("does not fit"), std::string::npos);
  // Older signatures have none: every key is tried.
  for (const std::string& without : {replaced(good, "{\"hint\":\"" + hint + "\"}", "{}"),
                                     replaced(good, "\"" + hint + "\"", "null"), replaced(good, hint, "")}) {
    EXPECT_TRUE(verify(without, golden_files(), {other.public_key(), golden_key().public_key()}).ok());
    EXPECT_EQ(verify(without, golden_files(), {other.public_key()}).error().kind, ErrorKind::kUntrusted);
  }
}

TEST(ModelSignature, HintIsTheReferences) {
  EXPECT_NE(golden("plain.sig").find("\"hint\":\"" + model_key_hint(golden_key().public_key()) + "\""),
            std::string::npos);
  EXPECT_EQ(write_public_key_file(golden_key().public_key()), golden("key.pub"));
}

// Both name the same files in the same order, and the same digest over all of them.
TEST(ModelSignature, OursSaysWhatTheReferencesSays) {
  const auto ours = JsonDocument::parse(our_payload(), "ours");
  const auto theirs = JsonDocument::parse(payload_of(golden("plain.sig")), "theirs");
  ASSERT_TRUE(ours.ok() && theirs.ok());
  const auto digest = [](const JsonDocument& document) {
    return (*document.root()["subject"].elements().begin())["digest"]["sha256"].as_string();
  };
  EXPECT_EQ(digest(*ours), digest(*theirs));
  const auto names = [](const JsonDocument& document) {
    std::vector<std::string> list;
    for (const JsonValue resource : document.root()["predicate"]["resources"].elements()) {
      list.emplace_back(std::string(*resource["name"].as_string()) + " " +
                        std::string(*resource["digest"].as_string()));
    }
    return list;
  };
  EXPECT_EQ(names(*ours), names(*theirs));
  EXPECT_EQ(names(*ours).size(), 6u);
}

TEST(ModelSignature, OursVerifiesAndIsTheSameEachTime) {
  const std::vector<ModelFile> files = golden_files();
  const auto json = sign_model("my model", files, golden_key());
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(*json, *sign_model("my model", files, golden_key()));
  std::vector<ModelFile> shuffled(files.rbegin(), files.rend());
  EXPECT_EQ(*json, *sign_model("my model", shuffled, golden_key()));
  const auto verified = verify(*json, shuffled);
  ASSERT_TRUE(verified.ok()) << verified.error().to_string();
  EXPECT_EQ(verified->name, "my model");
  EXPECT_EQ(verified->unsigned_paths, std::vector<std::string>{".gitattributes"});
}

TEST(ModelSignature, WhatTheReferenceNeverLooksAtIsNotSigned) {
  std::vector<ModelFile> files;
  for (const char* path : {".gitattributes", ".gitignore", ".git/config", ".github/x.yml", "model.sig"}) {
    ModelFile file;
    file.path = path;
    files.push_back(file);
  }
  EXPECT_EQ(sign_model("m", files, golden_key()).error().kind, ErrorKind::kInvalid);
  // Only in the outermost folder, and only whole names.
  for (const char* path : {"sub/.gitattributes", ".gitx", "model.sig2"}) {
    std::vector<ModelFile> more = files;
    more.push_back(files[0]);
    more.back().path = path;
    const auto json = sign_model("m", more, golden_key());
    ASSERT_TRUE(json.ok()) << path;
    EXPECT_EQ(verify(*json, more)->files, 1u) << path;
  }
}

TEST(ModelSignature, ChangedFilesAreNamed) {
  for (const std::string& json : {golden("plain.sig"), *sign_model("m", golden_files(), golden_key())}) {
    std::vector<ModelFile> changed = golden_files();
    find(changed, "sub/weights é.bin")->digest = sha256("another");
    const auto of_changed = verify(json, changed);
    ASSERT_FALSE(of_changed.ok());
    EXPECT_EQ(of_changed.error().kind, ErrorKind::kCorrupt);
    EXPECT_EQ(of_changed.error().message,
              "model.sig: other contents than those that were signed: sub/weights é.bin");

    std::vector<ModelFile> missing = golden_files();
    std::erase_if(missing, [](const ModelFile& file) { return file.path == "empty"; });
    EXPECT_EQ(verify(json, missing).error().message, "model.sig: signed files that are not here: empty");

    std::vector<ModelFile> more = golden_files();
    more.push_back(more.back());
    more.back().path = "payload.py";
    EXPECT_EQ(verify(json, more).error().message, "model.sig: files that nobody signed: payload.py");

    std::vector<ModelFile> renamed = golden_files();
    find(renamed, "empty")->path = "renamed";
    EXPECT_FALSE(verify(json, renamed).ok());
  }
}

TEST(ModelSignature, ManyDifferencesAreCounted) {
  std::vector<ModelFile> more = golden_files();
  for (int i = 0; i < 9; ++i) {
    more.push_back(more[0]);
    more.back().path = "x" + std::to_string(i);
  }
  EXPECT_EQ(verify(golden("plain.sig"), more).error().message,
            "model.sig: files that nobody signed: x0, x1, x2, x3, x4 and 4 more");
}

TEST(ModelSignature, EveryFlippedBitOfThePayloadIsRefused) {
  const std::string good = *sign_model("m", golden_files(), golden_key());
  const size_t begin = good.find("\"payload\":\"") + 11;
  const size_t end = good.find('"', begin);
  const std::vector<ModelFile> files = golden_files();
  for (size_t i = begin; i < end; i += 3) {
    std::string bent = good;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify(bent, files).ok()) << i;
  }
}

TEST(ModelSignature, EveryPrefixIsRefused) {
  const std::string good = golden("plain.sig");
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(parse_model_signature(good.substr(0, length), "x").ok()) << length;
  }
}

TEST(ModelSignature, OtherContainersAreRefused) {
  const std::string good = golden("plain.sig");
  const std::string hint = model_key_hint(golden_key().public_key());
  const auto kind = [](const std::string& json) { return parse_model_signature(json, "x").error().kind; };
  EXPECT_EQ(kind(replaced(good, "bundle.v0.3", "bundle.v0.9")), ErrorKind::kUnsupported);
  EXPECT_EQ(kind(replaced(good, "{\"publicKey\"", "{\"certificate\":{},\"publicKey\"")),
            ErrorKind::kUnsupported);
  EXPECT_EQ(kind(replaced(good, "{\"publicKey\"", "{\"x509CertificateChain\":{},\"publicKey\"")),
            ErrorKind::kUnsupported);
  EXPECT_EQ(kind(replaced(good, "\"dsseEnvelope\"", "\"messageSignature\":{},\"dsseEnvelope\"")),
            ErrorKind::kUnsupported);
  EXPECT_EQ(kind(replaced(good, "vnd.in-toto+json", "vnd.other+json")), ErrorKind::kUnsupported);
  EXPECT_EQ(kind(replaced(good, "\"signatures\":[", "\"signatures\":[{},")), ErrorKind::kUnsupported);
  EXPECT_EQ(kind(replaced(good, "\"publicKey\"", "\"secretKey\"")), ErrorKind::kCorrupt);
  EXPECT_EQ(kind(replaced(good, "\"" + hint + "\"", "7")), ErrorKind::kCorrupt);
  EXPECT_EQ(kind(replaced(good, "\"payload\":\"", "\"payload\":\"*")), ErrorKind::kCorrupt);
  EXPECT_EQ(kind(replaced(good, "\"sig\":\"", "\"sig\":\"*")), ErrorKind::kCorrupt);
  EXPECT_EQ(kind(std::string(limits::kModelSignatureBytesMax + 1, ' ')), ErrorKind::kLimit);
  // What is ignored today may be there tomorrow.
  EXPECT_TRUE(parse_model_signature(
                  replaced(good, "{\"publicKey\"", "{\"timestampVerificationData\":{},\"publicKey\""), "x")
                  .ok());
}

// Statements that the key really signed, but that say what nobody must believe.
TEST(ModelSignature, SignedNonsenseIsRefused) {
  const std::vector<ModelFile> files = golden_files();
  const std::string good = our_payload();
  ASSERT_TRUE(verify(signed_payload(good), files).ok());
  const std::string first = sha256("").hex();  // of "empty"
  for (const auto& [old_text, new_text, kind] : std::vector<std::tuple<std::string, std::string, ErrorKind>>{
           {"Statement/v1", "Statement/v2", ErrorKind::kUnsupported},
           {"signature/v1.0", "signature/v2.0", ErrorKind::kUnsupported},
           {"https://model_signing/signature/v1.0", "https://model_signing/Digests/v0.1",
            ErrorKind::kUnsupported},
           {"\"method\":\"files\"", "\"method\":\"other\"", ErrorKind::kUnsupported},
           {"\"hash_type\":\"sha256\"", "\"hash_type\":\"md5\"", ErrorKind::kUnsupported},
           {"\"algorithm\":\"sha256\"", "\"algorithm\":\"md5\"", ErrorKind::kUnsupported},
           {"\"sha256\":\"", "\"sha256\":\"0", ErrorKind::kCorrupt},
           {"\"digest\":{\"sha256\"", "\"digest\":{\"sha512\"", ErrorKind::kCorrupt},
           {"\"subject\":[", "\"subject\":[{\"name\":\"x\"},", ErrorKind::kCorrupt},
           {"\"ignore_paths\":[", "\"ignore_paths\":[1,", ErrorKind::kCorrupt},
           {"\"ignore_paths\":[", "\"ignore_paths\":{},\"x\":[", ErrorKind::kCorrupt},
           {"\"resources\":[", "\"resources\":[1,", ErrorKind::kCorrupt},
           {"\"resources\":[", "\"resources\":7,\"x\":[", ErrorKind::kCorrupt},
           {first, first.substr(1), ErrorKind::kCorrupt},
           {"\"name\":\"sub.txt\"", "\"name\":\"empty\"", ErrorKind::kCorrupt},
           {"\"name\":\"sub.txt\"", "\"name\":\"../sub.txt\"", ErrorKind::kCorrupt},
           {"\"name\":\"sub.txt\"", "\"name\":null", ErrorKind::kCorrupt},
           {"\"predicate\":{", "\"predicate\":[],\"x\":{", ErrorKind::kCorrupt}}) {
    const auto verified = verify(signed_payload(replaced(good, old_text, new_text)), files);
    ASSERT_FALSE(verified.ok()) << new_text;
    EXPECT_EQ(verified.error().kind, kind) << new_text << ": " << verified.error().message;
  }
  for (const char* payload : {"", "[]", "null", "{}", "{\"_type\":1}"}) {
    EXPECT_EQ(verify(signed_payload(payload), files).error().kind, ErrorKind::kCorrupt) << payload;
  }
  std::string many = "\"ignore_paths\":[";
  for (uint64_t i = 0; i < limits::kIgnoredPathsMax; ++i) many += "\"x\",";
  EXPECT_EQ(verify(signed_payload(replaced(good, "\"ignore_paths\":[", many)), files).error().kind,
            ErrorKind::kLimit);
}

// A signer who ignores everything vouches for nothing, and the caller is told so.
TEST(ModelSignature, IgnoringEverythingIsTold) {
  const std::string payload = replaced(our_payload(), "\"ignore_paths\":[", "\"ignore_paths\":[\".\",");
  std::vector<ModelFile> files = golden_files();
  files.push_back(files[0]);
  files.back().path = "payload.py";
  const auto verified = verify(signed_payload(payload), files);
  ASSERT_TRUE(verified.ok()) << verified.error().to_string();
  EXPECT_EQ(verified->unsigned_paths, (std::vector<std::string>{".gitattributes", "payload.py"}));
  EXPECT_EQ(verified->files, 6u);
}

}  // namespace
}  // namespace pannier
