// Wheels that are well, and one for each way in which they may lie.
#include "format/python_wheel_check.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "format/python_wheel_sample.h"

namespace pannier {
namespace {

Result<CheckedWheel> check(const SampleWheel& sample) {
  const std::string file = sample.make();
  return check_wheel(as_bytes(file), *WheelName::parse(sample.filename));
}

// That the wheel is refused, and the message says what for.
void expect_refused(const SampleWheel& sample, const std::string& reason,
                    ErrorKind kind = ErrorKind::kCorrupt) {
  const auto checked = check(sample);
  ASSERT_FALSE(checked.ok()) << reason;
  EXPECT_EQ(checked.error().kind, kind) << checked.error().message;
  EXPECT_NE(checked.error().message.find(reason), std::string::npos) << checked.error().message;
  EXPECT_TRUE(checked.error().message.starts_with(sample.filename)) << checked.error().message;
}

TEST(PythonWheelCheckTest, AGoodWheelTellsWhatItIs) {
  SampleWheel sample;
  sample.files.push_back({"demo_pkg/", "", false});
  sample.files.push_back({"demo_pkg/streamed.py", "y = 2\n", true, true});
  sample.files.push_back({"demo_pkg/caf\xC3\xA9.txt", "z", true, false, 1u << 11});
  const auto checked = check(sample);
  ASSERT_TRUE(checked.ok()) << checked.error().message;
  EXPECT_EQ(checked->metadata.name, "demo-pkg");
  EXPECT_EQ(checked->metadata.python_specifiers.text(), ">=3.8");
  EXPECT_TRUE(checked->description.root_is_purelib);
  EXPECT_EQ(checked->file_count, 7u);
  EXPECT_GT(checked->unpacked_bytes, 100u);
  EXPECT_TRUE(checked->warnings.empty());
}

TEST(PythonWheelCheckTest, MetadataCanBeReadAlone) {
  SampleWheel sample;
  sample.record = "not,a,record,at all\n";
  const std::string file = sample.make();
  const auto metadata = read_wheel_metadata(as_bytes(file), *WheelName::parse(sample.filename));
  ASSERT_TRUE(metadata.ok()) << metadata.error().message;
  EXPECT_EQ(metadata->version.text(), "1.0");
}

// Every byte of a wheel is covered: change any, and it is refused, or the wheel is the same to every reader.
TEST(PythonWheelCheckTest, EveryByteCounts) {
  const SampleWheel sample;
  const std::string good = sample.make();
  const WheelName name = *WheelName::parse(sample.filename);
  size_t unnoticed = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    std::string file = good;
    file[i] = static_cast<char>(file[i] ^ 0x10);
    if (check_wheel(as_bytes(file), name).ok()) ++unnoticed;
  }
  // As in ZipIndexTest: versions, times and attributes, 20 bytes an entry, of 5 entries; and the last byte of
  // deflated contents, of which some bits are behind the end.
  EXPECT_LE(unnoticed, 5u * 21u);
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(check_wheel(as_bytes(good).first(length), name).ok()) << length;
  }
}

// ---- zip confusion --------------------------------------------------------------------------------

// One reader takes the first entry of a name, another the last.
TEST(PythonWheelCheckTest, TwoEntriesOfOneName) {
  SampleWheel sample;
  sample.files.push_back({"demo_pkg/__init__.py", "import os\n"});
  expect_refused(sample, "a second entry of that name");
}

// Readers that stream believe the local header, others the central directory.
TEST(PythonWheelCheckTest, LocalAndCentralNameDiffer) {
  SampleWheel sample;
  sample.files[0].local_name = "demo_pkg/evil__.py__";
  expect_refused(sample, "do not agree on the name");
}

TEST(PythonWheelCheckTest, LocalAndCentralSizeDiffer) {
  SampleWheel sample;
  sample.files[0].local_bytes = 3;
  expect_refused(sample, "do not agree on the size");
}

// Some readers search for the end record from behind: bytes there may hold another archive.
TEST(PythonWheelCheckTest, BytesBehindTheArchive) {
  const SampleWheel sample;
  const std::string file = sample.make() + "PK";
  EXPECT_FALSE(check_wheel(as_bytes(file), *WheelName::parse(sample.filename)).ok());
}

TEST(PythonWheelCheckTest, BytesBeforeTheArchive) {
  const SampleWheel sample;
  const std::string file = "#!/bin/sh\n" + sample.make();
  EXPECT_FALSE(check_wheel(as_bytes(file), *WheelName::parse(sample.filename)).ok());
}

// Newer Pythons take the name in this field, older ones the other.
TEST(PythonWheelCheckTest, ASecondNameInTheExtraField) {
  SampleWheel sample;
  const std::string name = "demo_pkg/evil.py";
  sample.files[0].extra = le(0x7075, 2) + le(5 + name.size(), 2) + le(1, 1) + le(0, 4) + name;
  expect_refused(sample, "a second name");
}

TEST(PythonWheelCheckTest, ANameInNoKnownCodePage) {
  SampleWheel sample;
  sample.files[0].name = "demo_pkg/caf\xC3\xA9.py";
  expect_refused(sample, "not said to be UTF-8");
}

TEST(PythonWheelCheckTest, EncryptedEntries) {
  SampleWheel sample;
  sample.files[0].flags = 1;
  expect_refused(sample, "encrypted", ErrorKind::kUnsupported);
}

// ---- contents -------------------------------------------------------------------------------------

TEST(PythonWheelCheckTest, AWrongChecksum) {
  SampleWheel sample;
  sample.files[0].crc_change = 1;
  expect_refused(sample, "does not match its checksum");
}

TEST(PythonWheelCheckTest, AWrongChecksumOfMetadata) {
  SampleWheel sample;
  sample.dist_info = "demo_pkg-1.0.dist-info";
  sample.files.push_back({"demo_pkg/more.py", "a"});
  const std::string good = sample.make();
  std::string file = good;
  const size_t central = file.rfind("demo_pkg-1.0.dist-info/METADATA") - 46 + 16;
  const size_t local = file.find("demo_pkg-1.0.dist-info/METADATA") - 30 + 14;
  file[central] = static_cast<char>(file[central] ^ 1);
  file[local] = static_cast<char>(file[local] ^ 1);
  const auto checked = check_wheel(as_bytes(file), *WheelName::parse(sample.filename));
  ASSERT_FALSE(checked.ok());
  EXPECT_NE(checked.error().message.find("METADATA' does not match its checksum"), std::string::npos)
      << checked.error().message;
}

// 20 MB of zeros, honestly announced, in a wheel of 20 KB: the whole is what counts.
TEST(PythonWheelCheckTest, AnHonestBomb) {
  SampleWheel sample;
  sample.files.push_back({"demo_pkg/zeros.bin", std::string(20'000'000, '\0')});
  expect_refused(sample, "looks like a bomb", ErrorKind::kLimit);
}

// The same, said to be 10 bytes.
TEST(PythonWheelCheckTest, ALyingBomb) {
  SampleWheel sample;
  sample.files.push_back({"demo_pkg/zeros.bin", std::string(1'000'000, '\0')});
  sample.files.back().bytes = 10;
  expect_refused(sample, "more than the 10 bytes");
}

// METADATA of 5 MB is not read, however small it lies in the archive.
TEST(PythonWheelCheckTest, MetadataBeyondItsLimit) {
  SampleWheel sample;
  sample.files.push_back({"demo_pkg/noise.bin", "", false});
  for (uint32_t i = 0, seed = 1; i < 30'000; ++i) {
    seed = seed * 1664525 + 1013904223;
    sample.files.back().text += le(seed, 4);
  }
  sample.metadata += std::string(5'000'000, ' ');
  expect_refused(sample, "at most 4194304 are read", ErrorKind::kLimit);
}

TEST(PythonWheelCheckTest, ProgressComesInOrderAndCanStop) {
  SampleWheel sample;
  sample.files.push_back({"demo_pkg/large.bin", "", false});
  for (uint32_t i = 0, seed = 1; i < 800'000; ++i) {
    seed = seed * 1664525 + 1013904223;
    sample.files.back().text += le(seed, 4);
  }
  const std::string file = sample.make();
  const WheelName name = *WheelName::parse(sample.filename);
  uint64_t last = 0;
  const auto checked = check_wheel(as_bytes(file), name, [&](uint64_t offset) -> Status {
    EXPECT_GE(offset, last);
    EXPECT_LE(offset - last, limits::kMiB + 1000);
    last = offset;
    return {};
  });
  ASSERT_TRUE(checked.ok()) << checked.error().message;
  EXPECT_GT(last, file.size() - 1000);
  const auto stopped = check_wheel(
      as_bytes(file), name, [](uint64_t) -> Status { return Error{ErrorKind::kInterrupted, "stop", ""}; });
  EXPECT_EQ(stopped.error().kind, ErrorKind::kInterrupted);
}

// ---- paths ----------------------------------------------------------------------------------------

TEST(PythonWheelCheckTest, PathsThatLeaveTheFolder) {
  for (const char* path : {"../evil.py", "demo_pkg/../../evil.py", "/etc/passwd", "C:/evil.py",
                           "demo_pkg\\..\\evil.py", "demo_pkg//x.py", "./x.py", "demo_pkg/."}) {
    SampleWheel sample;
    sample.files.push_back({path, "x"});
    expect_refused(sample, "unsafe path");
  }
}

TEST(PythonWheelCheckTest, AFileAndAFolderOfOneName) {
  SampleWheel sample;
  sample.files.push_back({"demo_pkg", "x"});
  expect_refused(sample, "a file and a folder");
}

TEST(PythonWheelCheckTest, AFolderWithContents) {
  SampleWheel sample;
  sample.unrecorded.push_back({"demo_pkg/x/", "x"});
  expect_refused(sample, "a folder with contents");
}

// Wheels for Linux may hold these, and pip installs them there.
TEST(PythonWheelCheckTest, PathsThatAreNoneOnWindowsAreAWarning) {
  SampleWheel sample;
  sample.files.push_back({"demo_pkg/aux.h", "x"});
  sample.files.push_back({"demo_pkg/DATA.txt", "x"});
  const auto checked = check(sample);
  ASSERT_TRUE(checked.ok()) << checked.error().message;
  ASSERT_EQ(checked->warnings.size(), 2u);
  EXPECT_NE(checked->warnings[0].find("aux.h"), std::string::npos);
  EXPECT_NE(checked->warnings[1].find("DATA.txt"), std::string::npos);
}

// ---- names ----------------------------------------------------------------------------------------

TEST(PythonWheelCheckTest, AnotherVersionInMetadata) {
  SampleWheel sample;
  sample.metadata = "Metadata-Version: 2.1\nName: demo-pkg\nVersion: 1.1\n\n";
  expect_refused(sample, "is of demo-pkg 1.1");
}

TEST(PythonWheelCheckTest, AnotherNameInMetadata) {
  SampleWheel sample;
  sample.metadata = "Metadata-Version: 2.1\nName: demo-pkgs\nVersion: 1.0\n\n";
  expect_refused(sample, "is of demo-pkgs 1.0");
}

TEST(PythonWheelCheckTest, EqualSpellingsAreEqual) {
  SampleWheel sample;
  sample.metadata = "Metadata-Version: 2.1\nName: Demo.Pkg\nVersion: v1.0.0\n\n";
  sample.dist_info = "Demo.Pkg-1.0.0.dist-info";
  const auto checked = check(sample);
  EXPECT_TRUE(checked.ok()) << checked.error().message;
}

TEST(PythonWheelCheckTest, TheFolderIsAnothersPackage) {
  SampleWheel sample;
  sample.dist_info = "other-1.0.dist-info";
  expect_refused(sample, "'other-1.0.dist-info' is of another package");
  sample.dist_info = "demo_pkg-2.0.dist-info";
  expect_refused(sample, "is of another package or version");
  sample.dist_info = "demo_pkg";
  expect_refused(sample, "no NAME-VERSION.dist-info folder");
}

// pip and other installers would choose differently.
TEST(PythonWheelCheckTest, TwoDistInfoFolders) {
  SampleWheel sample;
  sample.files.push_back({"demo_pkg-2.0.dist-info/METADATA", "x"});
  expect_refused(sample, "two .dist-info folders");
}

// ---- tags -----------------------------------------------------------------------------------------

TEST(PythonWheelCheckTest, ALinuxWheelRenamedForWindows) {
  SampleWheel sample;
  sample.filename = "demo_pkg-1.0-cp39-cp39-win_amd64.whl";
  sample.wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp39-cp39-manylinux2014_x86_64\n";
  expect_refused(sample,
                 "says that the wheel is for cp39-cp39-manylinux2014_x86_64, not for cp39-cp39-win_amd64");
}

TEST(PythonWheelCheckTest, APythonItWasNotBuiltFor) {
  SampleWheel sample;
  sample.filename = "demo_pkg-1.0-cp312-cp312-manylinux2014_x86_64.whl";
  sample.wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp39-cp39-manylinux2014_x86_64\n";
  expect_refused(sample, "not for cp312-cp312-manylinux2014_x86_64");
}

TEST(PythonWheelCheckTest, NoTagsAtAll) {
  SampleWheel sample;
  sample.wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n";
  expect_refused(sample, "is for nothing");
}

TEST(PythonWheelCheckTest, CompressedTagsAreTheSameAsManyLines) {
  SampleWheel sample;
  sample.filename = "demo_pkg-1.0-py2.py3-none-any.whl";
  sample.wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n";
  EXPECT_TRUE(check(sample).ok());
  sample.wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2.py3-none-any\n";
  EXPECT_TRUE(check(sample).ok());
}

// Some authors rename what they built; pip goes by the name.
TEST(PythonWheelCheckTest, ABroaderTagIsAWarning) {
  SampleWheel sample;
  sample.filename = "demo_pkg-1.0-py3-none-manylinux1_x86_64.whl";
  auto checked = check(sample);
  ASSERT_TRUE(checked.ok()) << checked.error().message;
  ASSERT_EQ(checked->warnings.size(), 1u);
  EXPECT_NE(checked->warnings[0].find("py3-none-any"), std::string::npos);
  sample.filename = "demo_pkg-1.0-cp39-cp39-manylinux_2_28_x86_64.whl";
  sample.wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp39-cp39-linux_x86_64\n";
  checked = check(sample);
  ASSERT_TRUE(checked.ok()) << checked.error().message;
  EXPECT_EQ(checked->warnings.size(), 1u);
  sample.filename = "demo_pkg-1.0-cp39-cp39-manylinux_2_28_aarch64.whl";
  expect_refused(sample, "not for cp39-cp39-manylinux_2_28_aarch64");
}

// ---- RECORD ---------------------------------------------------------------------------------------

TEST(PythonWheelCheckTest, AFileThatIsNotInRecord) {
  SampleWheel sample;
  sample.unrecorded.push_back({"demo_pkg/evil.py", "import os\n"});
  expect_refused(sample, "'demo_pkg/evil.py' is in the wheel, but not in RECORD");
}

TEST(PythonWheelCheckTest, SignaturesOfRecordNeedNoRow) {
  SampleWheel sample;
  sample.unrecorded.push_back({"demo_pkg-1.0.dist-info/RECORD.jws", "{}"});
  EXPECT_TRUE(check(sample).ok());
}

TEST(PythonWheelCheckTest, ARowWithoutItsFile) {
  SampleWheel sample;
  sample.more_record = record_row("demo_pkg/gone.py", "x");
  expect_refused(sample, "'demo_pkg/gone.py' is in RECORD, but not in the wheel");
}

TEST(PythonWheelCheckTest, ARowWithoutADigest) {
  SampleWheel sample;
  sample.more_record = "demo_pkg/evil.py,,\n";
  sample.unrecorded.push_back({"demo_pkg/evil.py", "import os\n"});
  expect_refused(sample, "has no digest in RECORD");
}

TEST(PythonWheelCheckTest, AWrongDigest) {
  SampleWheel sample;
  sample.more_record = record_row("demo_pkg/evil.py", "import os\n");
  sample.unrecorded.push_back({"demo_pkg/evil.py", "import sh\n"});
  expect_refused(sample, "'demo_pkg/evil.py' does not match its SHA-256 in RECORD");
}

TEST(PythonWheelCheckTest, AWrongSize) {
  SampleWheel sample;
  std::string row = record_row("demo_pkg/evil.py", "import os\n");
  row.replace(row.rfind(",10"), 3, ",11");
  sample.more_record = row;
  sample.unrecorded.push_back({"demo_pkg/evil.py", "import os\n"});
  expect_refused(sample, "has 10 bytes, but 11 in RECORD");
}

TEST(PythonWheelCheckTest, TwoRowsThatDiffer) {
  SampleWheel sample;
  sample.more_record = record_row("demo_pkg/__init__.py", "y = 1\n");
  expect_refused(sample, "in RECORD twice");
}

TEST(PythonWheelCheckTest, NoRecord) {
  SampleWheel sample;
  sample.dist_info = "demo_pkg-1.0.dist-info";
  const std::string file = make_zip(
      {{"demo_pkg-1.0.dist-info/METADATA", sample.metadata}, {"demo_pkg-1.0.dist-info/WHEEL", sample.wheel}});
  const auto checked = check_wheel(as_bytes(file), *WheelName::parse(sample.filename));
  ASSERT_FALSE(checked.ok());
  EXPECT_NE(checked.error().message.find("it has no demo_pkg-1.0.dist-info/RECORD"), std::string::npos);
}

// ---- targets --------------------------------------------------------------------------------------

TEST(PythonWheelCheckTest, RequiresPythonIsHeldAgainstTheTarget) {
  const WheelName name = *WheelName::parse("demo_pkg-1.0-py3-none-any.whl");
  PackageMetadata metadata;
  metadata.python_specifiers = *VersionSpecifiers::parse(">=3.9.2");
  const auto fits = [&](const char* target) {
    return check_wheel_fits(name, metadata, TargetTags(*PythonTarget::parse(target)));
  };
  EXPECT_TRUE(fits("windows-x86_64-cp310").ok());
  EXPECT_TRUE(fits("windows-x86_64-cp3.9.18").ok());
  const Status refused = fits("windows-x86_64-cp39");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(refused.error().message.find("needs Python >=3.9.2, the target has 3.9.0"), std::string::npos);
  EXPECT_NE(refused.error().hint.find("cp3.9.18"), std::string::npos);
  const WheelName other = *WheelName::parse("x-1-cp39-cp39-manylinux_2_34_x86_64.whl");
  const Status unfit =
      check_wheel_fits(other, {}, TargetTags(*PythonTarget::parse("linux-x86_64-glibc2.28-cp39")));
  EXPECT_NE(unfit.error().message.find("needs glibc 2.34"), std::string::npos);
}

}  // namespace
}  // namespace pannier
