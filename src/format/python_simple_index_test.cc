#include "format/python_simple_index.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace pannier {
namespace {

const std::string kHex(64, 'a');

TEST(PythonSimpleIndexTest, JsonPage) {
  const std::string text = R"({"meta": {"api-version": "1.1"}, "name": "x", "versions": ["1"], "files": [
    {"filename": "x-1-py3-none-any.whl", "url": "../../x-1-py3-none-any.whl#egg=x", "size": 12,
     "hashes": {"md5": "0", "sha256": ")" +
                           kHex + R"("}, "requires-python": ">=3.8", "yanked": "broken",
     "core-metadata": {"sha256": ")" +
                           std::string(64, 'B') + R"("}},
    {"filename": "x-1.tar.gz", "url": "https://example.org/x-1.tar.gz", "hashes": {}, "yanked": false,
     "dist-info-metadata": true, "core-metadata": false, "new-key": [1]},
    {"filename": "x-2.tar.gz", "url": "https://example.org/x-2.tar.gz", "yanked": true, "dist-info-metadata": true}
  ]})";
  const auto page = parse_simple_json(text, "P");
  ASSERT_TRUE(page.ok()) << page.error().message;
  ASSERT_EQ(page->files.size(), 3u);
  const SimpleFile& wheel = page->files[0];
  EXPECT_EQ(wheel.filename, "x-1-py3-none-any.whl");
  EXPECT_EQ(wheel.url, "../../x-1-py3-none-any.whl");
  EXPECT_EQ(wheel.sha256->hex(), kHex);
  EXPECT_EQ(wheel.bytes, 12u);
  EXPECT_EQ(wheel.requires_python, ">=3.8");
  EXPECT_TRUE(wheel.yanked);
  EXPECT_EQ(wheel.yanked_reason, "broken");
  EXPECT_TRUE(wheel.has_metadata);
  EXPECT_EQ(wheel.metadata_sha256->hex(), std::string(64, 'b'));
  EXPECT_FALSE(page->files[1].yanked);
  EXPECT_FALSE(page->files[1].sha256);
  EXPECT_FALSE(page->files[1].bytes);
  EXPECT_FALSE(page->files[1].has_metadata);  // the newer name says no
  EXPECT_TRUE(page->files[2].yanked);
  EXPECT_TRUE(page->files[2].has_metadata);
  EXPECT_FALSE(page->files[2].metadata_sha256);
  EXPECT_EQ(page->skipped, 0u);
}

TEST(PythonSimpleIndexTest, HtmlPage) {
  const std::string text = R"(<!DOCTYPE html><html><head>
    <meta name="pypi:repository-version" content="1.3"><base href="https://files.example.org/p/">
    <title>x &lt;</title></head><body><h1>Links</h1>
    <a href="x-1-py3-none-any.whl#sha256=)" +
                           kHex + R"(" data-requires-python="&gt;=3.8,&lt;4"
       data-core-metadata="sha256=)" +
                           kHex + R"(">x-1-py3-none-any.whl</a><br/>
    <a href="/a/x-1%2Bcpu-py3-none-any.whl?sig=a&amp;b#egg=x&sha256=)" +
                           std::string(64, 'A') + R"(" data-yanked>x</a>
    <A HREF='x-2.tar.gz#md5=00' DATA-YANKED="no good" data-dist-info-metadata="true">y</A>
    <!-- <a href="hidden-1.tar.gz">z</a> -->
    <a href="../">up</a><a name="anchor">n</a><a href="#top">top</a>
    </body></html>)";
  const auto page = parse_simple_html(text, "P");
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_EQ(page->base, "https://files.example.org/p/");
  ASSERT_EQ(page->files.size(), 3u);
  EXPECT_EQ(page->files[0].url, "x-1-py3-none-any.whl");
  EXPECT_EQ(page->files[0].sha256->hex(), kHex);
  EXPECT_EQ(page->files[0].requires_python, ">=3.8,<4");
  EXPECT_TRUE(page->files[0].has_metadata);
  EXPECT_EQ(page->files[0].metadata_sha256->hex(), kHex);
  EXPECT_FALSE(page->files[0].yanked);
  EXPECT_EQ(page->files[1].filename, "x-1+cpu-py3-none-any.whl");
  EXPECT_EQ(page->files[1].url, "/a/x-1%2Bcpu-py3-none-any.whl?sig=a&b");
  EXPECT_EQ(page->files[1].sha256->hex(), kHex);
  EXPECT_TRUE(page->files[1].yanked);
  EXPECT_EQ(page->files[2].filename, "x-2.tar.gz");
  EXPECT_FALSE(page->files[2].sha256);
  EXPECT_EQ(page->files[2].yanked_reason, "no good");
  EXPECT_TRUE(page->files[2].has_metadata);
  EXPECT_EQ(page->skipped, 2u);
}

// Both forms of the same page give the same files.
TEST(PythonSimpleIndexTest, TheContentTypeDecides) {
  const std::string json =
      R"({"meta":{"api-version":"1.0"},"files":[{"filename":"x-1.whl","url":"x-1.whl"}]})";
  const std::string html = "<html><a href=x-1.whl>x</a></html>";
  EXPECT_EQ(parse_simple_page(json, "application/vnd.pypi.simple.v1+json", "P")->files[0].filename,
            "x-1.whl");
  EXPECT_EQ(parse_simple_page(html, "Text/HTML; charset=utf-8", "P")->files[0].filename, "x-1.whl");
  EXPECT_EQ(parse_simple_page(html, "application/vnd.pypi.simple.v1+html", "P")->files[0].filename,
            "x-1.whl");
  EXPECT_EQ(parse_simple_page(json, "application/json", "P").error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(parse_simple_page(json, "", "P").error().kind, ErrorKind::kUnsupported);
}

TEST(PythonSimpleIndexTest, AProjectWithoutFiles) {
  EXPECT_TRUE(parse_simple_json(R"({"meta":{"api-version":"1.0"},"files":[]})", "P")->files.empty());
  EXPECT_TRUE(parse_simple_html("<!DOCTYPE html><html><body></body></html>", "P")->files.empty());
}

// A page of somebody's login, a broken answer: not "this project has no files".
TEST(PythonSimpleIndexTest, WhatIsNoPageIsRefused) {
  for (const char* text :
       {"", "hello", "{}", "[1]", R"({"meta":{"api-version":"1.0"}})", R"({"files":[]})",
        R"({"meta":{"api-version":"1.0"},"files":[1]})", R"({"meta":{"api-version":"1.0"},"files":{}})"}) {
    EXPECT_EQ(parse_simple_json(text, "P").error().kind, ErrorKind::kCorrupt) << text;
  }
  EXPECT_EQ(parse_simple_html("", "P").error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(parse_simple_html("not found", "P").error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(parse_simple_json(R"({"meta":{"api-version":"2.0"},"files":[]})", "P").error().kind,
            ErrorKind::kUnsupported);
  EXPECT_EQ(parse_simple_html("<meta name=pypi:repository-version content=2.0><html>", "P").error().kind,
            ErrorKind::kUnsupported);
}

// A file name becomes a path: none that leads elsewhere is handed out.
TEST(PythonSimpleIndexTest, FileNamesThatArePaths) {
  for (const char* name :
       {"../x.whl", "a/x.whl", "..", "x\\\\y.whl", "x\\ny.whl", "", "con.whl", "C:x.whl"}) {
    const std::string text =
        std::string(R"({"meta":{"api-version":"1.0"},"files":[{"url":"u","filename":")") + name + "\"}]}";
    const auto page = parse_simple_json(text, "P");
    ASSERT_TRUE(page.ok()) << page.error().message;
    EXPECT_TRUE(page->files.empty()) << name;
    EXPECT_EQ(page->skipped, 1u);
  }
  for (const char* href : {"a/..%2Fx.whl", "a/%2e%2e", "a/x%00.whl", "a/%0Ax.whl", "a/x%5Cy.whl",
                           "a%2F..%2Fb", "x.whl\ny", "a b"}) {
    const auto page = parse_simple_html(std::string("<html><a href=\"") + href + "\">", "P");
    ASSERT_TRUE(page.ok()) << page.error().message;
    EXPECT_TRUE(page->files.empty()) << href;
  }
}

// A digest that is none must not become "no digest": the file would be fetched unchecked.
TEST(PythonSimpleIndexTest, ADigestThatIsNone) {
  EXPECT_EQ(parse_simple_html("<a href='x.whl#sha256=abc'>", "P").error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(parse_simple_html("<a href='x.whl' data-core-metadata='sha256=abc'>", "P").error().kind,
            ErrorKind::kCorrupt);
  const auto json = parse_simple_json(
      R"({"meta":{"api-version":"1.0"},"files":[{"filename":"x","url":"x","hashes":{"sha256":"zz"}}]})", "P");
  EXPECT_EQ(json.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(json.error().message.find("'zz' is no SHA-256"), std::string::npos);
}

TEST(PythonSimpleIndexTest, HugePagesAreRefused) {
  const std::string huge(limits::kSimpleIndexBytesMax + 1, ' ');
  EXPECT_EQ(parse_simple_html(huge, "P").error().kind, ErrorKind::kLimit);
  EXPECT_EQ(parse_simple_json(huge, "P").error().kind, ErrorKind::kLimit);
  std::string many = R"({"meta":{"api-version":"1.0"},"files":[)";
  std::string anchors;
  for (uint32_t i = 0; i <= limits::kSimpleFilesMax; ++i) {
    many += R"({"filename":"x","url":"x"},)";
    anchors += "<a href=x>";
  }
  many.back() = ']';
  EXPECT_EQ(parse_simple_json(many + "}", "P").error().kind, ErrorKind::kLimit);
  EXPECT_EQ(parse_simple_html(anchors, "P").error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace pannier
