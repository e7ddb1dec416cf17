// What a manifest says beside its files: where they come from, other names, what a wheelhouse is for; as
// OCI annotations. Page: docs/formats/store.md, "Upstream" and "Kinds".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "format/oci.h"

namespace pannier::oci {

inline constexpr std::string_view kAnnotationAliases = "org.pannier.aliases";
inline constexpr std::string_view kAnnotationUpstreamId = "org.pannier.upstream.id";

// The top-level annotations of a manifest, in their one order; nothing at all where there are none.
void write_manifest_annotations(JsonWriter& json, const ModelManifest& model);

// Fills in name, upstream and wheelhouse. `annotations` may be absent; REQUIRES: strings only
// (check_annotations), `model.kind` is set. Messages begin with `what`; kCorrupt, kLimit.
Status read_manifest_annotations(JsonValue annotations, std::string_view what, ModelManifest& model);

// Aliases as one text, and back: ref names, sorted, unique, without `name`; kCorrupt, kLimit.
std::string join_aliases(const std::vector<std::string>& aliases);
Result<std::vector<std::string>> split_aliases(std::string_view text, std::string_view name,
                                               std::string_view what);

// An upstream id: a git blob's SHA-1 or an LFS file's SHA-256, which must be `digest`. kInvalid.
Status check_upstream_id(std::string_view id, const Digest& digest);

// A wheelhouse is one flat folder: kInvalid for a path with a '/'.
Status check_path_of_kind(ArtifactKind kind, std::string_view path);

}  // namespace pannier::oci
