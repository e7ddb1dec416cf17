// What model_signing_test.py runs: signs and verifies a folder as an OpenSSF model, without bundle and store.
//
//   model_signing_driver sign FOLDER KEY.pem > model.sig     (the key is not encrypted)
//   model_signing_driver verify FOLDER KEY.pub model.sig     prints how many files, and each that is unsigned
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/limits.h"
#include "format/key_file.h"
#include "format/model_signature.h"

namespace pannier {
namespace {

Result<std::string> contents(const std::string& path) {
  return read_small_file(real_file_system(), path, 64 * limits::kMiB);
}

Result<std::vector<ModelFile>> files_of(const std::string& folder) {
  std::vector<ModelFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    ModelFile file;
    file.path = std::filesystem::relative(entry.path(), folder).string();
    PANNIER_ASSIGN(const std::string text, contents(entry.path().string()));
    file.bytes = text.size();
    file.digest = sha256(text);
    files.push_back(file);
  }
  return files;
}

Status run(const std::vector<std::string>& words) {
  if (words.size() < 3)
    return Error{ErrorKind::kInvalid, "sign FOLDER KEY, or verify FOLDER KEY SIGNATURE", ""};
  PANNIER_ASSIGN(const std::vector<ModelFile> files, files_of(words[1]));
  PANNIER_ASSIGN(const std::string pem, contents(words[2]));
  if (words[0] == "sign") {
    PANNIER_ASSIGN(const PrivateKeyFile key, parse_private_key_file(pem, words[2]));
    if (!key.key) return Error{ErrorKind::kInvalid, "the key is encrypted", ""};
    PANNIER_ASSIGN(const std::string signature, sign_model("model", files, *key.key));
    std::fwrite(signature.data(), 1, signature.size(), stdout);
    return {};
  }
  PANNIER_ASSIGN(const P256PublicKey key, parse_public_key_file(pem, words[2]));
  PANNIER_ASSIGN(const std::string json, contents(words.at(3)));
  PANNIER_ASSIGN(const VerifiedModel verified, verify_model_signature(json, files, {&key, 1}, words[3]));
  std::printf("%llu\n", static_cast<unsigned long long>(verified.files));
  for (const std::string& path : verified.unsigned_paths) std::printf("unsigned %s\n", path.c_str());
  return {};
}

}  // namespace
}  // namespace pannier

int main(int argc, char** argv) {
  const pannier::Status done = pannier::run(std::vector<std::string>(argv + 1, argv + argc));
  if (done.ok()) return 0;
  std::fprintf(stderr, "%s: %s\n", pannier::error_kind_name(done.error().kind), done.error().message.c_str());
  return 1;
}
