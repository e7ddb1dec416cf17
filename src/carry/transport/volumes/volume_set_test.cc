#include "carry/transport/volumes/volume_set.h"

#include "base/fs_faulty.h"
#include "base/limits.h"
#include "carry/transport/volumes/volume_check.h"
#include "carry/transport/volumes/volume_test_kit.h"

namespace pannier {
namespace {

using volume_test::fake_bundle;
using volume_test::flip;
using volume_test::make_set;
using volume_test::read_all;

constexpr uint64_t kVolumeBytes = 40'000;  // room for eight blocks of 4 KiB

void expect_reads(FileSystem& fs, const std::vector<std::string>& paths, const std::string& contents) {
  const auto read = read_all(fs, paths);
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  EXPECT_TRUE(*read == contents);
}

void expect_fails(FileSystem& fs, const std::vector<std::string>& paths, ErrorKind kind,
                  const std::string& part) {
  const auto read = read_all(fs, paths);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, kind) << read.error().to_string();
  EXPECT_NE(read.error().to_string().find(part), std::string::npos) << read.error().to_string();
}

TEST(VolumeSet, OneFileIsTheBundleItself) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {}, 50'000);
  EXPECT_EQ(made.files, std::vector<std::string>{"out/a.pannier"});
  EXPECT_EQ(volume_test::read_file(fs, "out/a.pannier"), made.contents);
  expect_reads(fs, {"out/a.pannier"}, made.contents);
  expect_reads(fs, {"out"}, made.contents);
}

TEST(VolumeSet, VolumesAreNoLargerThanAskedAndReadAsOne) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {kVolumeBytes, 0}, 150'000);
  ASSERT_EQ(made.files.size(), 5U);
  EXPECT_EQ(made.files.front(), "out/a.v001.pannier");
  for (const std::string& path : made.files) EXPECT_LE(fs.stat(path)->bytes, kVolumeBytes) << path;
  expect_reads(fs, made.files, made.contents);
  expect_reads(fs, {made.files[3], made.files[0], made.files[4], made.files[2], made.files[1]},
               made.contents);
  expect_reads(fs, {"out"}, made.contents);
  expect_reads(fs, {made.files[2]}, made.contents);  // the others lie beside it
}

TEST(VolumeSet, VolumesMayLieOnSeveralMedia) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {kVolumeBytes, 0}, 150'000);
  for (size_t i = 0; i < made.files.size(); ++i) {
    const std::string folder = i % 2 == 0 ? "stick" : "disc";
    ASSERT_TRUE(fs.make_folders(folder).ok());
    ASSERT_TRUE(fs.rename(made.files[i], folder + "/" + file_name(made.files[i])).ok());
  }
  expect_reads(fs, {"disc", "stick"}, made.contents);
  expect_fails(fs, {"disc"}, ErrorKind::kIncomplete, "a.v001.pannier, a.v003.pannier, a.v005.pannier");
}

TEST(VolumeSet, AMissingVolumeIsNamedWithTheListToSendAgain) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {kVolumeBytes, 0}, 150'000);
  ASSERT_TRUE(fs.remove_file(made.files[2]).ok());
  expect_fails(fs, {"out"}, ErrorKind::kIncomplete, "missing a.v003.pannier");
  expect_fails(fs, {"out"}, ErrorKind::kIncomplete,
               write_resend_list(sha256(volume_test::kStatement), {{false, 2}}));
}

// A volume of one delivery put among those of another.
TEST(VolumeSet, VolumesOfTwoBundlesAreRefusedNamingBoth) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {kVolumeBytes, 0}, 150'000);
  ASSERT_TRUE(fs.make_folders("other").ok());
  const std::string statement = "{\"another\":\"one\"}";
  auto output = create_bundle_output(fs, "other/b.pannier", false, {kVolumeBytes, 0}, 100'000);
  ASSERT_TRUE(output.ok());
  ASSERT_TRUE(volume_test::write_output(**output, fake_bundle(100'000, 2, statement), statement).ok());
  expect_fails(fs, {"out", "other"}, ErrorKind::kInvalid, "out/a.v001.pannier and other/b.v001.pannier");
  // Of one that has the same file names, laid over the others.
  ASSERT_TRUE(fs.rename("other/b.v002.pannier", made.files[1]).ok());
  expect_fails(fs, {"out"}, ErrorKind::kInvalid, "out/a.v001.pannier and out/a.v002.pannier");
}

TEST(VolumeSet, ABundleThatWasCutTwiceIsNotMixed) {
  MemoryFileSystem fs;
  make_set(fs, "out/a.pannier", {kVolumeBytes, 0}, 150'000);
  make_set(fs, "small/a.pannier", {kVolumeBytes / 2, 0}, 150'000);
  expect_fails(fs, {"out", "small"}, ErrorKind::kInvalid, "cut twice");
}

TEST(VolumeSet, ACutVolumeIsIncomplete) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {kVolumeBytes, 0}, 150'000);
  auto file = fs.open_or_create(made.files[1]);
  ASSERT_TRUE((*file)->resize(20'000).ok());
  expect_fails(fs, {"out"}, ErrorKind::kIncomplete, "out/a.v002.pannier has 20000 bytes");
  ASSERT_TRUE((*file)->resize(100).ok());
  expect_fails(fs, {"out"}, ErrorKind::kIncomplete, "a.v002.pannier");
}

TEST(VolumeSet, ABadHeaderIsToldWhereAVolumeIsMissing) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {kVolumeBytes, 0}, 150'000);
  flip(fs, made.files[1], 100);
  expect_fails(fs, {"out"}, ErrorKind::kIncomplete, "out/a.v002.pannier: its header is damaged");
}

TEST(VolumeSet, AFirstVolumeWithAnotherStatementIsCorrupt) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {kVolumeBytes, 0}, 150'000);
  flip(fs, made.files[0], kVolumeHeaderBytes + 515);
  expect_fails(fs, {"out"}, ErrorKind::kCorrupt, "statement that its volumes name");
}

TEST(VolumeSet, AnyKLostVolumesComeOutOfParity) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {kVolumeBytes, 34}, 200'000);
  ASSERT_EQ(made.files.size(), 10U) << "7 volumes, 3 of parity";
  for (const std::string& path : made.files) EXPECT_LE(fs.stat(path)->bytes, kVolumeBytes) << path;
  for (size_t a = 0; a < made.files.size(); ++a) {
    for (size_t b = a + 1; b < made.files.size(); ++b) {
      for (size_t c = b + 1; c < made.files.size(); ++c) {
        for (const size_t lost : {a, b, c}) {
          ASSERT_TRUE(fs.rename(made.files[lost], made.files[lost] + ".gone").ok());
        }
        expect_reads(fs, {"out"}, made.contents);
        for (const size_t lost : {a, b, c}) {
          ASSERT_TRUE(fs.rename(made.files[lost] + ".gone", made.files[lost]).ok());
        }
      }
    }
  }
}

TEST(VolumeSet, OneMoreThanParityMakesGoodIsToldWithTheList) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {kVolumeBytes, 34}, 200'000);
  for (const size_t lost : {0, 3, 4, 5}) ASSERT_TRUE(fs.remove_file(made.files[lost]).ok());
  expect_fails(fs, {"out"}, ErrorKind::kIncomplete, "have sent again: 006 ");
}

// As many groups as GF(256) asks for, their volumes interleaved.
TEST(VolumeSet, ManyVolumesHaveSeveralGroups) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {16'000, 2}, 1'250'000);
  const auto count = static_cast<size_t>(std::count_if(made.files.begin(), made.files.end(),
                                                       [](const auto& p) { return p.find(".v") != p.npos; }));
  ASSERT_GT(count, 255U);
  const size_t parity = made.files.size() - count;
  ASSERT_GE(parity, 6U);
  // Six neighbours: three of each group.
  for (size_t i = 100; i < 106; ++i) ASSERT_TRUE(fs.remove_file(made.files[i]).ok());
  expect_reads(fs, {"out"}, made.contents);
}

// Blocks lie at the same place of every shard: k of them in each stripe may be wrong.
TEST(VolumeSet, KDamagedBlocksInEachStripeComeOutOfParity) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {0, 10}, 1'000'000);
  ASSERT_EQ(made.files, (std::vector<std::string>{"out/a.pannier", "out/a.p01.pannier"}));
  constexpr uint64_t kBlock = 4096;
  constexpr uint64_t kShard = 3 * kBlock;
  for (uint64_t stripe = 0; stripe < 3; ++stripe) {
    for (uint64_t i = 0; i < 9; ++i) {
      flip(fs, made.files[0], (i * 7 + stripe) * kShard + stripe * kBlock + 17 * i);
    }
  }
  expect_reads(fs, {"out"}, made.contents);
  expect_reads(fs, {"out/a.pannier"}, made.contents);
  for (uint64_t i = 0; i < 3; ++i) flip(fs, made.files[0], (70 + i) * kShard + 5);
  expect_fails(fs, {"out"}, ErrorKind::kCorrupt, "stripe 0 of group 1");
}

// A scratch: neighbours in the file are of different shards' stripes.
TEST(VolumeSet, ABurstAsLongAsTheParityComesOutOfIt) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {0, 10}, 1'000'000);
  volume_test::overwrite(fs, made.files[0], 300'000, std::string(90'000, 'x'));
  expect_reads(fs, {"out"}, made.contents);
  volume_test::overwrite(fs, made.files[0], 0, std::string(90'000, 'x'));
  expect_fails(fs, {"out"}, ErrorKind::kCorrupt, "");
}

TEST(VolumeSet, DamageInTheParityFileItselfIsMadeGood) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {0, 10}, 1'000'000);
  volume_test::overwrite(fs, made.files[1], 0, std::string(6'000, 'x'));  // header, and the first table
  flip(fs, made.files[0], 500'000);
  expect_reads(fs, {"out"}, made.contents);
}

TEST(VolumeSet, ATruncatedFileIsReadAsFarAsParityGoes) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {0, 10}, 1'000'000);
  auto file = fs.open_or_create(made.files[0]);
  ASSERT_TRUE((*file)->resize(920'000).ok());
  expect_reads(fs, {"out"}, made.contents);
}

// Left there by an earlier pack.
TEST(VolumeSet, ParityOfAnotherBundleBesideAFileIsNotUsed) {
  MemoryFileSystem fs;
  make_set(fs, "out/a.pannier", {0, 10}, 300'000, 1);
  const std::string other = fake_bundle(300'000, 2, "{\"another\":\"one\"}");
  ASSERT_TRUE(fs.remove_file("out/a.pannier").ok());
  volume_test::write_file(fs, "out/a.pannier", other);
  expect_reads(fs, {"out/a.pannier"}, other);
  expect_fails(fs, {"out/a.pannier", "out/a.p01.pannier"}, ErrorKind::kInvalid, "the parity of another");
}

TEST(VolumeSet, ADamagedHeaderCostsNoMoreThanItsVolumesHeader) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {kVolumeBytes, 10}, 150'000);
  for (size_t i = 1; i < 4; ++i) flip(fs, made.files[i], 50);  // k is 1
  expect_reads(fs, {"out"}, made.contents);
  const auto report = check_volumes(fs, {"out"}, false, {});
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(report->damaged.size(), 3U);
  EXPECT_TRUE(report->damaged[0].header_is_damaged);
}

TEST(VolumeSet, EveryFlipInAVolumesHeaderIsFound) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {kVolumeBytes, 0}, 100'000);
  for (uint64_t bit = 0; bit < 8 * kVolumeHeaderBytes; bit += 13) {
    flip(fs, made.files[1], bit / 8, static_cast<uint8_t>(1u << (bit % 8)));
    const auto opened = open_bundle(fs, {"out"});
    ASSERT_FALSE(opened.ok()) << "bit " << bit;
    ASSERT_NE(opened.error().to_string().find("a.v002.pannier"), std::string::npos)
        << bit << opened.error().to_string();
    flip(fs, made.files[1], bit / 8, static_cast<uint8_t>(1u << (bit % 8)));
  }
}

TEST(VolumeSet, NothingIsOverwrittenUnasked) {
  MemoryFileSystem fs;
  make_set(fs, "out/a.pannier", {kVolumeBytes, 10}, 150'000);
  const auto again = create_bundle_output(fs, "out/a.pannier", false, {kVolumeBytes, 10}, 150'000);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::kInvalid);
  // A smaller one over a larger one leaves nothing of that.
  auto output = create_bundle_output(fs, "out/a.pannier", true, {kVolumeBytes, 10}, 90'000);
  ASSERT_TRUE(output.ok()) << output.error().to_string();
  const std::string contents = fake_bundle(90'000, 3, "{\"new\":1}");
  ASSERT_TRUE(volume_test::write_output(**output, contents, "{\"new\":1}").ok());
  expect_reads(fs, {"out"}, contents);
  output->reset();
  EXPECT_EQ(fs.list("out")->size(), 5U) << "four volumes and one of parity";
}

// A stick that takes every byte and keeps some of them.
TEST(VolumeSet, ReadingBackFindsWhatTheMediumDidNotKeep) {
  for (const VolumeOptions& options : {VolumeOptions{}, VolumeOptions{0, 10}, VolumeOptions{kVolumeBytes, 0},
                                       VolumeOptions{kVolumeBytes, 34}}) {
    MemoryFileSystem fs;
    ASSERT_TRUE(fs.make_folders("out").ok());
    const std::string contents = fake_bundle(150'000);
    auto output = create_bundle_output(fs, "out/a.pannier", false, options, contents.size());
    ASSERT_TRUE(output.ok());
    const auto files = volume_test::write_output(**output, contents);
    ASSERT_TRUE(files.ok()) << files.error().to_string();
    const Status read = (*output)->read_back({});
    ASSERT_TRUE(read.ok()) << read.error().to_string();
    for (const std::string& path : *files) {
      for (const uint64_t offset : {uint64_t{100}, uint64_t{20'000}}) {
        const std::string kept = volume_test::read_file(fs, path);
        if (offset >= kept.size()) continue;
        flip(fs, path, offset);
        ASSERT_FALSE((*output)->read_back({}).ok()) << path << " at " << offset;
        flip(fs, path, offset);
      }
    }
  }
}

// Packed again with the same content: just the files of the list appear, as they were.
TEST(VolumeSet, PackingAgainCanMakeJustWhatIsAskedFor) {
  MemoryFileSystem fs;
  const auto made = make_set(fs, "out/a.pannier", {kVolumeBytes, 34}, 150'000);
  const std::string list = write_resend_list(sha256(volume_test::kStatement), {{false, 1}, {true, 0}});
  const auto again = make_set(fs, "again/a.pannier", {kVolumeBytes, 34, list}, 150'000);
  ASSERT_EQ(again.files, (std::vector<std::string>{"again/a.v002.pannier", "again/a.p01.pannier"}));
  for (const std::string& path : again.files) {
    EXPECT_EQ(volume_test::read_file(fs, path), volume_test::read_file(fs, "out/" + file_name(path)));
  }
  auto output = create_bundle_output(fs, "again/b.pannier", false, {kVolumeBytes, 34, list}, 150'000);
  ASSERT_TRUE(output.ok());
  const auto other =
      volume_test::write_output(**output, fake_bundle(150'000, 1, "{\"other\":1}"), "{\"other\":1}");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().kind, ErrorKind::kInvalid);
}

TEST(VolumeSet, OptionsThatMakeNoSenseAreRefused) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.make_folders("out").ok());
  const auto kind_of = [&](const VolumeOptions& options) {
    const auto output = create_bundle_output(fs, "out/a.pannier", false, options, 100 * limits::kMiB);
    return output.ok() ? std::string("ok") : output.error().message;
  };
  EXPECT_NE(kind_of({10'000, 0}).find("too small"), std::string::npos);
  EXPECT_NE(kind_of({100, 0}).find("too small"), std::string::npos);
  EXPECT_NE(kind_of({0, 101}).find("101 percent"), std::string::npos);
  EXPECT_EQ(kind_of({2 * limits::kMiB, 100}), "ok");
}

// Fails at each call in turn, once or for ever: the set is whole, or nothing of it is there.
TEST(VolumeSet, AFaultAtAnyCallLeavesAllOrNothing) {
  const std::string contents = fake_bundle(60'000);
  for (const FaultKind kind : {FaultKind::kIoError, FaultKind::kShortWrite}) {
    for (const bool for_ever : {false, true}) {
      for (uint64_t call = 1;; ++call) {
        MemoryFileSystem below;
        ASSERT_TRUE(below.make_folders("out").ok());
        FaultyFileSystem fs(below, {call, kind, for_ever});
        bool published = false;
        {
          auto output = create_bundle_output(fs, "out/a.pannier", false, {20'000, 30}, contents.size());
          if (output.ok()) published = volume_test::write_output(**output, contents).ok();
        }
        if (published) expect_reads(below, {"out"}, contents);
        const auto names = below.list("out");
        ASSERT_TRUE(names.ok());
        for (const FolderEntry& entry : *names) {
          // What cannot be removed any more may lie there, but a set that lacks its first volume is no set.
          if (published || for_ever) continue;
          ASSERT_TRUE(entry.name.starts_with('.')) << entry.name << " at " << call;
        }
        if (!fs.was_hit()) break;
      }
    }
  }
}

// Power is cut at each call: the set is there, or it is not taken for one.
TEST(VolumeSet, APowerCutAtAnyCallLeavesAllOrNothingThatCounts) {
  const std::string contents = fake_bundle(60'000);
  for (const CrashLoss loss :
       {CrashLoss::kNothing, CrashLoss::kContents, CrashLoss::kNames, CrashLoss::kAll}) {
    for (uint64_t call = 1;; ++call) {
      MemoryFileSystem below;
      ASSERT_TRUE(below.make_folders("out").ok());
      ASSERT_TRUE(below.sync_all("out").ok());
      FaultPlan plan{call, FaultKind::kIoError, true};
      plan.before_fault = [&] { below.crash(loss); };
      FaultyFileSystem fs(below, plan);
      bool published = false;
      {
        auto output = create_bundle_output(fs, "out/a.pannier", false, {20'000, 30}, contents.size());
        if (output.ok()) published = volume_test::write_output(**output, contents).ok();
      }
      const auto read = read_all(below, {"out"});
      ASSERT_TRUE(read.ok() || !published) << "call " << call;
      ASSERT_TRUE(!read.ok() || *read == contents) << "call " << call;
      if (!fs.was_hit()) break;
    }
  }
}

}  // namespace
}  // namespace pannier
