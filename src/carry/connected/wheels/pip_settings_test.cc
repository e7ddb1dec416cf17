// pip_settings: the places pip reads, what wins, and the dialect of its files.
#include "carry/connected/wheels/pip_settings.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/connected/wheels/wheels_test_support.h"

namespace pannier {
namespace {

using wheels_test::environment_of;

void put(FileSystem& fs, const std::string& path, const std::string& contents) {
  ASSERT_TRUE(fs.make_folders(parent_folder(path)).ok());
  ASSERT_TRUE(write_file_atomic(fs, path, contents).ok());
}

TEST(PipSettings, ReadsTheDialectOfConfigparser) {
  const auto sections = parse_pip_conf(
      "# a comment\r\n; another\n[global]\nIndex_URL = https://a.example/simple # kept\r\n"
      "find-links:\n    /one\n\n    # not this\n    /two\n--trusted-host=a\nempty =\n[install]\nno-index = "
      "true\n",
      "pip.conf");
  ASSERT_TRUE(sections.ok()) << sections.error().to_string();
  const auto& global = sections->at("global");
  EXPECT_EQ(global.at("index-url"), "https://a.example/simple # kept");
  EXPECT_EQ(words_of(global.at("find-links")), (std::vector<std::string>{"/one", "/two"}));
  EXPECT_EQ(global.at("trusted-host"), "a");
  EXPECT_EQ(global.at("empty"), "");
  EXPECT_EQ(sections->at("install").at("no-index"), "true");
}

TEST(PipSettings, SaysWhichLineIsWrong) {
  for (const auto& [text, line] : std::vector<std::pair<std::string, std::string>>{
           {"[global]\nindex-url\n", "line 2"}, {"a = b\n", "line 1"}, {"\n\n[global\n", "line 3"}}) {
    const auto sections = parse_pip_conf(text, "/etc/pip.conf");
    ASSERT_FALSE(sections.ok()) << text;
    EXPECT_EQ(sections.error().kind, ErrorKind::kCorrupt);
    EXPECT_NE(sections.error().message.find("/etc/pip.conf: " + line), std::string::npos)
        << sections.error().message;
  }
}

TEST(PipSettings, LaterPlacesWin) {
  MemoryFileSystem fs;
  put(fs, "/etc/xdg/pip/pip.conf", "[global]\nindex-url = xdg\ncert = xdg\n");
  put(fs, "/etc/pip.conf", "[global]\nindex-url = etc\nfind-links = etc\n");
  put(fs, "/u/.pip/pip.conf", "[global]\nindex-url = old\nextra-index-url = old\n");
  put(fs, "/u/.config/pip/pip.conf", "[global]\nindex-url = user\nconstraint = user\n");
  put(fs, "/venv/pip.conf", "[global]\nindex-url = venv\n");
  std::map<std::string, std::string> variables{{"HOME", "/u"}};
  auto settings = read_pip_settings(fs, environment_of(variables));
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->at("index-url").value, "user");
  EXPECT_EQ(settings->at("index-url").source, "/u/.config/pip/pip.conf");
  EXPECT_EQ(settings->at("extra-index-url").value, "old");
  EXPECT_EQ(settings->at("find-links").value, "etc");
  EXPECT_EQ(settings->at("cert").value, "xdg");

  variables["VIRTUAL_ENV"] = "/venv";
  settings = read_pip_settings(fs, environment_of(variables));
  EXPECT_EQ(settings->at("index-url").value, "venv");

  variables["PIP_INDEX_URL"] = "variable";
  variables["PIP_TRUSTED_HOST"] = "a b";
  settings = read_pip_settings(fs, environment_of(variables));
  EXPECT_EQ(settings->at("index-url").value, "variable");
  EXPECT_EQ(settings->at("index-url").source, "PIP_INDEX_URL");
  EXPECT_EQ(settings->at("trusted-host").value, "a b");
}

TEST(PipSettings, InstallWinsOverGlobalWhereverItStands) {
  MemoryFileSystem fs;
  put(fs, "/etc/pip.conf", "[install]\nindex-url = install\n[download]\nfind-links = no\n");
  put(fs, "/u/.config/pip/pip.conf", "[global]\nindex-url = global\n");
  const auto settings = read_pip_settings(fs, environment_of({{"HOME", "/u"}}));
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->at("index-url").value, "install");
  EXPECT_FALSE(settings->contains("find-links"));
}

TEST(PipSettings, ConfigFileVariableAddsOneOrSwitchesAllOff) {
  MemoryFileSystem fs;
  put(fs, "/etc/pip.conf", "[global]\nindex-url = etc\nfind-links = etc\n");
  put(fs, "/mine.conf", "[global]\nindex-url = mine\n");
  auto settings = read_pip_settings(fs, environment_of({{"PIP_CONFIG_FILE", "/mine.conf"}}));
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->at("index-url").value, "mine");
  EXPECT_EQ(settings->at("find-links").value, "etc");
  settings = read_pip_settings(fs, environment_of({{"PIP_CONFIG_FILE", "/dev/null"}}));
  ASSERT_TRUE(settings.ok());
  EXPECT_TRUE(settings->empty());
}

TEST(PipSettings, XdgFoldersComeInTheirOrder) {
  MemoryFileSystem fs;
  put(fs, "/first/pip/pip.conf", "[global]\nindex-url = first\n");
  put(fs, "/second/pip/pip.conf", "[global]\nindex-url = second\ncert = second\n");
  const auto settings = read_pip_settings(fs, environment_of({{"XDG_CONFIG_DIRS", "/first:/second"}}));
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->at("index-url").value, "first");
  EXPECT_EQ(settings->at("cert").value, "second");
}

}  // namespace
}  // namespace pannier
