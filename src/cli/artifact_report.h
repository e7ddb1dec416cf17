// What list, show, inspect, verify and install print of a manifest beside its files: kind, where it comes
// from, other names, and of a wheelhouse its target and wheels.
#pragma once

#include <string>

#include "base/json.h"
#include "format/oci.h"

namespace pannier {

// The kind for a table: "model", "data set", "wheelhouse".
std::string kind_for_people(ArtifactKind kind);

// "org/name@714eb0f"; a wheelhouse's target; "" where nothing is known.
std::string origin_for_table(const Upstream& upstream, const WheelhouseInfo& wheelhouse);

// A line for each thing that is known, as "upstream  org/name, main, commit 714eb0f…".
void print_facts(const Upstream& upstream, const WheelhouseInfo& wheelhouse);
// The same as members of the object that is open: "kind" always, "upstream" and "wheelhouse" where there
// is something to say.
void write_facts(ArtifactKind kind, const Upstream& upstream, const WheelhouseInfo& wheelhouse,
                 JsonWriter& json);

// A wheelhouse's wheels: package, version, tags, size. Nothing for other kinds. What is not named as wheels
// are is listed by its file name.
void print_wheels(const ModelManifest& manifest);
// "wheels": […] as a member of the object that is open.
void write_wheels(const ModelManifest& manifest, JsonWriter& json);

}  // namespace pannier
