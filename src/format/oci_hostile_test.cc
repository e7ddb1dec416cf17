// Each hostile manifest and index of tests/hostile/, and why it is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/fs.h"
#include "base/limits.h"
#include "format/oci.h"

namespace pannier {
namespace {

struct Attack {
  const char* name;  // tests/hostile/<folder>/<name>.json
  ErrorKind kind;
  const char* message;  // a part of the refusal
};

void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

std::string folder_of(const std::string& name) {
  return std::string(PANNIER_SOURCE_DIR) + "/tests/hostile/" + name;
}

std::string read_sample(const std::string& folder, const Attack& attack) {
  const auto contents =
      read_small_file(real_file_system(), folder_of(folder) + "/" + attack.name + ".json", limits::kMiB);
  EXPECT_TRUE(contents.ok()) << contents.error().to_string();
  return contents.ok() ? *contents : "";
}

void expect_refusal(const Error& error, const Attack& attack) {
  EXPECT_EQ(error.kind, attack.kind) << error.to_string();
  EXPECT_NE(error.message.find(attack.message), std::string::npos) << error.to_string();
  EXPECT_TRUE(error.message.starts_with("sample")) << "says which document: " << error.message;
  for (const unsigned char c : error.message)
    EXPECT_TRUE(c >= 0x20 && c != 0x7f) << "unprintable in the message";
}

// A sample without a row is a test that does not run.
void expect_a_row_for_every_sample(const std::string& folder, const std::vector<Attack>& attacks) {
  std::set<std::string> names;
  for (const Attack& attack : attacks) names.insert(std::string(attack.name) + ".json");
  const auto entries = real_file_system().list(folder_of(folder));
  ASSERT_TRUE(entries.ok());
  for (const FolderEntry& entry : *entries) EXPECT_TRUE(names.contains(entry.name)) << entry.name;
}

const std::vector<Attack> kManifestAttacks = {
    {"annotation_not_a_string", ErrorKind::kCorrupt, "annotation \"x\" is not a string"},
    {"annotations_not_an_object", ErrorKind::kCorrupt, "annotations is not an object"},
    {"artifact_type_missing", ErrorKind::kCorrupt, "\"artifactType\" is missing, expected a string"},
    {"artifact_type_other", ErrorKind::kUnsupported,
     "an artifact of type \"application/vnd.example.other+json\""},
    {"config_absurd_size", ErrorKind::kLimit, "config: size 1099511627776 is above the limit of 67108864"},
    {"config_missing", ErrorKind::kCorrupt, "config: a descriptor is not an object"},
    {"config_of_a_container", ErrorKind::kUnsupported,
     "a config of media type \"application/vnd.oci.image.config.v1+json\""},
    // A recursive parser would use up its stack.
    {"deep_json", ErrorKind::kLimit, "JSON nested deeper than 64"},
    // The same with a device.
    {"device_by_typeflag", ErrorKind::kUnsupported, "typeflag 3 is not a regular file"},
    {"digest_md5", ErrorKind::kUnsupported, "digest algorithm \"md5\" is not supported, only sha256"},
    {"digest_missing", ErrorKind::kCorrupt, "\"digest\" is missing, expected a string"},
    // Taken as a file name, the digest leaves the blob folder.
    {"digest_path_traversal", ErrorKind::kCorrupt, "a SHA-256 digest has 64 hexadecimal characters, not 71"},
    {"digest_sha512", ErrorKind::kUnsupported, "digest algorithm \"sha512\" is not supported, only sha256"},
    {"digest_short", ErrorKind::kCorrupt, "a SHA-256 digest has 64 hexadecimal characters, not 4"},
    // A second spelling of one digest would be a second file name.
    {"digest_upper_case", ErrorKind::kCorrupt,
     "a SHA-256 digest has lower-case hexadecimal characters only; character 0 is not one"},
    // Two readers that take the first and the last would see two manifests under one signature.
    {"duplicate_key", ErrorKind::kCorrupt, "the key \"layers\" appears twice"},
    {"empty", ErrorKind::kCorrupt, "the text ends where a value should be"},
    {"invalid_utf8", ErrorKind::kCorrupt, "invalid UTF-8 in a string"},
    // Taken as a raw file, the archive itself would be the weights.
    {"layer_compressed", ErrorKind::kUnsupported,
     "a layer of media type \"application/vnd.cncf.model.weight.v1.tar+gzip\""},
    {"layer_container_image", ErrorKind::kUnsupported,
     "a layer of media type \"application/vnd.oci.image.layer.v1.tar+gzip\""},
    {"layer_not_an_object", ErrorKind::kCorrupt, "a descriptor is not an object"},
    {"layers_missing", ErrorKind::kCorrupt, "\"layers\" is missing, expected an array"},
    // A model without files would install as a success that holds nothing.
    {"layers_none", ErrorKind::kCorrupt, "a model without files"},
    {"layers_not_an_array", ErrorKind::kCorrupt, "\"layers\" is an object, expected an array"},
    // The kind of file hidden in the mode, as stat(2) gives it.
    {"link_by_mode_bits", ErrorKind::kUnsupported,
     "mode 41471 has more than permission bits (set-uid, a kind of file)"},
    // A reader that honours typeflag would make a link, and write the next file through it.
    {"link_by_typeflag", ErrorKind::kUnsupported, "typeflag 2 is not a regular file"},
    {"link_by_typeflag_tar", ErrorKind::kUnsupported, "typeflag 50 is not a regular file"},
    {"media_type_index", ErrorKind::kUnsupported,
     "mediaType is \"application/vnd.oci.image.index.v1+json\", wanted "
     "\"application/vnd.oci.image.manifest.v1+json\""},
    {"metadata_not_an_object", ErrorKind::kCorrupt, "the JSON is not an object"},
    {"metadata_not_json", ErrorKind::kCorrupt, "a value expected"},
    {"metadata_size_contradicts", ErrorKind::kCorrupt, "size 99 contradicts the descriptor's 1"},
    {"metadata_without_mode", ErrorKind::kCorrupt,
     "\"mode\" is missing, expected a whole number that is not negative"},
    {"not_an_object", ErrorKind::kCorrupt, "the JSON is not an object"},
    {"path_absolute", ErrorKind::kCorrupt, "it is absolute"},
    {"path_backslash", ErrorKind::kCorrupt, "it holds a backslash"},
    // Listing it would clear the reader's screen.
    {"path_control_character", ErrorKind::kCorrupt, "it holds a control character"},
    {"path_current_folder", ErrorKind::kCorrupt, "it has a \".\" component"},
    // On a file system that folds case the second would overwrite the first.
    {"path_differs_in_case_only", ErrorKind::kCorrupt,
     "\"Config.json\" and \"config.json\" differ only in case or normalisation"},
    {"path_drive_letter", ErrorKind::kCorrupt, "it holds a colon"},
    {"path_duplicate", ErrorKind::kCorrupt, "path \"a\" appears twice"},
    {"path_empty", ErrorKind::kCorrupt, "it is empty"},
    {"path_file_where_a_folder_is", ErrorKind::kCorrupt, "\"a\" is both a file and a folder"},
    // The same, with folders.
    {"path_folder_differs_in_case_only", ErrorKind::kCorrupt,
     "\"Sub\" and \"sub\" differ only in case or normalisation"},
    {"path_missing", ErrorKind::kCorrupt, "a layer without annotations has no file path"},
    {"path_not_a_string", ErrorKind::kCorrupt, "annotation \"org.cncf.model.filepath\" is not a string"},
    // C functions would see "config.json", checks on the ending ".png".
    {"path_nul_byte", ErrorKind::kCorrupt, "it holds a NUL byte"},
    {"path_too_deep", ErrorKind::kCorrupt, "it has more than 32 components"},
    {"path_too_long", ErrorKind::kCorrupt, "longer than 1024"},
    // Windows strips the dot: two names, one file.
    {"path_trailing_dot", ErrorKind::kCorrupt, "a component ends in a dot or a space"},
    // Written below the export folder, this would be a cron job.
    {"path_traversal", ErrorKind::kCorrupt, "it has a \"..\" component"},
    {"path_traversal_inside", ErrorKind::kCorrupt, "it has a \"..\" component"},
    // On Windows this name is a device whatever its ending.
    {"path_windows_device", ErrorKind::kCorrupt, "\"aux.json\" is a device name on some systems"},
    {"schema_version_1", ErrorKind::kUnsupported, "schemaVersion 1 (2 is read)"},
    {"schema_version_text", ErrorKind::kCorrupt,
     "\"schemaVersion\" is a string, expected a whole number that is not negative"},
    // An exported program that runs as its owner.
    {"set_uid_mode", ErrorKind::kUnsupported,
     "mode 2541 has more than permission bits (set-uid, a kind of file)"},
    // Nobody has that many bytes: asking for them must not be tried.
    {"size_absurd", ErrorKind::kLimit, "size 1152921504606846976 is above the limit of 1125899906842624"},
    // One blob cannot have two sizes: what was checked for one use would be wrong for the other.
    {"size_differs_for_one_digest", ErrorKind::kCorrupt, "has two sizes, 1 and 2"},
    {"size_fraction", ErrorKind::kCorrupt,
     "\"size\" is a number, expected a whole number that is not negative"},
    {"size_negative", ErrorKind::kCorrupt,
     "\"size\" is an integer, expected a whole number that is not negative"},
    {"size_text", ErrorKind::kCorrupt, "\"size\" is a string, expected a whole number that is not negative"},
    // Each size is allowed, their sum is not: a sum that wraps would pass a check of free space.
    {"sizes_total_absurd", ErrorKind::kLimit,
     "the total size 1125899906842625 is above the limit of 1125899906842624"},
    // Showing it would change the title of the reader's terminal.
    {"title_control_character", ErrorKind::kCorrupt, "the title holds control characters"},
    {"title_too_long", ErrorKind::kLimit, "the title's length 257 is above the limit of 256"},
    // The same with two documents.
    {"trailing_bytes", ErrorKind::kCorrupt, "something follows the value"},
    {"truncated", ErrorKind::kCorrupt, "a string does not end"},
};

// What a manifest says beside its files (store.md, "Upstream" and "Kinds"): shown, looked up, made into
// paths.
const std::vector<Attack> kFactAttacks = {
    // Other names that a model claims: each would be looked up, shown, or made a folder of a cache.
    {"aliases_control_character", ErrorKind::kCorrupt, "alias \"a\\x0ab\" cannot name a model"},
    {"aliases_empty", ErrorKind::kCorrupt, "alias \"\" cannot name a model"},
    {"aliases_not_sorted", ErrorKind::kCorrupt, "the alias \"a\" is not in order"},
    {"aliases_option", ErrorKind::kCorrupt, "it begins with '-', as options do"},
    {"aliases_own_name", ErrorKind::kCorrupt, "the alias \"replaced\" is the name itself"},
    {"aliases_too_long", ErrorKind::kLimit, "the length of the aliases 9000"},
    {"aliases_too_many", ErrorKind::kLimit, "33 aliases; at most 32"},
    {"aliases_traversal", ErrorKind::kCorrupt, "\"..\" is no component of a name"},
    {"aliases_twice", ErrorKind::kCorrupt, "or there twice"},
    {"commit_not_hexadecimal", ErrorKind::kCorrupt, "\"main\" is no upstream commit"},
    // Forty characters, and a path out of the cache all the same.
    {"commit_traversal", ErrorKind::kCorrupt, "is no upstream commit"},
    // Text of strangers that would move the cursor, set the window's title or read backwards.
    {"licence_control_character", ErrorKind::kCorrupt, "the licence holds control characters"},
    {"licence_too_long", ErrorKind::kLimit, "the licence has 1025 bytes"},
    {"licence_turns_direction", ErrorKind::kCorrupt, "the licence holds control characters"},
    {"model_of_wheelhouse_layers", ErrorKind::kUnsupported,
     "a layer of media type \"application/vnd.pannier.wheelhouse.file.v1.raw\""},
    {"repo_control_character", ErrorKind::kCorrupt, "is no repository: name or org/name"},
    // Two repositories would share one folder of a cache.
    {"repo_folder_separator", ErrorKind::kCorrupt, "\"org--name/x\" is no repository"},
    {"repo_three_parts", ErrorKind::kCorrupt, "\"a/b/c\" is no repository"},
    {"repo_too_long", ErrorKind::kLimit, "the upstream repository has 193 bytes"},
    {"repo_traversal", ErrorKind::kCorrupt, "\"../../etc\" is no repository"},
    {"revision_absolute", ErrorKind::kCorrupt, "\"/etc/passwd\" is no upstream revision"},
    {"revision_control_character", ErrorKind::kCorrupt, "is no upstream revision"},
    // A cache has a file of that name below refs/.
    {"revision_traversal", ErrorKind::kCorrupt, "\"../../../x\" is no upstream revision"},
    {"revision_without_repo", ErrorKind::kCorrupt, "an upstream commit or revision without a repository"},
    {"source_control_character", ErrorKind::kCorrupt, "the source holds control characters"},
    {"upstream_id_other_digest", ErrorKind::kCorrupt, "contradicts the digest"},
    {"upstream_id_traversal", ErrorKind::kCorrupt, "\"../../../../../../etc/passwd\" is no upstream id"},
    {"upstream_id_upper_case", ErrorKind::kCorrupt, "is no upstream id"},
    {"wheel_in_a_folder", ErrorKind::kCorrupt, "lies in a folder: a wheelhouse has none"},
    // pip is pointed at the folder that wheels are exported to.
    {"wheel_traversal", ErrorKind::kCorrupt, "\"..\" component"},
    {"wheelhouse_of_model_layers", ErrorKind::kUnsupported, "a layer of media type"},
    {"wheelhouse_requirement_not_a_string", ErrorKind::kCorrupt, "a requirement is not a string"},
    // Pasted behind `pip install`, the second line would be an option.
    {"wheelhouse_requirement_of_two_lines", ErrorKind::kCorrupt, "a requirement holds control characters"},
    {"wheelhouse_requirements_not_an_array", ErrorKind::kCorrupt, "requirements: the JSON is not an array"},
    {"wheelhouse_requirements_not_json", ErrorKind::kCorrupt, "requirements"},
    {"wheelhouse_target_control_character", ErrorKind::kCorrupt, "is no target of a wheelhouse"},
    {"wheelhouse_target_missing", ErrorKind::kCorrupt, "\"\" is no target of a wheelhouse"},
    {"wheelhouse_target_traversal", ErrorKind::kCorrupt, "\"../x\" is no target of a wheelhouse"},
    {"wheelhouse_with_a_model_config", ErrorKind::kUnsupported, "a config of media type"},
};

const std::vector<Attack> kIndexAttacks = {
    {"aliases_empty", ErrorKind::kCorrupt, "alias \"\" cannot name a model"},
    {"aliases_not_sorted", ErrorKind::kCorrupt, "the alias \"b\" is not in order"},
    {"aliases_own_name", ErrorKind::kCorrupt, "the alias \"a\" is the name itself"},
    {"aliases_too_many", ErrorKind::kLimit, "33 aliases; at most 32"},
    {"aliases_traversal", ErrorKind::kCorrupt, "\"..\" is no component of a name"},
    {"artifact_type_control_character", ErrorKind::kCorrupt, "an artifactType that is not printable ASCII"},
    {"artifact_type_too_long", ErrorKind::kCorrupt, "an artifactType of 256 bytes"},
    // A recursive parser would use up its stack.
    {"deep_json", ErrorKind::kLimit, "JSON nested deeper than 64"},
    {"digest_sha512", ErrorKind::kUnsupported, "digest algorithm \"sha512\" is not supported, only sha256"},
    {"empty", ErrorKind::kCorrupt, "the text ends where a value should be"},
    // Indexes in indexes could be nested without end.
    {"entry_is_an_index", ErrorKind::kUnsupported,
     "an entry of media type \"application/vnd.oci.image.index.v1+json\""},
    {"entry_not_an_object", ErrorKind::kCorrupt, "a descriptor is not an object"},
    {"generation_eleven_digits", ErrorKind::kCorrupt,
     "annotation pannier.generation is not a number from 1 to 9999999999"},
    {"generation_leading_zero", ErrorKind::kCorrupt,
     "annotation pannier.generation is not a number from 1 to 9999999999"},
    {"generation_negative", ErrorKind::kCorrupt,
     "annotation pannier.generation is not a number from 1 to 9999999999"},
    {"generation_not_a_string", ErrorKind::kCorrupt, "annotation \"pannier.generation\" is not a string"},
    {"generation_zero", ErrorKind::kCorrupt,
     "annotation pannier.generation is not a number from 1 to 9999999999"},
    {"manifests_missing", ErrorKind::kCorrupt, "\"manifests\" is missing, expected an array"},
    {"manifests_not_an_array", ErrorKind::kCorrupt, "\"manifests\" is an object, expected an array"},
    {"media_type_manifest", ErrorKind::kUnsupported,
     "mediaType is \"application/vnd.oci.image.manifest.v1+json\", wanted "
     "\"application/vnd.oci.image.index.v1+json\""},
    {"name_control_character", ErrorKind::kCorrupt,
     "only letters, digits, '.', '_', '-', '/' and one '@' are allowed"},
    // Which of the two a reader takes would be chance.
    {"name_duplicate", ErrorKind::kCorrupt, "the name \"a\" appears twice"},
    {"name_empty", ErrorKind::kCorrupt, "it is empty"},
    {"name_empty_component", ErrorKind::kCorrupt, "it has an empty component"},
    {"name_missing", ErrorKind::kCorrupt, "an entry without a name (org.opencontainers.image.ref.name)"},
    {"name_missing_among_annotations", ErrorKind::kCorrupt,
     "\"org.opencontainers.image.ref.name\" is missing, expected a string"},
    // A Cyrillic letter that looks like "e": another model under a trusted name.
    {"name_not_ascii", ErrorKind::kCorrupt,
     "only letters, digits, '.', '_', '-', '/' and one '@' are allowed"},
    // Passed on to a command line, this is an option.
    {"name_option", ErrorKind::kCorrupt, "it begins with '-', as options do"},
    // Taken as a folder name by an export, it leaves the folder.
    {"name_path_traversal", ErrorKind::kCorrupt, "\"..\" is no component of a name"},
    {"name_space", ErrorKind::kCorrupt, "only letters, digits, '.', '_', '-', '/' and one '@' are allowed"},
    {"name_too_long", ErrorKind::kCorrupt, "it has 257 bytes, at most 256 are allowed"},
    {"name_two_revisions", ErrorKind::kCorrupt, "it has more than one '@'"},
    {"not_an_object", ErrorKind::kCorrupt, "the JSON is not an object"},
    {"schema_version_3", ErrorKind::kUnsupported, "schemaVersion 3 (2 is read)"},
    // Nobody has that many bytes: asking for them must not be tried.
    {"size_absurd", ErrorKind::kLimit, "size 1099511627776 is above the limit of 67108864"},
    {"size_zero", ErrorKind::kCorrupt, "a manifest of 0 bytes"},
    {"truncated", ErrorKind::kCorrupt, "',' or '}' expected"},
};

class HostileManifest : public ::testing::TestWithParam<Attack> {};
class HostileIndex : public ::testing::TestWithParam<Attack> {};

TEST_P(HostileManifest, IsRefused) {
  const auto parsed = parse_model_manifest(read_sample("manifest", GetParam()), "sample");
  ASSERT_FALSE(parsed.ok());
  expect_refusal(parsed.error(), GetParam());
}

TEST_P(HostileIndex, IsRefused) {
  const auto parsed = parse_image_index(read_sample("index", GetParam()), "sample");
  ASSERT_FALSE(parsed.ok());
  expect_refusal(parsed.error(), GetParam());
}

TEST(HostileManifest, EverySampleHasARow) {
  std::vector<Attack> attacks = kManifestAttacks;
  attacks.insert(attacks.end(), kFactAttacks.begin(), kFactAttacks.end());
  expect_a_row_for_every_sample("manifest", attacks);
}
TEST(HostileIndex, EverySampleHasARow) { expect_a_row_for_every_sample("index", kIndexAttacks); }

const auto kName = [](const auto& row) { return std::string(row.param.name); };
INSTANTIATE_TEST_SUITE_P(Every, HostileManifest, ::testing::ValuesIn(kManifestAttacks), kName);
INSTANTIATE_TEST_SUITE_P(Facts, HostileManifest, ::testing::ValuesIn(kFactAttacks), kName);
INSTANTIATE_TEST_SUITE_P(Every, HostileIndex, ::testing::ValuesIn(kIndexAttacks), kName);

// Giant counts are made here: as files they would only make the repository large.

std::string repeated(const std::string& item, uint64_t count) {
  std::string items;
  items.reserve((item.size() + 1) * count);
  for (uint64_t i = 0; i < count; ++i) items += (i == 0 ? "" : ",") + item;
  return items;
}

TEST(HostileManifest, TooManyFiles) {
  const std::string json = "{\"schemaVersion\":2,\"artifactType\":\"" + std::string(kArtifactTypeModel) +
                           "\",\"config\":{\"mediaType\":\"" + std::string(kMediaTypeModelConfig) +
                           "\",\"digest\":\"" + sha256("").oci() + "\",\"size\":0},\"layers\":[" +
                           repeated("0", limits::kFilesPerModelMax + 1) + "]}";
  const auto parsed = parse_model_manifest(json, "sample");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().kind, ErrorKind::kLimit) << parsed.error().to_string();
}

TEST(HostileIndex, TooManyReferences) {
  const std::string json =
      "{\"schemaVersion\":2,\"manifests\":[" + repeated("0", limits::kModelsPerBundleMax + 1) + "]}";
  const auto parsed = parse_image_index(json, "sample");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().kind, ErrorKind::kLimit) << parsed.error().to_string();
}

TEST(HostileManifest, TooManyBytes) {
  const std::string json(limits::kManifestBytesMax + 1, ' ');
  EXPECT_EQ(parse_model_manifest(json, "sample").error().kind, ErrorKind::kLimit);
  EXPECT_EQ(parse_image_index(json, "sample").error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace pannier
