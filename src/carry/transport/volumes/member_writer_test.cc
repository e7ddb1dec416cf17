#include "carry/transport/volumes/member_writer.h"

#include "carry/transport/volumes/volume_test_kit.h"

namespace pannier {
namespace {

using volume_test::make_set;
using volume_test::read_file;

// The contents of all files of a set, by name.
std::map<std::string, std::string> keep(FileSystem& fs, const std::vector<std::string>& files) {
  std::map<std::string, std::string> kept;
  for (const std::string& path : files) kept[file_name(path)] = read_file(fs, path);
  return kept;
}

// Every loss of at most k files, volumes and parity alike: what is written is what was lost, bit for bit.
TEST(MemberWriter, LostFilesAreWrittenAsTheyWere) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {40'000, 34}, 200'000);
  const auto kept = keep(fs, made.files);
  for (size_t a = 0; a < made.files.size(); ++a) {
    for (size_t b = a + 1; b < made.files.size(); ++b) {
      const std::string to = "to" + std::to_string(a) + "-" + std::to_string(b);
      ASSERT_TRUE(fs.remove_file(made.files[a]).ok());
      ASSERT_TRUE(fs.remove_file(made.files[b]).ok());
      const auto result = repair_volumes(fs, {"out"}, to, false, {});
      ASSERT_TRUE(result.ok()) << result.error().to_string();
      ASSERT_EQ(result->files.size(), 2U);
      for (const std::string& path : result->files) {
        ASSERT_TRUE(read_file(fs, path) == kept.at(file_name(path))) << path;
        ASSERT_TRUE(fs.rename(path, "out/" + file_name(path)).ok());
      }
    }
  }
}

TEST(MemberWriter, ADamagedFileIsWrittenWholeAndTheMediumIsLeftAlone) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {0, 10}, 1'000'000);
  const auto kept = keep(fs, made.files);
  volume_test::overwrite(fs, made.files[0], 0, std::string(80'000, 'x'));
  volume_test::flip(fs, made.files[1], 60'000);
  const std::string damaged = read_file(fs, made.files[0]);
  const auto result = repair_volumes(fs, {"out"}, "to", false, {});
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(read_file(fs, "to/a.pannier"), kept.at("a.pannier"));
  EXPECT_EQ(read_file(fs, "to/a.p01.pannier"), kept.at("a.p01.pannier"));
  EXPECT_EQ(read_file(fs, made.files[0]), damaged);
}

TEST(MemberWriter, NothingIsWrittenWhereNothingIsDamaged) {
  MemoryFileSystem fs;
  make_set(fs, "out/a.pannier", {40'000, 34}, 200'000);
  const auto result = repair_volumes(fs, {"out"}, "to", false, {});
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->files.empty());
  const auto whole = repair_volumes(fs, {"out"}, "to", true, {});
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->files.size(), 10U);
}

// One more than k: the list names what to send, `resend` makes it, and with it the set is whole.
TEST(MemberWriter, TheListThatVerifyGivesIsWhatResendMakes) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {40'000, 34}, 200'000);
  const auto kept = keep(fs, made.files);
  ASSERT_TRUE(fs.make_folders("far").ok());
  for (const size_t i : {2, 3, 5, 6, 7, 8}) {
    volume_test::write_file(fs, "far/" + file_name(made.files[i]), kept.at(file_name(made.files[i])));
  }
  const auto report = check_volumes(fs, {"far"}, false, {});
  ASSERT_TRUE(report.ok());
  EXPECT_FALSE(report->is_repairable);
  EXPECT_EQ(report->stripe_losses_max, 4U);
  ASSERT_EQ(report->resend.size(), 1U) << report->resend_list;
  ASSERT_FALSE(repair_volumes(fs, {"far"}, "to", false, {}).ok());
  const auto sent = resend_volumes(fs, {"out"}, report->resend_list, "again", {});
  ASSERT_TRUE(sent.ok()) << sent.error().to_string();
  ASSERT_EQ(sent->size(), 1U);
  const auto read = volume_test::read_all(fs, {"far", "again"});
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  EXPECT_TRUE(*read == made.contents);
}

TEST(MemberWriter, AListMisheardMakesNothing) {
  MemoryFileSystem fs;
  make_set(fs, "out/a.pannier", {40'000, 34}, 200'000);
  const Digest identity = sha256(volume_test::kStatement);
  std::string list = write_resend_list(identity, {{false, 2}});
  list[2] = '4';
  const auto sent = resend_volumes(fs, {"out"}, list, "again", {});
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().kind, ErrorKind::kInvalid);
  EXPECT_FALSE(resend_volumes(fs, {"out"}, write_resend_list(identity, {{false, 40}}), "again", {}).ok());
}

TEST(MemberWriter, ResendWithoutParityCopiesWhatIsRight) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {40'000, 0}, 200'000);
  const std::string list = write_resend_list(sha256(volume_test::kStatement), {{false, 1}});
  const auto sent = resend_volumes(fs, {"out"}, list, "again", {});
  ASSERT_TRUE(sent.ok()) << sent.error().to_string();
  EXPECT_EQ(read_file(fs, "again/a.v002.pannier"), read_file(fs, made.files[1]));
  volume_test::flip(fs, made.files[1], 30'000);
  EXPECT_FALSE(resend_volumes(fs, {"out"}, list, "again2", {}).ok());
}

}  // namespace
}  // namespace pannier
