// Reads and writes the annotations of manifests. One set of checks serves both directions: what may not be
// read is not written either.
#include "format/oci_facts.h"

#include <algorithm>
#include <cassert>

#include "base/display.h"
#include "base/limits.h"
#include "base/safe_path.h"
#include "format/oci_descriptor.h"

namespace pannier {
namespace oci {
namespace {

constexpr std::string_view kAnnotationTitle = "org.opencontainers.image.title";
constexpr std::string_view kAnnotationLicence = "org.opencontainers.image.licenses";
constexpr std::string_view kAnnotationCommit = "org.opencontainers.image.revision";
constexpr std::string_view kAnnotationSource = "org.opencontainers.image.source";
constexpr std::string_view kAnnotationRepo = "org.pannier.upstream.repo";
constexpr std::string_view kAnnotationRevision = "org.pannier.upstream.revision";
constexpr std::string_view kAnnotationTarget = "org.pannier.wheelhouse.target";
constexpr std::string_view kAnnotationRequirements = "org.pannier.wheelhouse.requirements+json";
constexpr size_t kCommitCharacters = 40;
constexpr size_t kTargetBytesMax = 128;

Error invalid(const std::string& message) { return {ErrorKind::kInvalid, message, ""}; }

Error too_long(std::string_view thing, uint64_t bytes, uint64_t bytes_max) {
  return {ErrorKind::kLimit,
          std::string(thing) + " has " + std::to_string(bytes) + " bytes; at most " +
              std::to_string(bytes_max) + " are allowed",
          ""};
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// It is shown to people: nothing in it may move a terminal's cursor or turn the writing direction.
Status check_text(std::string_view thing, std::string_view text) {
  if (text.size() > limits::kAnnotationBytesMax) {
    return too_long(thing, text.size(), limits::kAnnotationBytesMax);
  }
  if (for_display(text) != text) return invalid(std::string(thing) + " holds control characters");
  return {};
}

Status check_repo(std::string_view repo) {
  if (repo.size() > limits::kRepoBytesMax) {
    return too_long("the upstream repository", repo.size(), limits::kRepoBytesMax);
  }
  if (is_repo_name(repo)) return {};
  return invalid("\"" + for_message(repo) + "\" is no repository: name or org/name");
}

Status check_revision(std::string_view revision) {
  if (revision.size() > limits::kRefNameBytesMax) {
    return too_long("the upstream revision", revision.size(), limits::kRefNameBytesMax);
  }
  if (for_display(revision) == revision && SafePath::parse(revision).ok()) return {};
  return invalid("\"" + for_message(revision) + "\" is no upstream revision");
}

Status check_aliases(const std::vector<std::string>& aliases, std::string_view name) {
  if (aliases.size() > limits::kAliasesMax) {
    return Error{ErrorKind::kLimit,
                 std::to_string(aliases.size()) + " aliases; at most " + std::to_string(limits::kAliasesMax) +
                     " are allowed",
                 ""};
  }
  for (size_t i = 0; i < aliases.size(); ++i) {
    if (const Status named = check_ref_name(aliases[i]); !named.ok()) {
      return invalid("alias " + named.error().message);
    }
    if (aliases[i] == name) return invalid("the alias \"" + aliases[i] + "\" is the name itself");
    if (i > 0 && aliases[i] <= aliases[i - 1]) {
      return invalid("the alias \"" + aliases[i] + "\" is not in order, or there twice");
    }
  }
  return {};
}

Status check_upstream(const Upstream& upstream, std::string_view name) {
  if (!upstream.repo.empty()) PANNIER_TRY(check_repo(upstream.repo));
  if (upstream.repo.empty() && !(upstream.commit.empty() && upstream.revision.empty())) {
    return invalid("an upstream commit or revision without a repository");
  }
  const bool is_commit = upstream.commit.size() == kCommitCharacters && is_lower_hex(upstream.commit);
  if (!upstream.commit.empty() && !is_commit) {
    return invalid("\"" + for_message(upstream.commit) + "\" is no upstream commit");
  }
  if (!upstream.revision.empty()) PANNIER_TRY(check_revision(upstream.revision));
  PANNIER_TRY(check_aliases(upstream.aliases, name));
  PANNIER_TRY(check_text("the licence", upstream.licence));
  return check_text("the source", upstream.source);
}

Status check_wheelhouse(const WheelhouseInfo& info) {
  if (info.target.size() > kTargetBytesMax)
    return too_long("the target", info.target.size(), kTargetBytesMax);
  const bool is_target = !info.target.empty() && is_name_character(info.target[0]) && info.target[0] != '-' &&
                         info.target[0] != '.' &&
                         std::all_of(info.target.begin(), info.target.end(), is_name_character);
  if (!is_target) return invalid("\"" + for_message(info.target) + "\" is no target of a wheelhouse");
  if (info.requirements.size() > limits::kRequirementsMax) {
    return Error{ErrorKind::kLimit,
                 std::to_string(info.requirements.size()) + " requirements; at most " +
                     std::to_string(limits::kRequirementsMax) + " are allowed",
                 ""};
  }
  for (const std::string& requirement : info.requirements) {
    if (requirement.empty()) return invalid("an empty requirement");
    PANNIER_TRY(check_text("a requirement", requirement));
  }
  return {};
}

// What is invalid to write is corrupt to find.
Status as_found(Status status, std::string_view what) {
  if (status.ok()) return status;
  Error error = with_context(status.error(), std::string(what));
  if (error.kind == ErrorKind::kInvalid) error.kind = ErrorKind::kCorrupt;
  return error;
}

std::string requirements_as_json(const std::vector<std::string>& requirements) {
  JsonWriter json;
  json.begin_array();
  for (const std::string& requirement : requirements) json.string(requirement);
  json.end_array();
  return json.take();
}

Result<std::vector<std::string>> requirements_from_json(const std::string& text, const std::string& what) {
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(text, what));
  if (!document.root().is_array()) return corrupt(what, "the JSON is not an array");
  std::vector<std::string> requirements;
  for (const JsonValue element : document.root().elements()) {
    const auto requirement = element.as_string();
    if (!requirement) return corrupt(what, "a requirement is not a string");
    requirements.emplace_back(*requirement);
    if (requirements.size() > limits::kRequirementsMax) break;  // check_wheelhouse refuses it
  }
  return requirements;
}

// The annotation's text; empty where it is absent. REQUIRES: strings only.
std::string text_of(JsonValue annotations, std::string_view key) {
  return std::string(annotations[key].as_string().value_or(""));
}

// The title, when there is one that may be shown; foreign manifests need none.
Status check_title(std::string_view title, std::string_view what) {
  if (title.size() > limits::kRefNameBytesMax) {
    return over_limit(what, "the title's length", title.size(), limits::kRefNameBytesMax);
  }
  const bool has_control =
      std::any_of(title.begin(), title.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (has_control) return corrupt(what, "the title holds control characters");
  return {};
}

void write_wheelhouse(JsonWriter& json, const WheelhouseInfo& info) {
  json.member(kAnnotationTarget, info.target);
  if (!info.requirements.empty()) {
    json.member(kAnnotationRequirements, requirements_as_json(info.requirements));
  }
}

}  // namespace

std::string join_aliases(const std::vector<std::string>& aliases) {
  std::string text;
  for (const std::string& alias : aliases) text += (text.empty() ? "" : " ") + alias;
  return text;
}

Result<std::vector<std::string>> split_aliases(std::string_view text, std::string_view name,
                                               std::string_view what) {
  const uint64_t bytes_max = limits::kAliasesMax * (limits::kRefNameBytesMax + 1);
  if (text.size() > bytes_max) return over_limit(what, "the length of the aliases", text.size(), bytes_max);
  std::vector<std::string> aliases;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(' ', start), text.size());
    aliases.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  PANNIER_TRY(as_found(check_aliases(aliases, name), what));
  return aliases;
}

Status check_upstream_id(std::string_view id, const Digest& digest) {
  const bool is_git = id.size() == 2 * sizeof(Sha1) && is_lower_hex(id);
  if (is_git || id == digest.hex()) return {};
  if (id.size() == 2 * sizeof(Digest) && is_lower_hex(id)) {
    return invalid("the upstream id " + std::string(id) + " contradicts the digest " + digest.hex());
  }
  return invalid("\"" + for_message(id) + "\" is no upstream id");
}

Status check_path_of_kind(ArtifactKind kind, std::string_view path) {
  if (kind != ArtifactKind::kWheelhouse || path.find('/') == std::string_view::npos) return {};
  return invalid("\"" + for_message(path) + "\" lies in a folder: a wheelhouse has none");
}

void write_manifest_annotations(JsonWriter& json, const ModelManifest& model) {
  const Upstream& upstream = model.upstream;
  const bool is_wheelhouse = model.kind == ArtifactKind::kWheelhouse;
  if (model.name.empty() && upstream.empty() && !is_wheelhouse) return;
  json.key("annotations").begin_object();
  const auto member = [&](std::string_view key, const std::string& text) {
    if (!text.empty()) json.member(key, text);
  };
  member(kAnnotationTitle, model.name);
  member(kAnnotationLicence, upstream.licence);
  member(kAnnotationCommit, upstream.commit);
  member(kAnnotationSource, upstream.source);
  member(kAnnotationAliases, join_aliases(upstream.aliases));
  member(kAnnotationRepo, upstream.repo);
  member(kAnnotationRevision, upstream.revision);
  if (is_wheelhouse) write_wheelhouse(json, model.wheelhouse);
  json.end_object();
}

Status read_manifest_annotations(JsonValue annotations, std::string_view what, ModelManifest& model) {
  model.name = text_of(annotations, kAnnotationTitle);
  PANNIER_TRY(check_title(model.name, what));
  Upstream& upstream = model.upstream;
  upstream.repo = text_of(annotations, kAnnotationRepo);
  upstream.licence = text_of(annotations, kAnnotationLicence);
  upstream.source = text_of(annotations, kAnnotationSource);
  upstream.revision = text_of(annotations, kAnnotationRevision);
  // Without a repository this is somebody else's annotation of that name: any text.
  if (!upstream.repo.empty()) upstream.commit = text_of(annotations, kAnnotationCommit);
  if (annotations[kAnnotationAliases]) {
    PANNIER_ASSIGN(upstream.aliases,
                   split_aliases(text_of(annotations, kAnnotationAliases), model.name, what));
  }
  PANNIER_TRY(as_found(check_upstream(upstream, model.name), what));
  if (model.kind != ArtifactKind::kWheelhouse) return {};
  model.wheelhouse.target = text_of(annotations, kAnnotationTarget);
  if (annotations[kAnnotationRequirements]) {
    PANNIER_ASSIGN(model.wheelhouse.requirements,
                   requirements_from_json(text_of(annotations, kAnnotationRequirements),
                                          std::string(what) + ": requirements"));
  }
  return as_found(check_wheelhouse(model.wheelhouse), what);
}

}  // namespace oci

// What "models--org--name" can be made of and read back from.
bool is_repo_name(std::string_view text) {
  return text.size() <= limits::kRepoBytesMax && check_ref_name(text).ok() &&
         text.find('@') == std::string_view::npos && std::count(text.begin(), text.end(), '/') <= 1 &&
         text.find("--") == std::string_view::npos;
}

Status check_manifest_facts(const ModelManifest& model) {
  PANNIER_TRY(oci::check_upstream(model.upstream, model.name));
  for (const ModelFile& file : model.files) {
    if (!file.upstream_id.empty()) PANNIER_TRY(oci::check_upstream_id(file.upstream_id, file.digest));
    PANNIER_TRY(oci::check_path_of_kind(model.kind, file.path));
  }
  if (model.kind != ArtifactKind::kWheelhouse) return {};
  return oci::check_wheelhouse(model.wheelhouse);
}

}  // namespace pannier
