#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/limits.h"

namespace pannier {
namespace {

JsonDocument parse(const std::string& text) {
  Result<JsonDocument> document = JsonDocument::parse(text, "test.json");
  EXPECT_TRUE(document.ok()) << document.error().message;
  return std::move(document).value();
}

Error refusal(const std::string& text) {
  Result<JsonDocument> document = JsonDocument::parse(text, "test.json");
  EXPECT_FALSE(document.ok()) << text;
  return document.ok() ? Error{} : document.error();
}

TEST(Json, ReadsEveryType) {
  const JsonDocument document = parse(R"( {"a": [1, -2.5, true, null, "x\n\u00e9\ud83d\ude00"], "b": {}} )");
  const JsonValue root = document.root();
  ASSERT_TRUE(root.is_object());
  EXPECT_EQ(root.size(), 2u);
  std::vector<JsonValue> elements;
  for (const JsonValue element : root["a"].elements()) elements.push_back(element);
  ASSERT_EQ(elements.size(), 5u);
  EXPECT_EQ(elements[0].as_integer(), 1);
  EXPECT_EQ(elements[1].as_number(), -2.5);
  EXPECT_EQ(elements[2].as_bool(), true);
  EXPECT_TRUE(elements[3].is_null());
  EXPECT_EQ(elements[4].as_string(), "x\n\u00e9\U0001F600");
  EXPECT_TRUE(root["b"].is_object());
  EXPECT_EQ(root["b"].size(), 0u);
  EXPECT_FALSE(root["c"].exists());
}

TEST(Json, AbsentValuesAnswerNo) {
  const JsonValue absent;
  EXPECT_FALSE(absent["x"]["y"].as_string().has_value());
  EXPECT_EQ(absent.size(), 0u);
  for (const JsonValue element : absent.elements()) FAIL() << element.offset();
}

TEST(Json, SkipsNestedValuesWhenIterating) {
  const JsonDocument document = parse(R"({"a":{"x":[1,[2,{"y":3}]]},"b":4})");
  EXPECT_EQ(document.root()["b"].as_integer(), 4);
}

TEST(Json, IntegersBeyond64BitsAreNumbers) {
  const JsonDocument document = parse("[1000000000000000019884624838656, 9223372036854775807]");
  auto element = document.root().elements().begin();
  EXPECT_FALSE((*element).as_integer().has_value());
  EXPECT_DOUBLE_EQ(*(*element).as_number(), 1e30);
  ++element;
  EXPECT_EQ((*element).as_integer(), std::numeric_limits<int64_t>::max());
}

TEST(Json, ViewsOutliveMoves) {
  JsonDocument first = parse(R"(["short"])");
  const JsonDocument second = std::move(first);
  EXPECT_EQ((*second.root().elements().begin()).as_string(), "short");
}

TEST(JsonHostile, MalformedTextIsRefusedWithItsOffset) {
  const std::pair<const char*, const char*> samples[] = {
      {"", "byte 0"},
      {"{", "byte 1"},
      {"[1,]", "byte 3"},
      {"[1 2]", "byte 3"},
      {"{\"a\" 1}", "byte 5"},
      {"{a:1}", "byte 1"},
      {"01", "byte 0"},
      {"1.", "byte 2"},
      {"1e", "byte 2"},
      {"-", "byte 0"},
      {"+1", "byte 0"},
      {"NaN", "byte 0"},
      {"\"abc", "byte 0"},
      {"\"\\x\"", "byte 1"},
      {"\"\\u12\"", "byte 3"},
      {"tru", "byte 0"},
      {"[1] x", "byte 4"},
      {"\"a\nb\"", "byte 2"},
      {"\"\\ud800\"", "byte 1"},
      {"\"\\udc00\"", "byte 1"},
      {"1e999", "byte 0"},
      {"\"\xff\"", "byte 1"},
      {"\"\\n\xc0\x80\"", "byte 3"},
  };
  for (const auto& [text, place] : samples) {
    const Error error = refusal(text);
    EXPECT_EQ(error.kind, ErrorKind::kCorrupt) << text;
    EXPECT_NE(error.message.find(place), std::string::npos) << text << ": " << error.message;
    EXPECT_NE(error.message.find("test.json"), std::string::npos);
  }
}

TEST(JsonHostile, DeepNestingIsRefused) {
  const std::string fine(limits::kJsonDepthMax, '[');
  EXPECT_TRUE(JsonDocument::parse(fine + std::string(limits::kJsonDepthMax, ']'), "x").ok());
  EXPECT_EQ(refusal(std::string(1'000'000, '[')).kind, ErrorKind::kLimit);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(refusal(objects).kind, ErrorKind::kLimit);
}

TEST(JsonHostile, DuplicateKeysAreRefusedInSmallAndLargeObjects) {
  EXPECT_NE(refusal(R"({"a":1,"b":2,"a":3})").message.find("\"a\" appears twice"), std::string::npos);
  EXPECT_EQ(refusal(R"({"a":1,"\u0061":2})").kind, ErrorKind::kCorrupt);  // equal once unescaped
  std::string text = "{";
  for (int i = 0; i < 5000; ++i) text += "\"key" + std::to_string(i) + "\":{\"z\":[0]},";
  EXPECT_TRUE(JsonDocument::parse(text + "\"last\":0}", "x").ok());
  EXPECT_NE(refusal(text + "\"key123\":0}").message.find("key123"), std::string::npos);
}

TEST(JsonReader, TellsWhatIsWrongAndWhere) {
  const JsonDocument document = parse(R"({"name": 5, "count": 12})");
  const JsonReader reader(document.root(), "index.json");
  EXPECT_EQ(reader.string("name").error().message,
            "index.json: \"name\" is an integer, expected a string (object at byte 0)");
  EXPECT_EQ(reader.string("path").error().message,
            "index.json: \"path\" is missing, expected a string (object at byte 0)");
  EXPECT_EQ(*reader.unsigned_integer("count", 12), 12u);
  EXPECT_EQ(reader.unsigned_integer("count", 11).error().kind, ErrorKind::kLimit);
  EXPECT_TRUE(reader.only({"name", "count"}).ok());
  EXPECT_NE(reader.only({"name"}).error().message.find("unknown key \"count\""), std::string::npos);
}

TEST(JsonWriter, WritesWhatItReads) {
  JsonWriter writer;
  writer.begin_object().member("text", "a\"\\\n\x01\u00e9").key("list").begin_array();
  writer.integer(-3).unsigned_integer(4).number(0.1).boolean(true).null().end_array();
  writer.key("empty").begin_object().end_object().end_object();
  const std::string text = writer.take();
  EXPECT_EQ(text, "{\"text\":\"a\\\"\\\\\\n\\u0001\u00e9\",\"list\":[-3,4,0.1,true,null],\"empty\":{}}");
  const JsonDocument document = parse(text);
  EXPECT_EQ(document.root()["text"].as_string(), "a\"\\\n\x01\u00e9");
}

TEST(JsonWriter, IndentsWhenAsked) {
  JsonWriter writer(JsonLayout::kIndented);
  writer.begin_object().member("a", uint64_t{1}).key("b").begin_array().integer(2).end_array().end_object();
  EXPECT_EQ(writer.take(), "{\n  \"a\": 1,\n  \"b\": [\n    2\n  ]\n}");
}

TEST(JsonWriter, SpacesAsPythonDoesWhenAsked) {
  JsonWriter writer(JsonLayout::kSpaced);
  writer.begin_array().begin_object().member("label", "A").key("score").number(0.5).end_object().end_array();
  EXPECT_EQ(writer.take(), R"([{"label": "A", "score": 0.5}])");
}

// Expected texts are what Python 3 prints for repr(float).
TEST(JsonWriter, NumbersAsPythonReprWritesThem) {
  const std::pair<double, const char*> samples[] = {
      {0.9998656511306763, "0.9998656511306763"},
      {1.0, "1.0"},
      {0.0001, "0.0001"},
      {0.00001, "1e-05"},
      {1e15, "1000000000000000.0"},
      {1e16, "1e+16"},
      {-0.0, "-0.0"},
      {123456.789, "123456.789"},
      {5e-324, "5e-324"},
      {1e100, "1e+100"},
  };
  for (const auto& [value, text] : samples) EXPECT_EQ(python_float_repr(value), text);
}

}  // namespace
}  // namespace pannier
