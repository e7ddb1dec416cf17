#include "cli/args.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

Result<int> do_nothing(Args&, std::span<const std::string>) { return 0; }
const Command kCommand = {"greet", "Group", "says hello", "greet you", "corrupt", &do_nothing};

struct Parsed {
  Result<bool> outcome = false;
  bool loud = false;
  bool json = false;
  std::string name;
  std::optional<uint32_t> times;
  std::string who;
  std::vector<std::string> rest;
  std::vector<std::string> files;
};

Parsed parse(const std::vector<std::string>& words) {
  Parsed parsed;
  Args args(kCommand);
  args.flag("--loud", parsed.loud, "louder");
  args.option("-n,--name", "NAME", parsed.name, "a name");
  args.option("--times", "N", parsed.times, "how often");
  args.option("-r,--file", "FILE", parsed.files, "files");
  args.positional("WHO", parsed.who, "whom", true);
  args.positionals("REST", parsed.rest, "more", false);
  parsed.outcome = args.parse(words);
  parsed.json = args.json();
  return parsed;
}

TEST(Args, TakesOptionsAmongPositionals) {
  const Parsed parsed = parse({"you", "--loud", "a", "-n", "x y", "b", "--times=3", "--json"});
  ASSERT_TRUE(parsed.outcome.ok()) << parsed.outcome.error().message;
  EXPECT_TRUE(parsed.loud);
  EXPECT_TRUE(parsed.json);
  EXPECT_EQ(parsed.name, "x y");
  EXPECT_EQ(parsed.times, 3u);
  EXPECT_EQ(parsed.who, "you");
  EXPECT_EQ(parsed.rest, (std::vector<std::string>{"a", "b"}));
}

// An option that may come again takes one value each time, and leaves what follows to the arguments.
TEST(Args, AListOptionTakesOneValueATime) {
  const Parsed parsed = parse({"-r", "a.txt", "you", "--file", "b.txt", "rest", "--file=[c]"});
  ASSERT_TRUE(parsed.outcome.ok()) << parsed.outcome.error().message;
  EXPECT_EQ(parsed.files, (std::vector<std::string>{"a.txt", "b.txt", "[c]"}));
  EXPECT_EQ(parsed.who, "you");
  EXPECT_EQ(parsed.rest, std::vector<std::string>{"rest"});
  EXPECT_FALSE(parse({"you", "-r"}).outcome.ok());
}

TEST(Args, TextsAreTakenAsTheyAre) {
  // Empty, a lone dash, spaces, brackets, and (after --) a leading dash.
  const Parsed parsed =
      parse({"you", "", "-", "two words", "[a,b]", "\"quoted\"", "--", "-5 is cold", "--loud"});
  ASSERT_TRUE(parsed.outcome.ok()) << parsed.outcome.error().message;
  EXPECT_EQ(parsed.rest,
            (std::vector<std::string>{"", "-", "two words", "[a,b]", "\"quoted\"", "-5 is cold", "--loud"}));
  EXPECT_FALSE(parsed.loud);
}

TEST(Args, MistakesAreUsageErrorsWithAHint) {
  const Parsed unknown = parse({"you", "--lout"});
  EXPECT_EQ(unknown.outcome.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(unknown.outcome.error().message.find("--lout"), std::string::npos);
  EXPECT_EQ(unknown.outcome.error().hint, "did you mean --loud?");
  EXPECT_EQ(parse({}).outcome.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(parse({"you", "--times", "many"}).outcome.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(parse({"you", "--times", "-1"}).outcome.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(parse({"you", "--name"}).outcome.error().kind, ErrorKind::kInvalid);
}

TEST(Args, HelpWinsOverMistakes) {
  testing::internal::CaptureStdout();
  const Parsed parsed = parse({"--help", "--lout"});
  const std::string help = testing::internal::GetCapturedStdout();
  ASSERT_TRUE(parsed.outcome.ok());
  EXPECT_FALSE(*parsed.outcome);
  for (const char* part : {"says hello", "WHO [REST...]", "-n, --name NAME", "greet you", "corrupt"}) {
    EXPECT_NE(help.find(part), std::string::npos) << part << " in\n" << help;
  }
}

TEST(Args, NearestFindsSlipsAndNothingElse) {
  const std::vector<std::string> names = {"install", "inspect", "list"};
  EXPECT_EQ(nearest("instal", names), "install");
  EXPECT_EQ(nearest("lits", names), "list");
  EXPECT_EQ(nearest("frobnicate", names), "");
}

}  // namespace
}  // namespace pannier
