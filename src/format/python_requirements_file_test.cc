#include "format/python_requirements_file.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace pannier {
namespace {

const std::string kHex(64, 'a');

RequirementsFile parse(const std::string& text) {
  const auto parsed = parse_requirements_file(text, "requirements.txt");
  if (!parsed.ok()) ADD_FAILURE() << parsed.error().to_string();
  return parsed.ok() ? *parsed : RequirementsFile{};
}

Error refused(const std::string& text) {
  const auto parsed = parse_requirements_file(text, "requirements.txt");
  if (parsed.ok()) ADD_FAILURE() << "not refused: " << text;
  return parsed.ok() ? Error{} : parsed.error();
}

TEST(PythonRequirementsFileTest, LinesAreReadAsPipReadsThem) {
  const RequirementsFile file = parse(
      "\xEF\xBB\xBF# a comment \\\r\n"
      "transformers[torch] >=4.30 , <5  # why\r\n"
      "\r\n"
      "  y ; python_version < '3'  \n"
      "z >= \\\n"
      "  1.0, \\\n"
      "  <2\n"
      "-r other.txt\n"
      "--requirement=more.txt\n"
      "-c\tlimits.txt\n"
      "--constraint \"with space.txt\"\n"
      "-rtight.txt\n"
      "last");
  ASSERT_EQ(file.requirements.size(), 4u);
  EXPECT_EQ(file.requirements[0].requirement.text(), "transformers[torch]<5,>=4.30");
  EXPECT_EQ(file.requirements[0].line, 2u);
  EXPECT_EQ(file.requirements[1].requirement.text(), "y; python_version < \"3\"");
  EXPECT_EQ(file.requirements[2].requirement.text(), "z<2,>=1.0");
  EXPECT_EQ(file.requirements[2].line, 5u);
  EXPECT_EQ(file.requirements[3].requirement.name, "last");
  EXPECT_EQ(file.requirements[3].line, 13u);
  ASSERT_EQ(file.includes.size(), 5u);
  EXPECT_EQ(file.includes[0].path, "other.txt");
  EXPECT_FALSE(file.includes[0].is_constraint);
  EXPECT_EQ(file.includes[1].path, "more.txt");
  EXPECT_EQ(file.includes[2].path, "limits.txt");
  EXPECT_TRUE(file.includes[2].is_constraint);
  EXPECT_EQ(file.includes[3].path, "with space.txt");
  EXPECT_EQ(file.includes[4].path, "tight.txt");
  EXPECT_EQ(file.includes[4].line, 12u);
}

TEST(PythonRequirementsFileTest, Hashes) {
  const RequirementsFile file =
      parse("a==1 --hash=sha256:" + kHex + " \\\n    --hash sha256:" + std::string(64, 'B') +
            "  # two\nb==2 ; os_name == 'nt' --hash=sha256:" + kHex + "\n");
  ASSERT_EQ(file.requirements.size(), 2u);
  ASSERT_EQ(file.requirements[0].sha256.size(), 2u);
  EXPECT_EQ(file.requirements[0].sha256[1].hex(), std::string(64, 'b'));
  EXPECT_EQ(file.requirements[1].requirement.marker.text(), "os_name == \"nt\"");
  EXPECT_EQ(file.requirements[1].sha256.size(), 1u);
}

// A comment ends a continued line: what follows is a line of its own.
TEST(PythonRequirementsFileTest, ACommentEndsAContinuedLine) {
  const RequirementsFile file = parse("a \\\n# comment \\\nb\n");
  ASSERT_EQ(file.requirements.size(), 2u);
  EXPECT_EQ(file.requirements[0].requirement.name, "a");
  EXPECT_EQ(file.requirements[1].requirement.name, "b");
  EXPECT_EQ(file.requirements[1].line, 3u);
  EXPECT_EQ(parse("\\\n\\\nx\n").requirements[0].line, 1u);
  EXPECT_EQ(parse("x \\").requirements[0].requirement.name, "x");
  EXPECT_TRUE(parse("").requirements.empty());
}

// What would change where packages come from is said, never passed over.
TEST(PythonRequirementsFileTest, OptionsThatAreNotFollowedAreRefused) {
  for (const char* line : {"--index-url https://example.org/simple",
                           "-i https://example.org/simple",
                           "--extra-index-url=https://example.org",
                           "--find-links ./wheels",
                           "-f x",
                           "--no-index",
                           "--trusted-host example.org",
                           "-e .",
                           "--editable=git+https://x",
                           "--no-binary :all:",
                           "--only-binary=:all:",
                           "--require-hashes",
                           "--pre",
                           "--unknown",
                           "-x",
                           "./local.whl",
                           "../folder",
                           "folder/x",
                           "C:\\x.whl",
                           "https://example.org/x.whl",
                           "x-1.0-py3-none-any.whl",
                           "git+https://example.org/r",
                           "x @ https://example.org/x.whl",
                           "x==${VERSION}",
                           "x --global-option=y",
                           "x==1 --hash=md5:00",
                           "x --hashes=sha256:00"}) {
    const Error error = refused(std::string("ok\n") + line + "\n");
    EXPECT_EQ(error.kind, ErrorKind::kUnsupported) << line << ": " << error.message;
    EXPECT_TRUE(error.message.starts_with("requirements.txt, line 2: ")) << error.message;
    EXPECT_FALSE(error.hint.empty()) << line;
  }
}

TEST(PythonRequirementsFileTest, WhatIsNoRequirementIsRefusedWithItsLine) {
  for (const char* line : {"a b", "x=1", "x==1 --hash=sha256:12", "-r", "--constraint=", "x ; nonsense"}) {
    const Error error = refused(std::string("# first\n\n") + line);
    EXPECT_EQ(error.kind, ErrorKind::kInvalid) << line << ": " << error.message;
    EXPECT_TRUE(error.message.starts_with("requirements.txt, line 3: ")) << error.message;
  }
  EXPECT_EQ(refused("\xff").kind, ErrorKind::kInvalid);
  EXPECT_EQ(refused(std::string(limits::kWheelMetadataBytesMax + 1, '\n')).kind, ErrorKind::kLimit);
  std::string many;
  for (int i = 0; i < 200'000; ++i) many += "a\n";
  EXPECT_EQ(refused(many).kind, ErrorKind::kLimit);
}

TEST(PythonRequirementsFileTest, WhatIsWrittenIsSortedAndReadsBack) {
  const Digest a = *digest_from_hex(kHex);
  const Digest b = *digest_from_hex(std::string(64, 'b'));
  const auto version = [](const char* text) { return *PackageVersion::parse(text); };
  const std::vector<PinnedRequirement> pins = {{"Torch", version("2.3.0+cpu"), {b, a}, ""},
                                               {"a_b", version("1.10"), {a}, "os_name == \"nt\""},
                                               {"A.B", version("1.9"), {b}, "os_name != \"nt\""},
                                               {"torch", version("2.3.0+cpu"), {b}, ""}};
  const std::string text = write_requirements_file(pins);
  EXPECT_EQ(text, "a-b==1.9 ; os_name != \"nt\" \\\n    --hash=sha256:" + b.hex() +
                      "\na-b==1.10 ; os_name == \"nt\" \\\n    --hash=sha256:" + a.hex() +
                      "\ntorch==2.3.0+cpu \\\n    --hash=sha256:" + a.hex() +
                      " \\\n    --hash=sha256:" + b.hex() + "\n");
  EXPECT_EQ(write_requirements_file({pins[3], pins[2], pins[1], pins[0]}), text);
  const RequirementsFile again = parse(text);
  ASSERT_EQ(again.requirements.size(), 3u);
  EXPECT_EQ(again.requirements[2].sha256, (std::vector<Digest>{a, b}));
  EXPECT_EQ(write_requirements_file({}), "");
}

}  // namespace
}  // namespace pannier
