// Ids, offsets and type ids of some 22,000 texts must be what the reference library gave. The files
// and their format: tests/goldens/tokenizer/README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/digest.h"
#include "base/utf8.h"
#include "run/text/normalizer_bert.h"
#include "run/text/pre_tokenizer_bert.h"
#include "run/text/tokenizer.h"

namespace pannier {
namespace {

const std::string kRoot = PANNIER_SOURCE_DIR;
const std::string kGoldens = kRoot + "/tests/goldens/tokenizer/";

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream contents;
  contents << file.rdbuf();
  EXPECT_TRUE(file.good()) << path;
  return contents.str();
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

// "\{41}" is one code point.
std::string unescape(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    const size_t end = text.find('}', i);
    utf8_append(static_cast<char32_t>(std::stoul(text.substr(i + 2, end - i - 2), nullptr, 16)), out);
    i = end;
  }
  return out;
}

std::vector<int32_t> numbers(const std::string& text) {
  std::vector<int32_t> result;
  std::istringstream stream(text);
  for (int32_t number = 0; stream >> number;) result.push_back(number);
  return result;
}

uint32_t digit(char c) { return static_cast<uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10); }

std::vector<Encoding::Offset> offsets(const std::string& packed) {
  std::vector<Encoding::Offset> result;
  uint32_t previous = 0;
  for (size_t i = 0; i < packed.size(); ++i) {
    if (packed[i] == '*') {
      result.push_back({0, 0});
      continue;
    }
    Encoding::Offset offset;
    if (packed[i] == '(') {
      size_t used = 0;
      offset.begin = static_cast<uint32_t>(std::stoul(packed.substr(i + 1), &used));
      const size_t comma = i + 1 + used;
      offset.end = static_cast<uint32_t>(std::stoul(packed.substr(comma + 1), &used));
      i = comma + 1 + used;
    } else {
      offset.begin = previous + digit(packed[i]);
      offset.end = offset.begin + digit(packed[i + 1]);
      ++i;
    }
    previous = offset.end;
    result.push_back(offset);
  }
  return result;
}

std::string show(const Encoding& encoding) {
  std::string out;
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    out += std::to_string(encoding.ids[i]);
    if (i < encoding.offsets.size()) {
      out += "@" + std::to_string(encoding.offsets[i].begin) + "-" + std::to_string(encoding.offsets[i].end);
    }
    out += " ";
  }
  return out;
}

std::string header(const std::string& line, const std::string& key) {
  const std::string prefix = "# " + key + ": ";
  EXPECT_TRUE(line.starts_with(prefix)) << line;
  return line.substr(prefix.size());
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kGoldens)) {
    const std::string stem = entry.path().stem();
    if (entry.path().extension() == ".txt" && stem != "code_points") names.push_back(stem);
  }
  std::sort(names.begin(), names.end());
  return names;
}

class TokenizerGolden : public testing::TestWithParam<std::string> {};

TEST_P(TokenizerGolden, IdsOffsetsAndTypesAreThoseOfTheReference) {
  const std::vector<std::string> lines = split(read_text(kGoldens + GetParam() + ".txt"), '\n');
  ASSERT_GT(lines.size(), 40u);
  const auto files = model_files_from_folder(kRoot + "/" + header(lines[0], "folder"));
  ASSERT_TRUE(files.ok()) << files.error().to_string();
  const auto tokenizer = Tokenizer::load(**files);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
  EncodeOptions options;
  options.add_special_tokens = header(lines[1], "special") == "true";
  options.want_offsets = true;
  const auto length_max = static_cast<uint32_t>(std::stoul(header(lines[2], "length_max")));
  if (length_max > 0) options.length_max = length_max;
  Encoding encoding;
  Encoding without_offsets;
  int wrong = 0;
  for (size_t i = 3; i + 1 < lines.size(); ++i) {
    const std::vector<std::string> fields = split(lines[i], '\t');
    ASSERT_GE(fields.size(), 3u) << "line " << i + 1;
    Encoding expected;
    expected.ids = numbers(fields[1]);
    expected.offsets = offsets(fields[2]);
    expected.type_ids = fields.size() > 3 ? numbers(fields[3]) : std::vector<int32_t>(expected.ids.size(), 0);
    const std::string text = unescape(fields[0]);
    ASSERT_TRUE((*tokenizer)->encode(text, options, encoding).ok());
    const bool same = encoding.ids == expected.ids && encoding.offsets == expected.offsets &&
                      encoding.type_ids == expected.type_ids;
    EXPECT_TRUE(same) << GetParam() << " line " << i + 1 << ": " << fields[0] << "\n expected "
                      << show(expected) << "\n got      " << show(encoding);
    EncodeOptions plain = options;
    plain.want_offsets = false;
    ASSERT_TRUE((*tokenizer)->encode(text, plain, without_offsets).ok());
    EXPECT_EQ(without_offsets.ids, expected.ids) << GetParam() << " line " << i + 1;
    EXPECT_TRUE(without_offsets.offsets.empty());
    if (!same && ++wrong == 10) FAIL() << "and so on";
  }
}

std::string test_name(const testing::TestParamInfo<std::string>& golden) {
  std::string name = golden.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, TokenizerGolden, testing::ValuesIn(golden_names()), test_name);

TEST(TokenizerGoldenFiles, HoldTwentyThousandTextsOfTheExampleModel) {
  const std::vector<std::string> lines = split(read_text(kGoldens + "sst2-tiny.txt"), '\n');
  EXPECT_GE(lines.size(), 20'000u + 3);
  EXPECT_GE(golden_names().size(), 30u);
}

// "A?\u0301? \u302e?É": a code point alone, before a mark, after one, and among others.
std::string context_of(char32_t code_point) {
  std::string text = "A";
  utf8_append(code_point, text);
  utf8_append(0x301, text);
  utf8_append(code_point, text);
  text += " ";
  utf8_append(0x302E, text);
  utf8_append(code_point, text);
  utf8_append(0xC9, text);
  return text;
}

std::string normalized_and_words(const BertNormalizer& normalizer, const BertPreTokenizer& pre_tokenizer,
                                 const std::string& text) {
  NormalizedText normalized;
  normalizer.normalize(text, 0, true, normalized);
  std::vector<Word> words;
  EXPECT_EQ(pre_tokenizer.split(normalized.text, 0, words), normalized.text.size());
  std::string out = normalized.text + "\n";
  for (size_t i = 0; i < words.size(); ++i) {
    out += (i == 0 ? "" : ",") + std::to_string(normalized.sources[words[i].begin]) + "-" +
           std::to_string(normalized.sources[words[i].end - 1] + 1);
  }
  return out + "\n";
}

TEST(TokenizerGoldenFiles, EveryCodePointIsNormalizedAndSplitAsByTheReference) {
  const std::vector<std::string> lines = split(read_text(kGoldens + "code_points.txt"), '\n');
  ASSERT_EQ(lines.size(), 1u + 4 * 1088 + 1);
  const BertPreTokenizer pre_tokenizer;
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    const std::vector<std::string> fields = split(lines[i], ' ');
    const std::string& flags = fields[0];
    const BertNormalizer normalizer({flags[0] == '1', flags[1] == '1', flags[2] == '1', flags[3] == '1'});
    const auto first = static_cast<char32_t>(std::stoul(fields[1], nullptr, 16));
    std::string all;
    for (char32_t c = first; c < first + 1024; ++c) {
      if (c < 0xD800 || c > 0xDFFF) all += normalized_and_words(normalizer, pre_tokenizer, context_of(c));
    }
    EXPECT_EQ(sha256(all).hex().substr(0, 16), fields[2]) << lines[i];
  }
}

}  // namespace
}  // namespace pannier
