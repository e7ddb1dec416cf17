// The machine's loop, its stack, and the opcodes: see pickle_machine.h.
#include "format/pickle_machine.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "base/utf8.h"

namespace pannier {
namespace {

constexpr uint32_t kNotSet = UINT32_MAX;  // in the memo
constexpr uint64_t kNameBytesMax = 256;
constexpr uint8_t kProtocolMin = 2;
constexpr uint8_t kProtocolMax = 5;

constexpr const char* kDamagedHint =
    "the file is damaged, was cut short or was made to deceive; fetch it again and compare its SHA-256";
constexpr const char* kUnsupportedHint =
    "only tensors are read from a pickle. Do not load this file in Python unless you trust who made it; get "
    "the model as model.safetensors, or let its maker save nothing but model.state_dict()";

}  // namespace

PickleMachine::PickleMachine(ByteSpan bytes, uint64_t base, std::string_view what)
    : bytes_(bytes), what_(what) {
  // What follows a pickle in its file is none of its business, so only the readable part counts.
  if (bytes_.size() > limits::kPickleBytesMax) bytes_ = bytes_.first(limits::kPickleBytesMax);
  pickle_.base = base;
}

Result<Pickle> PickleMachine::run() {
  while (!stopped_) {
    if (opcodes_ == limits::kPickleOpcodesMax) {
      return fail(ErrorKind::kLimit, "more than " + std::to_string(limits::kPickleOpcodesMax) + " opcodes");
    }
    PANNIER_TRY(step());
    ++opcodes_;
  }
  return std::move(pickle_);
}

Status PickleMachine::step() {
  opcode_at_ = position_;
  opcode_ = nullptr;
  if (position_ == frame_end_) frame_end_ = 0;
  if (position_ == bytes_.size()) {
    if (position_ == limits::kPickleBytesMax) {
      return fail(ErrorKind::kLimit,
                  "a pickle of more than " + std::to_string(limits::kPickleBytesMax) + " bytes");
    }
    return corrupt("the pickle ends without STOP");
  }
  const uint8_t code = bytes_[position_++];
  opcode_ = find_opcode(code);
  if (opcode_ == nullptr) return corrupt("the byte " + std::to_string(code) + " is no opcode of a pickle");
  if (opcodes_ == 0 && opcode_->run != &PickleMachine::proto) {
    return corrupt("a pickle of protocol 2 to 5 begins with PROTO");
  }
  if (opcode_->run == nullptr) {
    return fail(ErrorKind::kUnsupported, "tensors do not need this opcode, so it is not run");
  }
  return (this->*opcode_->run)();
}

// ---- frame, and end of the program

Status PickleMachine::proto() {
  PANNIER_ASSIGN(const ByteSpan operand, take(1));
  if (opcodes_ != 0) return corrupt("a second PROTO");
  if (operand[0] < kProtocolMin || operand[0] > kProtocolMax) {
    return fail(ErrorKind::kUnsupported, "protocol " + std::to_string(operand[0]) + "; 2 to 5 are read");
  }
  return {};
}

Status PickleMachine::frame() {
  if (frame_end_ != 0) return corrupt("a frame inside a frame");
  PANNIER_ASSIGN(const ByteSpan operand, take(8));
  const auto length = read_le<uint64_t>(operand);
  if (length == 0 || length > bytes_.size() - position_) {
    return corrupt("a frame of " + std::to_string(length) + " bytes, where " +
                   std::to_string(bytes_.size() - position_) + " are left");
  }
  frame_end_ = position_ + length;
  return {};
}

Status PickleMachine::stop() {
  if (!marks_.empty() || stack_.size() != 1) {
    return corrupt("the pickle leaves " + std::to_string(stack_.size()) + " values and " +
                   std::to_string(marks_.size()) + " marks; it should leave one value");
  }
  if (frame_end_ != 0 && frame_end_ != position_) {
    return corrupt("its frame goes on for " + std::to_string(frame_end_ - position_) + " bytes");
  }
  pickle_.root = stack_.back();
  pickle_.bytes = position_;
  stopped_ = true;
  return {};
}

// ---- values without parts

Status PickleMachine::none() { return push(make(PickleType::kNone)); }

Status PickleMachine::new_true() {
  PickleValue value = make(PickleType::kBool);
  value.boolean = true;
  return push(value);
}

Status PickleMachine::new_false() {
  PickleValue value = make(PickleType::kBool);
  value.boolean = false;
  return push(value);
}

Status PickleMachine::int1() {
  PANNIER_ASSIGN(const ByteSpan operand, take(1));
  PickleValue value = make(PickleType::kInteger);
  value.integer = operand[0];
  return push(value);
}

Status PickleMachine::int2() {
  PANNIER_ASSIGN(const ByteSpan operand, take(2));
  PickleValue value = make(PickleType::kInteger);
  value.integer = read_le<uint16_t>(operand);
  return push(value);
}

Status PickleMachine::int4() {
  PANNIER_ASSIGN(const ByteSpan operand, take(4));
  PickleValue value = make(PickleType::kInteger);
  value.integer = read_le<int32_t>(operand);
  return push(value);
}

// Little-endian two's complement of any length; what fits 64 bits becomes an ordinary integer.
Status PickleMachine::long1() {
  PANNIER_ASSIGN(const ByteSpan length, take(1));
  PANNIER_ASSIGN(const ByteSpan digits, take(length[0]));
  if (digits.size() > 8) {
    PickleValue value = make(PickleType::kLong);
    value.text = as_text(digits);
    return push(value);
  }
  const bool negative = !digits.empty() && (digits.back() & 0x80) != 0;
  uint64_t bits = negative ? ~uint64_t{0} : 0;
  for (size_t i = digits.size(); i-- > 0;) bits = (bits << 8) | digits[i];
  PickleValue value = make(PickleType::kInteger);
  value.integer = static_cast<int64_t>(bits);
  return push(value);
}

Status PickleMachine::float8() {
  PANNIER_ASSIGN(const ByteSpan operand, take(8));
  const uint64_t bits = __builtin_bswap64(read_le<uint64_t>(operand));  // the one big-endian number
  PickleValue value = make(PickleType::kFloat);
  std::memcpy(&value.number, &bits, sizeof bits);
  return push(value);
}

Status PickleMachine::text1() {
  PANNIER_ASSIGN(const ByteSpan length, take(1));
  return push_text(length[0]);
}

Status PickleMachine::text4() {
  PANNIER_ASSIGN(const ByteSpan length, take(4));
  return push_text(read_le<uint32_t>(length));
}

// ---- containers

Status PickleMachine::mark() {
  if (marks_.size() == limits::kPickleMarksMax) {
    return fail(ErrorKind::kLimit,
                "values nested more than " + std::to_string(limits::kPickleMarksMax) + " deep");
  }
  marks_.push_back(stack_.size());
  return {};
}

Status PickleMachine::empty_tuple() { return push_container(PickleType::kTuple, {}); }
Status PickleMachine::empty_list() { return push_container(PickleType::kList, {}); }
Status PickleMachine::empty_dict() { return push_container(PickleType::kDict, {}); }

Status PickleMachine::tuple() {
  PANNIER_ASSIGN(std::vector<uint32_t> items, pop_to_mark());
  return push_container(PickleType::kTuple, std::move(items));
}

Status PickleMachine::tuple1() { return pop_tuple(1); }
Status PickleMachine::tuple2() { return pop_tuple(2); }
Status PickleMachine::tuple3() { return pop_tuple(3); }

Status PickleMachine::append() {
  PANNIER_ASSIGN(const uint32_t item, pop());
  PANNIER_ASSIGN(const uint32_t list, top(PickleType::kList));
  pickle_.items[list].push_back(item);
  return {};
}

Status PickleMachine::appends() {
  PANNIER_ASSIGN(const std::vector<uint32_t> items, pop_to_mark());
  PANNIER_ASSIGN(const uint32_t list, top(PickleType::kList));
  pickle_.items[list].insert(pickle_.items[list].end(), items.begin(), items.end());
  return {};
}

Status PickleMachine::set_item() {
  PANNIER_ASSIGN(const uint32_t value, pop());
  PANNIER_ASSIGN(const uint32_t key, pop());
  PANNIER_ASSIGN(const uint32_t dict, top(PickleType::kDict));
  return set_pairs(dict, {key, value});
}

Status PickleMachine::set_items() {
  PANNIER_ASSIGN(const std::vector<uint32_t> pairs, pop_to_mark());
  PANNIER_ASSIGN(const uint32_t dict, top(PickleType::kDict));
  if (pairs.size() % 2 != 0) return corrupt("a key without a value");
  return set_pairs(dict, pairs);
}

// ---- the memo

Status PickleMachine::put1() {
  PANNIER_ASSIGN(const ByteSpan operand, take(1));
  return put(operand[0]);
}

Status PickleMachine::put4() {
  PANNIER_ASSIGN(const ByteSpan operand, take(4));
  return put(read_le<uint32_t>(operand));
}

Status PickleMachine::memoize() { return put(memo_.size()); }

Status PickleMachine::get1() {
  PANNIER_ASSIGN(const ByteSpan operand, take(1));
  return get(operand[0]);
}

Status PickleMachine::get4() {
  PANNIER_ASSIGN(const ByteSpan operand, take(4));
  return get(read_le<uint32_t>(operand));
}

Status PickleMachine::put(uint64_t index) {
  // Every writer numbers from 0 or 1 upwards, one number an opcode: a far higher one is there to make us
  // allocate.
  if (index > opcodes_) return corrupt("memo " + std::to_string(index) + " is set out of order");
  PANNIER_ASSIGN(const uint32_t value, pop());
  if (index >= memo_.size()) memo_.resize(index + 1, kNotSet);
  if (memo_[index] != kNotSet) return corrupt("memo " + std::to_string(index) + " is set twice");
  memo_[index] = value;
  return push_index(value);
}

Status PickleMachine::get(uint64_t index) {
  if (index >= memo_.size() || memo_[index] == kNotSet) {
    return corrupt("memo " + std::to_string(index) + " was never set");
  }
  return push_index(memo_[index]);
}

// ---- the program's bytes, and the stack

Result<ByteSpan> PickleMachine::take(uint64_t count) {
  const uint64_t end = frame_end_ != 0 ? frame_end_ : bytes_.size();
  if (count > end - position_) {
    return corrupt("needs " + std::to_string(count) + " more bytes; the " +
                   (frame_end_ != 0 ? "frame" : "pickle") + " has " + std::to_string(end - position_));
  }
  const ByteSpan taken = bytes_.subspan(position_, count);
  position_ += count;
  return taken;
}

Result<std::string_view> PickleMachine::take_line() {
  const uint64_t end = frame_end_ != 0 ? frame_end_ : bytes_.size();
  const std::string_view rest = as_text(bytes_.subspan(position_, std::min(end - position_, kNameBytesMax)));
  const size_t length = rest.find('\n');
  if (length == std::string_view::npos) {
    return corrupt("a name without an end, or longer than " + std::to_string(kNameBytesMax) + " bytes");
  }
  position_ += length + 1;
  return rest.substr(0, length);
}

Status PickleMachine::push(PickleValue value) {
  PANNIER_TRY(push_index(static_cast<uint32_t>(pickle_.values.size())));
  pickle_.values.push_back(value);
  return {};
}

Status PickleMachine::push_index(uint32_t value) {
  if (stack_.size() == limits::kPickleStackMax) {
    return fail(ErrorKind::kLimit,
                "more than " + std::to_string(limits::kPickleStackMax) + " values on the stack");
  }
  stack_.push_back(value);
  return {};
}

Status PickleMachine::push_text(uint64_t length) {
  PANNIER_ASSIGN(const ByteSpan taken, take(length));
  PickleValue value = make(PickleType::kText);
  value.text = as_text(taken);
  if (utf8_find_invalid(value.text) != std::string_view::npos) return corrupt("a text that is not UTF-8");
  return push(value);
}

Status PickleMachine::push_container(PickleType type, std::vector<uint32_t> items, bool ordered) {
  PickleValue value = make(type);
  value.ordered = ordered;
  value.index = static_cast<uint32_t>(pickle_.items.size());
  pickle_.items.push_back(std::move(items));
  return push(value);
}

Result<uint32_t> PickleMachine::pop() {
  if (stack_.size() == (marks_.empty() ? 0 : marks_.back())) return corrupt("needs a value the stack lacks");
  const uint32_t value = stack_.back();
  stack_.pop_back();
  return value;
}

Result<std::vector<uint32_t>> PickleMachine::pop_to_mark() {
  if (marks_.empty()) return corrupt("needs a mark; there is none");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<uint32_t> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

Status PickleMachine::pop_tuple(size_t count) {
  std::vector<uint32_t> items(count);
  while (count-- > 0) {
    PANNIER_ASSIGN(items[count], pop());
  }
  return push_container(PickleType::kTuple, std::move(items));
}

Result<uint32_t> PickleMachine::top(PickleType type) {
  PANNIER_ASSIGN(const uint32_t index, pop());
  stack_.push_back(index);
  const PickleValue& value = pickle_.values[index];
  if (value.type != type) {
    return corrupt("wants " + std::string(pickle_type_name(type)) + " on the stack, where " +
                   pickle_type_name(value.type) + " is");
  }
  return value.index;
}

Status PickleMachine::set_pairs(uint32_t dict, const std::vector<uint32_t>& pairs) {
  for (size_t i = 0; i < pairs.size(); i += 2) {
    const PickleType key = pickle_.values[pairs[i]].type;
    if (key != PickleType::kText && key != PickleType::kInteger) {
      return corrupt("a dict's key is " + std::string(pickle_type_name(key)));
    }
  }
  pickle_.items[dict].insert(pickle_.items[dict].end(), pairs.begin(), pairs.end());
  return {};
}

// ---- messages

PickleValue PickleMachine::make(PickleType type) const {
  PickleValue value;
  value.type = type;
  value.offset = static_cast<uint32_t>(opcode_at_);
  return value;
}

Error PickleMachine::fail(ErrorKind kind, const std::string& reason) const {
  std::string message = std::string(what_) + " at byte " + std::to_string(pickle_.base + opcode_at_) + ": ";
  if (opcode_ != nullptr) message += std::string(opcode_->name) + ": ";
  return {kind, message + reason, kind == ErrorKind::kUnsupported ? kUnsupportedHint : kDamagedHint};
}

}  // namespace pannier
