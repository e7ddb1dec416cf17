// pypi_snapshot: which wheel, which folder, and what is refused on the way.
#include "carry/connected/wheels/pypi_snapshot.h"

#include <gtest/gtest.h>

#include "carry/connected/wheels/wheel_test_maker.h"
#include "carry/connected/wheels/wheels_test_support.h"
#include "net/client/fake_http_client.h"

namespace pannier {
namespace {

using namespace wheels_test;

class PypiSnapshotTest : public testing::Test {
 protected:
  PypiSnapshotTest()
      : folder_(std::filesystem::temp_directory_path().string() + "/" + unique_name("pypi-snapshot")) {
    options_.index.main_index = {"https://index.example/simple", ""};
    options_.folder = folder_ + "/pypi";
    options_.download.folder = folder_ + "/downloads";
    options_.download.retry.tries_max = 1;
  }
  ~PypiSnapshotTest() override { (void)real_file_system().remove_tree(folder_); }

  static TestWheel with_model(const std::string& version, const std::string& tag = "py3-none-any") {
    return {"tiny",
            version,
            tag,
            {},
            "",
            {{"tiny/model/config.json", "{\"v\": \"" + version + "\"}"},
             {"tiny/model/model.safetensors", "weights of " + version},
             {"tiny/model/1_Pooling/config.json", "{}"},
             {"tiny/model/__init__.py", ""}}};
  }
  void publish(const TestWheel& wheel, const std::string& more = "") {
    const std::string bytes = wheel.bytes();
    publish_name(wheel.filename(), bytes, more);
  }
  void publish_name(const std::string& filename, const std::string& bytes, const std::string& more = "") {
    rows_ += (rows_.empty() ? "" : ",") +
             ("{\"filename\":\"" + filename + "\",\"url\":\"https://index.example/f/" + filename +
              "\",\"hashes\":{\"sha256\":\"" + sha256(bytes).hex() +
              "\"},\"size\":" + std::to_string(bytes.size()) + more + "}");
    FakeAnswer answer;
    answer.body = bytes;
    answer.ranges = true;
    client_.on("GET", "https://index.example/f/" + filename, answer);
  }
  Result<Snapshot> take(const std::string& ref_text) {
    FakeAnswer page;
    page.headers = {{"Content-Type", "application/vnd.pypi.simple.v1+json"}};
    page.body = R"({"meta":{"api-version":"1.0"},"name":"tiny","files":[)" + rows_ + "]}";
    client_.on("GET", "https://index.example/simple/tiny/", page);
    const auto ref = parse_model_ref(ref_text, false);
    if (!ref.ok()) return ref.error();
    return pypi_snapshot(real_file_system(), client_, *ref, options_);
  }

  std::string folder_;
  std::string rows_;
  FakeHttpClient client_;
  PypiOptions options_;
};

TEST_F(PypiSnapshotTest, TakesTheFolderOutOfTheNewestWheel) {
  publish(with_model("1.0"));
  publish(with_model("2.0rc1"));
  publish(with_model("1.10"));
  publish(with_model("1.11"), ",\"yanked\":\"broken\"");
  const auto snapshot = take("pypi:Tiny#tiny/model");
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().to_string();
  EXPECT_EQ(snapshot->name, "tiny");
  EXPECT_EQ(snapshot->ref.text, "pypi:tiny==1.10#tiny/model");
  EXPECT_EQ(snapshot->ref.version, "1.10");
  EXPECT_EQ(snapshot->revision, "");  // the Hub's
  EXPECT_EQ(snapshot->licence, "MIT");
  EXPECT_NE(snapshot->source.find("pypi tiny 1.10 (tiny-1.10-py3-none-any.whl, sha256:"), std::string::npos);
  ASSERT_EQ(snapshot->files.size(), 3u);
  EXPECT_EQ(snapshot->files[0].path, "1_Pooling/config.json");
  EXPECT_EQ(snapshot->files[1].path, "config.json");
  EXPECT_EQ(snapshot->files[2].path, "model.safetensors");
  for (const SnapshotFile& file : snapshot->files) {
    const std::string contents = contents_of(file.local_path);
    EXPECT_EQ(sha256(contents), *file.id.sha256) << file.path;
    EXPECT_EQ(contents.size(), file.bytes);
  }
  EXPECT_EQ(contents_of(snapshot->files[2].local_path), "weights of 1.10");
  ASSERT_EQ(snapshot->left_out.size(), 1u);
  EXPECT_EQ(snapshot->left_out[0].path, "__init__.py");
  EXPECT_TRUE(snapshot->warnings.empty());
}

TEST_F(PypiSnapshotTest, AVersionCanBeNamedYankedOnesToo) {
  publish(with_model("1.0"), ",\"yanked\":\"wrong weights\"");
  publish(with_model("2.0"));
  const auto snapshot = take("pypi:tiny==1.0#tiny/model");
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().to_string();
  EXPECT_EQ(snapshot->name, "tiny@1.0");
  ASSERT_EQ(snapshot->warnings.size(), 1u);
  EXPECT_NE(snapshot->warnings[0].find("wrong weights"), std::string::npos);
  const auto missing = take("pypi:tiny==3.0#tiny/model");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(missing.error().hint.find("2.0"), std::string::npos);
}

TEST_F(PypiSnapshotTest, TheOnlyFolderThatLooksLikeAModelIsTakenAndSaid) {
  publish(with_model("1.0"));
  const auto snapshot = take("pypi:tiny");
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().to_string();
  EXPECT_EQ(snapshot->files.size(), 3u);
  ASSERT_EQ(snapshot->warnings.size(), 1u);
  EXPECT_NE(snapshot->warnings[0].find("tiny/model"), std::string::npos);
  EXPECT_EQ(snapshot->ref.text, "pypi:tiny==1.0#tiny/model");
}

TEST_F(PypiSnapshotTest, SeveralModelsAreAQuestion) {
  TestWheel two = with_model("1.0");
  two.files["tiny/other/config.json"] = "{}";
  two.files["tiny/other/pytorch_model.bin"] = "w";
  publish(two);
  const auto snapshot = take("pypi:tiny");
  ASSERT_FALSE(snapshot.ok());
  EXPECT_EQ(snapshot.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(snapshot.error().message.find("tiny/model, tiny/other"), std::string::npos);
  EXPECT_NE(snapshot.error().hint.find("pypi:tiny#tiny/model"), std::string::npos);
}

TEST_F(PypiSnapshotTest, AFolderThatIsNotThereIsSaidWithThoseThatAre) {
  publish(with_model("1.0"));
  const auto snapshot = take("pypi:tiny#tiny/mode");
  ASSERT_FALSE(snapshot.ok());
  EXPECT_EQ(snapshot.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(snapshot.error().hint.find("tiny/model"), std::string::npos);
}

TEST_F(PypiSnapshotTest, AnotherMachinesWheelIsTriedWhereTheFirstLacksTheFolder) {
  publish(TestWheel{"tiny", "1.0", "cp39-cp39-macosx_11_0_arm64", {}, "", {}});
  publish(with_model("1.0", "cp39-cp39-win_amd64"));
  const auto snapshot = take("pypi:tiny#tiny/model");
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().to_string();
  EXPECT_NE(snapshot->source.find("win_amd64"), std::string::npos);
}

TEST_F(PypiSnapshotTest, SourceOnlyIsRefused) {
  publish_name("tiny-1.0.tar.gz", "source");
  const auto snapshot = take("pypi:tiny");
  ASSERT_FALSE(snapshot.ok());
  EXPECT_EQ(snapshot.error().kind, ErrorKind::kUnsupported);
}

// RECORD lists other contents than the archive has: a model swapped in by somebody who holds the index.
TEST_F(PypiSnapshotTest, AModelThatItsRecordDoesNotKnowIsRefused) {
  const TestWheel wheel = with_model("1.0");
  TestWheel swapped = wheel;
  swapped.files["tiny/model/model.safetensors"] = "WEIGHTS OF 1.0";
  std::string bytes = swapped.bytes();
  const std::string good = wheel.bytes();
  const size_t record = good.find("RECORD,,");
  const size_t begin = good.rfind("tiny/__init__.py,sha256=", record);
  bytes.replace(bytes.rfind("tiny/__init__.py,sha256=", record), record - begin, good, begin, record - begin);
  publish_name(wheel.filename(), bytes);
  const auto snapshot = take("pypi:tiny#tiny/model");
  ASSERT_FALSE(snapshot.ok());
  EXPECT_EQ(snapshot.error().kind, ErrorKind::kCorrupt);
}

TEST_F(PypiSnapshotTest, AWheelThatIsNotWhatTheIndexSaysIsRefused) {
  publish(with_model("1.0"));
  const size_t at = rows_.find("\"sha256\":\"") + 10;
  rows_.replace(at, 64, sha256("another").hex());
  const auto snapshot = take("pypi:tiny#tiny/model");
  ASSERT_FALSE(snapshot.ok());
  EXPECT_EQ(snapshot.error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace pannier
