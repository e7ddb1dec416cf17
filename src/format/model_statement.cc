#include "format/model_statement.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "format/model_signature.h"

namespace pannier {
namespace {

constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
constexpr std::string_view kPredicateType = "https://model_signing/signature/v1.0";
constexpr std::string_view kOldPredicateType = "https://model_signing/Digests/v0.1";

// `model_signing` never looks at these, so a signature that named them would not verify there.
constexpr std::string_view kIgnored[] = {".git", ".gitattributes", ".github", ".gitignore",
                                         kModelSignatureName};

Error corrupt(std::string_view what, std::string_view detail) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", what, detail), ""};
}

Error unsupported(std::string_view what, std::string_view detail) {
  return {ErrorKind::kUnsupported, fmt::format("{}: {}", what, detail),
          "sign the model anew, with SHA-256 and file by file, as `model_signing sign key` does by default"};
}

// Whether `path` is `ignored` or lies in it, component by component; "." is everything.
bool is_within(std::string_view path, std::string_view ignored) {
  while (ignored.ends_with('/')) ignored.remove_suffix(1);
  if (ignored == ".") return true;
  return path.starts_with(ignored) && !ignored.empty() &&
         (path.size() == ignored.size() || path[ignored.size()] == '/');
}

// Python's order of paths: component by component, so that "sub/z" comes before "sub.txt".
bool comes_before(std::string_view left, std::string_view right) {
  return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end(),
                                      [](char a, char b) {
                                        const int rank_a = a == '/' ? 0 : static_cast<unsigned char>(a);
                                        const int rank_b = b == '/' ? 0 : static_cast<unsigned char>(b);
                                        return rank_a < rank_b;
                                      });
}

// Parses one statement. `what` names the signature.
class StatementParser {
 public:
  StatementParser(JsonValue root, std::string_view what) : root_(root), what_(what) {}

  Result<ModelStatement> parse();

 private:
  Status parse_types() const;
  Status parse_serialization(JsonValue serialization);
  Status parse_resources(JsonValue resources);
  Status check_subject();

  JsonValue root_;
  std::string_view what_;
  ModelStatement statement_;
  Digest files_digest_;  // of the files' digests in the order in which they are listed
};

Status StatementParser::parse_types() const {
  const JsonReader reader(root_, what_);
  PANNIER_ASSIGN(const std::string type, reader.string("_type"));
  if (type != kStatementType) {
    return unsupported(what_, fmt::format("a statement of type \"{}\"", for_message(type)));
  }
  PANNIER_ASSIGN(const std::string predicate, reader.string("predicateType"));
  if (predicate == kOldPredicateType) return unsupported(what_, "a signature of model_signing before 1.0");
  if (predicate != kPredicateType) {
    return unsupported(what_, fmt::format("a predicate of type \"{}\"", for_message(predicate)));
  }
  return {};
}

Status StatementParser::parse_serialization(JsonValue serialization) {
  const JsonReader reader(serialization, what_);
  PANNIER_ASSIGN(const std::string method, reader.string("method"));
  if (method == "shards") return unsupported(what_, "it was made over shards of files");
  if (method != "files") return unsupported(what_, fmt::format("method \"{}\"", for_message(method)));
  PANNIER_ASSIGN(const std::string hash, reader.string("hash_type"));
  if (hash != "sha256") return unsupported(what_, fmt::format("hash algorithm \"{}\"", for_message(hash)));
  const JsonValue ignored = serialization["ignore_paths"];
  if (!ignored) return {};
  if (!ignored.is_array()) return corrupt(what_, "\"ignore_paths\" is not an array");
  // Each file is compared with each of them: few is what makes that cheap.
  if (ignored.size() > limits::kIgnoredPathsMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} ignored paths, at most {} are allowed", what_, ignored.size(),
                             limits::kIgnoredPathsMax),
                 ""};
  }
  for (const JsonValue element : ignored.elements()) {
    const auto path = element.as_string();
    if (!path) return corrupt(what_, "an ignored path is not a string");
    statement_.ignored_paths.emplace_back(*path);
  }
  return {};
}

Status StatementParser::parse_resources(JsonValue resources) {
  if (resources.size() > limits::kFilesPerModelMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} files, at most {} are allowed", what_, resources.size(),
                             limits::kFilesPerModelMax),
                 ""};
  }
  Sha256 all;
  for (const JsonValue element : resources.elements()) {
    if (!element.is_object()) return corrupt(what_, "a resource is not a JSON object");
    const JsonReader reader(element, what_);
    SignedFile file;
    PANNIER_ASSIGN(file.path, reader.string("name"));
    PANNIER_ASSIGN(const std::string algorithm, reader.string("algorithm"));
    if (algorithm != "sha256") {
      return unsupported(what_, fmt::format("hash algorithm \"{}\"", for_message(algorithm)));
    }
    PANNIER_ASSIGN(const std::string hex, reader.string("digest"));
    const auto digest = digest_from_hex(hex);
    if (!digest.ok()) return corrupt(what_, digest.error().message);
    file.digest = *digest;
    all.update(ByteSpan(file.digest.bytes));
    statement_.files.push_back(std::move(file));
  }
  files_digest_ = all.finish();
  std::sort(statement_.files.begin(), statement_.files.end(),
            [](const SignedFile& left, const SignedFile& right) { return left.path < right.path; });
  const auto twice = std::adjacent_find(
      statement_.files.begin(), statement_.files.end(),
      [](const SignedFile& left, const SignedFile& right) { return left.path == right.path; });
  if (twice != statement_.files.end()) {
    return corrupt(what_, fmt::format("\"{}\" stands in it twice", for_message(twice->path)));
  }
  return {};
}

Status StatementParser::check_subject() {
  PANNIER_ASSIGN(const JsonValue subjects, JsonReader(root_, what_).array("subject"));
  if (subjects.size() != 1) return corrupt(what_, fmt::format("{} subjects, not one", subjects.size()));
  const JsonValue subject = *subjects.elements().begin();
  if (!subject.is_object()) return corrupt(what_, "the subject is not a JSON object");
  const JsonReader reader(subject, what_);
  PANNIER_ASSIGN(statement_.name, reader.string("name"));
  PANNIER_ASSIGN(const JsonValue digests, reader.object("digest"));
  PANNIER_ASSIGN(const std::string hex, JsonReader(digests, what_).string("sha256"));
  if (hex != files_digest_.hex())
    return corrupt(what_, "the subject's digest is not that of the files' digests");
  return {};
}

Result<ModelStatement> StatementParser::parse() {
  if (!root_.is_object()) return corrupt(what_, "the statement is not a JSON object");
  PANNIER_TRY(parse_types());
  PANNIER_ASSIGN(const JsonValue predicate, JsonReader(root_, what_).object("predicate"));
  const JsonReader reader(predicate, what_);
  PANNIER_ASSIGN(const JsonValue serialization, reader.object("serialization"));
  PANNIER_TRY(parse_serialization(serialization));
  PANNIER_ASSIGN(const JsonValue resources, reader.array("resources"));
  PANNIER_TRY(parse_resources(resources));
  PANNIER_TRY(check_subject());
  return std::move(statement_);
}

// A few names, and how many more.
std::string listed(const std::vector<std::string>& paths) {
  constexpr size_t kShown = 5;
  std::vector<std::string> shown;
  for (size_t i = 0; i < std::min(kShown, paths.size()); ++i) shown.push_back(for_message(paths[i]));
  std::string text = fmt::format("{}", fmt::join(shown, ", "));
  if (paths.size() > kShown) text += fmt::format(" and {} more", paths.size() - kShown);
  return text;
}

}  // namespace

Result<std::string> write_model_statement(std::string_view name, std::span<const ModelFile> files) {
  std::vector<const ModelFile*> counted;
  for (const ModelFile& file : files) {
    const bool is_ignored =
        std::any_of(std::begin(kIgnored), std::end(kIgnored),
                    [&](std::string_view ignored) { return is_within(file.path, ignored); });
    if (!is_ignored) counted.push_back(&file);
  }
  if (counted.empty()) {
    return Error{ErrorKind::kInvalid, fmt::format("{} has no file to sign", for_message(name)), ""};
  }
  std::sort(counted.begin(), counted.end(), [](const ModelFile* left, const ModelFile* right) {
    return comes_before(left->path, right->path);
  });
  Sha256 all;
  for (const ModelFile* file : counted) all.update(ByteSpan(file->digest.bytes));
  JsonWriter json;
  json.begin_object().member("_type", kStatementType);
  json.key("subject").begin_array().begin_object().member("name", name);
  json.key("digest")
      .begin_object()
      .member("sha256", all.finish().hex())
      .end_object()
      .end_object()
      .end_array();
  json.member("predicateType", kPredicateType);
  json.key("predicate").begin_object();
  json.key("serialization").begin_object();
  json.member("method", "files").member("hash_type", "sha256").member("allow_symlinks", false);
  json.key("ignore_paths").begin_array();
  for (const std::string_view ignored : kIgnored) json.string(ignored);
  json.end_array().end_object();
  json.key("resources").begin_array();
  for (const ModelFile* file : counted) {
    json.begin_object().member("name", file->path).member("algorithm", "sha256");
    json.member("digest", file->digest.hex()).end_object();
  }
  json.end_array().end_object().end_object();
  return json.take();
}

Result<ModelStatement> parse_model_statement(std::string_view json, std::string_view what) {
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  return StatementParser(document.root(), what).parse();
}

Status compare_with_statement(const ModelStatement& statement, std::span<const ModelFile> files,
                              std::string_view what, std::vector<std::string>& unsigned_paths) {
  const auto is_ignored = [&](const std::string& path) {
    return std::any_of(statement.ignored_paths.begin(), statement.ignored_paths.end(),
                       [&](const std::string& ignored) { return is_within(path, ignored); });
  };
  std::vector<const ModelFile*> sorted;
  for (const ModelFile& file : files) sorted.push_back(&file);
  std::sort(sorted.begin(), sorted.end(),
            [](const ModelFile* left, const ModelFile* right) { return left->path < right->path; });
  std::vector<std::string> excess;
  std::vector<std::string> changed;
  std::vector<std::string> missing;
  auto signed_file = statement.files.begin();
  for (const ModelFile* file : sorted) {
    for (; signed_file != statement.files.end() && signed_file->path < file->path; ++signed_file) {
      missing.push_back(signed_file->path);
    }
    if (signed_file != statement.files.end() && signed_file->path == file->path) {
      if (signed_file->digest != file->digest) changed.push_back(file->path);
      ++signed_file;
    } else if (is_ignored(file->path)) {
      unsigned_paths.push_back(file->path);
    } else {
      excess.push_back(file->path);
    }
  }
  for (; signed_file != statement.files.end(); ++signed_file) missing.push_back(signed_file->path);
  const char* hint = "the model was changed after it was signed; fetch it again, or ask the signer";
  const auto differ = [&](const char* how, const std::vector<std::string>& paths) {
    return Error{ErrorKind::kCorrupt, fmt::format("{}: {}: {}", what, how, listed(paths)), hint};
  };
  if (!changed.empty()) return differ("other contents than those that were signed", changed);
  if (!missing.empty()) return differ("signed files that are not here", missing);
  if (!excess.empty()) return differ("files that nobody signed", excess);
  return {};
}

}  // namespace pannier
