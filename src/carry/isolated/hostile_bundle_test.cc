// Every sample of tests/hostile/bundle is refused by verify, install and unpack, for the right reason,
// and leaves nothing behind. What each attack is: tests/hostile/bundle/README.md.
#include <gtest/gtest.h>

#include <set>

#include "base/fs_memory.h"
#include "carry/isolated/install.h"
#include "carry/isolated/unpack.h"
#include "carry/isolated/verify.h"
#include "carry/transport/bundle_test_kit.h"

namespace pannier {
namespace {

using namespace bundle_test;

struct HostileSample {
  const char* name;
  ErrorKind kind;
  const char* reason;  // a part of the message
};

constexpr HostileSample kSamples[] = {
    {"blob_digest_lie", ErrorKind::kCorrupt, "although its blocks match"},
    {"block_digest_lie", ErrorKind::kCorrupt,
     "block 0 of 1 (bytes 6656 to 26111) does not match its digest; in it: oci-layout, index.json, the "
     "manifest of sst2-tiny and 10 more"},
    {"empty_file", ErrorKind::kIncomplete, "ends"},
    {"entries_out_of_order", ErrorKind::kCorrupt, "entry 11 is \"blobs/sha256/4413"},
    {"entry_device", ErrorKind::kCorrupt, "a character device"},
    {"entry_extra", ErrorKind::kCorrupt, "14 entries, but the models ask for 13"},
    {"entry_folder", ErrorKind::kCorrupt, "a folder"},
    {"entry_gap", ErrorKind::kCorrupt, "entry 11 is \"blobs/sha256/4391"},
    {"entry_hard_link", ErrorKind::kCorrupt, "a hard link"},
    {"entry_missing", ErrorKind::kCorrupt, "entry 11 is \"blobs/sha256/4413"},
    {"entry_mode", ErrorKind::kCorrupt, "the field mode"},
    {"entry_named_wrongly", ErrorKind::kCorrupt, "entry 12 is \"blobs/sha256/0000"},
    {"entry_other_path", ErrorKind::kCorrupt, "it has a \"..\" component"},
    {"entry_outside_layout", ErrorKind::kCorrupt, "14 entries, but the models ask for 13"},
    {"entry_padding", ErrorKind::kCorrupt, "the bytes that follow it are not zero"},
    {"entry_symlink", ErrorKind::kCorrupt, "a symbolic link"},
    {"entry_twice", ErrorKind::kCorrupt, "14 entries, but the models ask for 13"},
    {"files_out_of_order", ErrorKind::kCorrupt, "file \"run.sh\" is not in order"},
    {"head_swapped", ErrorKind::kCorrupt, "\"pannier/index.json\" stands in its place"},
    {"image_index_model_less", ErrorKind::kCorrupt,
     "index.json names 1 manifests, the index 2: the bundle was made wrongly"},
    {"image_index_other_name", ErrorKind::kCorrupt, "index.json names model someone/else"},
    {"index_blocks_bomb", ErrorKind::kLimit,
     "\"bytes\" is 1152921504606846976, at most 1125899906842624 is allowed"},
    {"index_blocks_too_few", ErrorKind::kCorrupt, "0 block digests where the data has 1 blocks"},
    {"index_blocks_too_many", ErrorKind::kCorrupt, "2 block digests where the data has 1 blocks"},
    {"index_bytes_overflow", ErrorKind::kCorrupt,
     "\"bytes\" is a number, expected a whole number that is not negative (object"},
    {"index_cut", ErrorKind::kCorrupt, "not valid JSON"},
    {"index_data_bytes_huge", ErrorKind::kCorrupt,
     "data_bytes is 1125899906842624, but the entries end at 19456"},
    {"index_deep_json", ErrorKind::kLimit, "JSON nested deeper than 64"},
    {"index_digest_algorithm", ErrorKind::kUnsupported, "blobs/sha256/4413"},
    {"index_digest_upper_case", ErrorKind::kCorrupt, "blobs/sha256/4413"},
    {"index_duplicate_key", ErrorKind::kCorrupt, "not valid JSON"},
    {"index_empty", ErrorKind::kCorrupt, "not valid JSON"},
    {"index_empty_list", ErrorKind::kCorrupt, "not written canonically from byte"},
    {"index_escaped_letter", ErrorKind::kCorrupt, "not written canonically"},
    {"index_exponent", ErrorKind::kUnsupported, "blocks are not of 4194304 bytes"},
    {"index_file_bytes_differ", ErrorKind::kCorrupt, "entry 6 is \"blobs/sha256/5f4b"},
    {"index_final_newline", ErrorKind::kCorrupt, "not written canonically"},
    {"index_held_and_present", ErrorKind::kCorrupt, "the models ask for"},
    {"index_huge_manifest", ErrorKind::kLimit, "\"bytes\" is 1099511627776, at most 67108864 is allowed"},
    {"index_invalid_utf8", ErrorKind::kCorrupt, "not valid JSON"},
    {"index_newer_version", ErrorKind::kUnsupported, "format version 2"},
    {"index_no_files", ErrorKind::kCorrupt, "model sst2-tiny has no files"},
    {"index_no_models", ErrorKind::kCorrupt, "a bundle holds at least one model"},
    {"index_not_an_object", ErrorKind::kCorrupt, "an entry is not an object"},
    {"index_offset_beyond_end", ErrorKind::kCorrupt, "entry 12 is \"blobs/sha256/4413"},
    {"index_offset_not_aligned", ErrorKind::kCorrupt, "entry 12 is \"blobs/sha256/4413"},
    {"index_other_block_bytes", ErrorKind::kUnsupported, "blocks are not of 4194304 bytes"},
    {"index_overlapping_entries", ErrorKind::kCorrupt, "entry 12 is \"blobs/sha256/4413"},
    {"index_padding_in_a_plain_one", ErrorKind::kCorrupt, "nothing in it is encoded or held"},
    {"index_second_value", ErrorKind::kCorrupt, "not valid JSON"},
    {"index_signature_missing", ErrorKind::kCorrupt, "the models ask for"},
    {"index_unknown_encoding", ErrorKind::kUnsupported, "entry \"blobs/sha256/4413"},
    {"index_unknown_entry_member", ErrorKind::kUnsupported, "unknown member \"base\""},
    {"index_unknown_file_member", ErrorKind::kUnsupported, "unknown member \"owner\""},
    {"index_unknown_member", ErrorKind::kUnsupported, "unknown member \"parity\""},
    {"index_version_zero", ErrorKind::kCorrupt, "\"version\" is no version number"},
    {"index_white_space", ErrorKind::kCorrupt, "not written canonically"},
    {"kinds_lists_out_of_order", ErrorKind::kCorrupt, "not written canonically from byte"},
    {"kinds_name_in_two_lists", ErrorKind::kCorrupt, "model \"org/tiny\" stands after \"org/tiny\""},
    // The reviewer's digest would be that of other contents.
    {"kinds_payload_of_version_1", ErrorKind::kCorrupt, "its payload digest is not that of the models"},
    {"kinds_wheel_in_a_folder", ErrorKind::kCorrupt, "lies in a folder: a wheelhouse has none"},
    {"kinds_wheel_traversal", ErrorKind::kCorrupt, "it has a \"..\" component"},
    {"kinds_wheelhouse_among_models", ErrorKind::kCorrupt,
     "index.json does not call wheels/linux-x86_64-glibc2.28-cp39 a model"},
    {"kinds_wheelhouse_called_a_dataset", ErrorKind::kCorrupt,
     "describes a wheelhouse, the index lists it among the datasets"},
    {"manifest_deep_json", ErrorKind::kLimit, "the manifest of sst2-tiny: JSON nested deeper than 64"},
    {"manifest_executable", ErrorKind::kCorrupt,
     "the manifest of sst2-tiny and the index differ in config.json: the bundle was made wrongly"},
    {"manifest_file_less", ErrorKind::kCorrupt,
     "the manifest of sst2-tiny has 5 files, the index 6: the bundle was made wrongly"},
    {"manifest_files_swapped", ErrorKind::kCorrupt,
     "the manifest of sst2-tiny and the index differ in config.json: the bundle was made wrongly"},
    {"manifest_other_config", ErrorKind::kCorrupt,
     "the manifest of sst2-tiny names another config: the bundle was made wrongly"},
    {"manifest_other_type", ErrorKind::kUnsupported,
     "the manifest of sst2-tiny: an artifact of type \"application/vnd.example.program.v1\""},
    {"manifest_path", ErrorKind::kCorrupt,
     "the manifest of sst2-tiny and the index differ in config.json: the bundle was made wrongly"},
    {"manifest_title", ErrorKind::kCorrupt,
     "the manifest of sst2-tiny calls itself trusted/model: the bundle was made wrongly"},
    {"mode_setuid", ErrorKind::kCorrupt, "file \"config.json\" has mode \"4755\", not 0644 or 0755"},
    {"model_name_traversal", ErrorKind::kCorrupt,
     "\"../up\" cannot name a model: \"..\" is no component of a name"},
    {"model_twice", ErrorKind::kCorrupt,
     "model \"sst2-tiny\" stands after \"sst2-tiny\": not sorted, or twice"},
    {"models_out_of_order", ErrorKind::kCorrupt,
     "model \"sst2-tiny\" stands after \"team/other@v1.0\": not sorted, or twice"},
    {"not_a_bundle", ErrorKind::kCorrupt, "is not a bundle"},
    {"oci_layout_other", ErrorKind::kCorrupt, "entry 0 is \"oci-layout\" at offset 512"},
    {"path_absolute", ErrorKind::kCorrupt, "path \"/etc/passwd\" is refused: it is absolute"},
    {"path_backslash", ErrorKind::kCorrupt, "path \"..\\x\" is refused: it holds a backslash"},
    {"path_case_collision", ErrorKind::kCorrupt,
     "\"Config.json\" and \"config.json\" differ only in case or normalisation"},
    {"path_control_character", ErrorKind::kCorrupt, "it holds a control character"},
    {"path_device_name", ErrorKind::kCorrupt,
     "path \"nul.txt\" is refused: \"nul.txt\" is a device name on some systems"},
    {"path_dot_component", ErrorKind::kCorrupt, "path \"a/./b\" is refused: it has a \".\" component"},
    {"path_drive_letter", ErrorKind::kCorrupt, "path \"C:x\" is refused: it holds a colon"},
    {"path_empty_component", ErrorKind::kCorrupt, "path \"a//b\" is refused: it has an empty component"},
    {"path_file_and_folder", ErrorKind::kCorrupt, "\"run.sh\" is both a file and a folder"},
    {"path_too_deep", ErrorKind::kCorrupt, "more than 32 components"},
    {"path_too_long", ErrorKind::kCorrupt, "longer than 255 bytes"},
    {"path_trailing_dot", ErrorKind::kCorrupt,
     "path \"config.json.\" is refused: a component ends in a dot or a space"},
    {"path_traversal", ErrorKind::kCorrupt,
     "path \"../../etc/cron.d/x\" is refused: it has a \"..\" component"},
    {"path_twice", ErrorKind::kCorrupt, "path \"run.sh\" appears twice"},
    {"statement_base64_bits", ErrorKind::kCorrupt, "base64 at character 441: unused bits are not zero"},
    {"statement_base64_line_break", ErrorKind::kCorrupt,
     "base64 at character 441: the length is not a multiple of 4"},
    {"statement_channel", ErrorKind::kCorrupt, "one of \"channel\" and \"sequence\" is null"},
    {"statement_channel_path", ErrorKind::kCorrupt, "\"../up\" is no name of a channel"},
    {"statement_deep_json", ErrorKind::kLimit, "JSON nested deeper than 64"},
    {"statement_empty", ErrorKind::kCorrupt, "not valid JSON"},
    {"statement_header_mode", ErrorKind::kCorrupt,
     "tar header at offset 0: the field mode is not written canonically"},
    {"statement_newer_version", ErrorKind::kUnsupported, "format version 2"},
    {"statement_other_block_bytes", ErrorKind::kUnsupported, "blocks are not of 4194304 bytes"},
    {"statement_other_data_bytes", ErrorKind::kCorrupt, "it says 19968 bytes of data, the index says 19456"},
    {"statement_other_index_bytes", ErrorKind::kCorrupt, "it does not match the digest in the statement"},
    {"statement_other_index_digest", ErrorKind::kCorrupt, "it does not match the digest in the statement"},
    {"statement_other_layout", ErrorKind::kUnsupported, "layout \"sparse\""},
    {"statement_other_payload_digest", ErrorKind::kCorrupt,
     "its payload digest is not that of the models in the index"},
    {"statement_other_type", ErrorKind::kUnsupported, "payload type \"application/vnd.in-toto+json\""},
    {"statement_padding", ErrorKind::kCorrupt, "the padding after it is not zero"},
    {"statement_receipts_too_many", ErrorKind::kLimit, "65 receipts, at most 64"},
    {"statement_receipts_unsorted", ErrorKind::kCorrupt, "\"receipts\" are not sorted"},
    {"statement_sequence", ErrorKind::kCorrupt, "one of \"channel\" and \"sequence\" is null"},
    {"statement_sequence_zero", ErrorKind::kCorrupt, "it begins at 1"},
    {"statement_signed", ErrorKind::kCorrupt, "pannier/statement.json"},
    {"statement_size_bomb", ErrorKind::kLimit, "8589934591 bytes, at most 16777216 are read"},
    {"statement_trust_absent", ErrorKind::kCorrupt, "pannier/trust.json"},
    {"statement_trust_bomb", ErrorKind::kLimit, "at most 4194304"},
    {"statement_unknown_envelope_member", ErrorKind::kUnsupported, "unknown member \"note\""},
    {"statement_unknown_member", ErrorKind::kUnsupported, "unknown member \"expires\""},
    {"statement_white_space", ErrorKind::kCorrupt, "not written canonically"},
    {"trailer_longer", ErrorKind::kCorrupt, "data_bytes is 19968, but the entries end at 19456"},
    {"trailer_missing", ErrorKind::kCorrupt, "data_bytes is 18432, but the entries end at 19456"},
    {"trailer_not_zero", ErrorKind::kCorrupt, "the bytes that follow it are not zero"},
    {"trailing_bytes", ErrorKind::kCorrupt, "512 bytes follow its end"},
    {"truncated", ErrorKind::kIncomplete, "2000 bytes are missing"},
    {"truncated_head", ErrorKind::kIncomplete, "within pannier/statement.json"},
};

const std::string kFolder = std::string(PANNIER_SOURCE_DIR) + "/tests/hostile/bundle";

class HostileBundle : public testing::TestWithParam<HostileSample> {};

TEST_P(HostileBundle, IsRefusedEverywhereAndLeavesNothing) {
  const HostileSample& sample = GetParam();
  MemoryFileSystem fs;
  write_file(fs, "in/x.pannier", read_file(real_file_system(), kFolder + "/" + sample.name + ".pannier"));
  make_bundle(fs, "in/good.pannier", {{"mine", {{"config.json", "{}"}}}});
  const InstallOptions options{"store", /*allow_unsigned=*/true, /*dry_run=*/false, {}};
  ASSERT_TRUE(install_bundle(fs, "in/good.pannier", options).ok());
  const auto before = store_tree_of(fs, ".");

  const auto expect_refused = [&](const auto& result, const char* what) {
    ASSERT_FALSE(result.ok()) << what;
    EXPECT_EQ(result.error().kind, sample.kind) << what << ": " << result.error().message;
    EXPECT_NE(result.error().message.find(sample.reason), std::string::npos) << result.error().message;
    EXPECT_NE(result.error().message.find("in/x.pannier"), std::string::npos) << result.error().message;
  };
  expect_refused(verify_bundle(fs, "in/x.pannier"), "verify");
  expect_refused(install_bundle(fs, "in/x.pannier", options), "install");
  expect_refused(unpack_bundle(fs, "in/x.pannier", "out"), "unpack");
  EXPECT_EQ(store_tree_of(fs, "."), before);
}

INSTANTIATE_TEST_SUITE_P(All, HostileBundle, testing::ValuesIn(kSamples),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(HostileBundleFolder, EverySampleIsTested) {
  std::set<std::string> tested;
  for (const HostileSample& sample : kSamples) tested.insert(std::string(sample.name) + ".pannier");
  const auto entries = real_file_system().list(kFolder);
  ASSERT_TRUE(entries.ok());
  for (const FolderEntry& entry : *entries) {
    if (entry.name.ends_with(".pannier")) {
      EXPECT_TRUE(tested.contains(entry.name)) << entry.name;
    }
  }
}

}  // namespace
}  // namespace pannier
