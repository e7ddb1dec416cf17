// Tests of the pickle machine: what it builds, and what it does with values that are odd but allowed.
#include "format/pickle.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "format/pickle_names.h"
#include "format/pickle_tensors.h"

namespace pannier {
namespace {

using namespace std::string_literals;

const std::string kProto = "\x80\x02"s;

Result<Pickle> read(const std::string& program) { return read_pickle(as_bytes(program), 0, "p"); }

// The one value that a program leaves. The text must outlive the pickle.
Pickle must_read(const std::string& program) {
  auto pickle = read(program);
  EXPECT_TRUE(pickle.ok()) << pickle.error().message;
  return pickle.ok() ? std::move(*pickle) : Pickle{{PickleValue{}}, {}, {}, {}, 0, 0, 0};
}

int64_t integer_of(const std::string& opcodes) {
  const std::string program = kProto + opcodes + ".";
  const Pickle pickle = must_read(program);
  EXPECT_EQ(pickle.root_value().type, PickleType::kInteger);
  return pickle.root_value().integer;
}

TEST(PickleTest, IntegersOfEveryLength) {
  EXPECT_EQ(integer_of("K\xff"), 255);
  EXPECT_EQ(integer_of("M\xff\xff"), 65535);
  EXPECT_EQ(integer_of("J\xff\xff\xff\xff"), -1);
  EXPECT_EQ(integer_of("J\0\0\0\x80"s), INT32_MIN);
  EXPECT_EQ(integer_of("\x8a\0"s), 0);
  EXPECT_EQ(integer_of("\x8a\x01\xff"), -1);
  EXPECT_EQ(integer_of("\x8a\x02\xff\0"s), 255);
  EXPECT_EQ(integer_of("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"), INT64_MAX);
  EXPECT_EQ(integer_of("\x8a\x08\0\0\0\0\0\0\0\x80"s), INT64_MIN);
}

TEST(PickleTest, LongerIntegersKeepTheirDigits) {
  const std::string program = kProto + "\x8a\x09" + "\1\0\0\0\0\0\0\0\1"s + ".";
  const Pickle pickle = must_read(program);
  EXPECT_EQ(pickle.root_value().type, PickleType::kLong);
  EXPECT_EQ(pickle.root_value().text, "\1\0\0\0\0\0\0\0\1"s);
}

TEST(PickleTest, SimpleValues) {
  const std::string none = kProto + "N.";
  EXPECT_EQ(must_read(none).root_value().type, PickleType::kNone);
  const std::string yes = kProto + "\x88.";
  EXPECT_TRUE(must_read(yes).root_value().boolean);
  const std::string no = kProto + "\x89.";
  EXPECT_FALSE(must_read(no).root_value().boolean);
  const std::string number = kProto + "G\xbf\xf8\0\0\0\0\0\0."s;
  EXPECT_EQ(must_read(number).root_value().number, -1.5);
  const std::string text = kProto + "X\3\0\0\0a\xc3\xa9."s;
  EXPECT_EQ(must_read(text).root_value().text, "a\xc3\xa9");
  const std::string python2 = kProto + "U\2ab.";
  EXPECT_EQ(must_read(python2).root_value().text, "ab");
}

TEST(PickleTest, ContainersHoldWhatWasPutIntoThem) {
  const std::string program = kProto + "](K\1K\2eK\3a.";
  const Pickle pickle = must_read(program);
  ASSERT_EQ(pickle.root_value().type, PickleType::kList);
  std::vector<int64_t> numbers;
  for (const uint32_t item : pickle.items_of(pickle.root_value()))
    numbers.push_back(pickle.values[item].integer);
  EXPECT_EQ(numbers, (std::vector<int64_t>{1, 2, 3}));

  const std::string tuples = kProto + "K\1K\2K\3\x87.";
  const Pickle three = must_read(tuples);
  ASSERT_EQ(three.items_of(three.root_value()).size(), 3u);
  EXPECT_EQ(three.values[three.items_of(three.root_value())[0]].integer, 1);
  EXPECT_EQ(three.values[three.items_of(three.root_value())[2]].integer, 3);
}

TEST(PickleTest, MemoGivesTheSameValueAgain) {
  const std::string program = kProto + "]q\0h\0h\0\x86\x86."s;
  const Pickle pickle = must_read(program);
  const auto& outer = pickle.items_of(pickle.root_value());
  const auto& inner = pickle.items_of(pickle.values[outer[1]]);
  EXPECT_EQ(outer[0], inner[0]);
  EXPECT_EQ(inner[0], inner[1]);
}

// Python 2 numbered its memo from 1.
TEST(PickleTest, MemoMayBeginAtOne) {
  const std::string program = kProto + "]q\1h\1\x86.";
  EXPECT_TRUE(read(program).ok());
}

TEST(PickleTest, WhatFollowsStopIsLeftAlone) {
  const std::string program = kProto + "N.cos\nsystem\n.";
  EXPECT_EQ(must_read(program).bytes, 4u);
}

TEST(PickleTest, OffsetsInMessagesCountFromTheFile) {
  const std::string program = kProto + "cos\nsystem\n.";
  const auto pickle = read_pickle(as_bytes(program), 1000, "p");
  ASSERT_FALSE(pickle.ok());
  EXPECT_EQ(pickle.error().message,
            "p at byte 1002: GLOBAL: this file would run os.system when Python loads it");
}

// A dict may hold itself; whoever walks it must not follow.
TEST(PickleTest, ADictInItselfIsReadAndHoldsNoTensors) {
  const std::string program = kProto + "}q\0X\1\0\0\0wh\0s."s;
  const Pickle pickle = must_read(program);
  const auto tensors = tensors_of(pickle, {}, "p");
  ASSERT_TRUE(tensors.ok());
  EXPECT_TRUE(tensors->empty());
}

// The names are the whole of what a pickle may mention: a change of the list is a change of the promise
// that docs/formats/weights.md makes.
TEST(PickleTest, OnlyTheseNamesAreKnown) {
  EXPECT_GE(find_pickle_name("collections", "OrderedDict"), 0);
  EXPECT_GE(find_pickle_name("torch._utils", "_rebuild_tensor_v2"), 0);
  EXPECT_GE(find_pickle_name("torch._utils", "_rebuild_parameter"), 0);
  EXPECT_GE(find_pickle_name("torch", "Size"), 0);
  size_t types = 0;
  for (const char* type : {"Float", "Half", "BFloat16", "Double", "Long", "Int", "Short", "Char", "Byte",
                           "Bool", "ComplexFloat", "ComplexDouble"}) {
    const int32_t found = find_pickle_name("torch", std::string(type) + "Storage");
    ASSERT_GE(found, 0) << type;
    EXPECT_EQ(pickle_name(static_cast<uint32_t>(found)).use, PickleNameUse::kStorageType);
    ++types;
  }
  EXPECT_EQ(types, 12u);
  EXPECT_EQ(find_pickle_name("torch", "load"), -1);
  EXPECT_EQ(find_pickle_name("torch.Size", ""), -1);
  EXPECT_EQ(find_pickle_name("", "torch.Size"), -1);
  EXPECT_EQ(find_pickle_name("torch._utils", "OrderedDict"), -1);
}

TEST(PickleTest, OpcodesAndBytesAreBounded) {
  // Each pair leaves the stack as it was.
  std::string many = kProto + "]";
  for (uint32_t i = 0; i < limits::kPickleOpcodesMax / 2; ++i) many += "Na";
  const auto opcodes = read(many + ".");
  ASSERT_FALSE(opcodes.ok());
  EXPECT_EQ(opcodes.error().kind, ErrorKind::kLimit);
  EXPECT_NE(opcodes.error().message.find("more than 4000000 opcodes"), std::string::npos);

  std::string large = kProto + "]";
  while (large.size() <= limits::kPickleBytesMax) {
    large += "X\0\0\x10\0"s + std::string(limits::kMiB, 'a') + "a";
  }
  const auto bytes = read(large + ".");
  ASSERT_FALSE(bytes.ok());
  EXPECT_NE(bytes.error().message.find("BINUNICODE: needs"), std::string::npos) << bytes.error().message;
}

}  // namespace
}  // namespace pannier
