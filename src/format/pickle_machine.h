// The stack machine that a pickle is a program for. Private to format/pickle*.cc; use read_pickle.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "format/pickle.h"

namespace pannier {

class PickleMachine {
 public:
  PickleMachine(ByteSpan bytes, uint64_t base, std::string_view what);

  Result<Pickle> run();

 private:
  using Handler = Status (PickleMachine::*)();
  struct Opcode {
    uint8_t code;
    std::string_view name;
    Handler run;  // null: known, and refused
  };
  static const Opcode kOpcodes[];
  static const Opcode* find_opcode(uint8_t code);

  Status step();
  // Frame, and end of the program.
  Status proto();
  Status frame();
  Status stop();
  // Values without parts.
  Status none();
  Status new_true();
  Status new_false();
  Status int1();
  Status int2();
  Status int4();
  Status long1();
  Status float8();
  Status text1();
  Status text4();
  // Containers.
  Status mark();
  Status empty_tuple();
  Status empty_list();
  Status empty_dict();
  Status tuple();
  Status tuple1();
  Status tuple2();
  Status tuple3();
  Status append();
  Status appends();
  Status set_item();
  Status set_items();
  // The memo.
  Status put1();
  Status put4();
  Status memoize();
  Status get1();
  Status get4();
  // Names and what is done with them.
  Status global();
  Status stack_global();
  Status reduce();
  Status build();
  Status persistent_id();

  // The next bytes of the program, inside the frame where there is one.
  Result<ByteSpan> take(uint64_t count);
  // Up to a line end, which is taken too.
  Result<std::string_view> take_line();
  Status push(PickleValue value);
  Status push_index(uint32_t value);
  Status push_text(uint64_t length);
  Status push_container(PickleType type, std::vector<uint32_t> items, bool ordered = false);
  Status push_name(std::string_view module, std::string_view name);
  Result<uint32_t> pop();
  Result<std::vector<uint32_t>> pop_to_mark();
  Status pop_tuple(size_t count);
  // The container on top of the stack.
  Result<uint32_t> top(PickleType type);
  Status set_pairs(uint32_t dict, const std::vector<uint32_t>& pairs);
  Status put(uint64_t index);
  Status get(uint64_t index);
  Status call(uint32_t callee, uint32_t arguments);

  PickleValue make(PickleType type) const;
  Error fail(ErrorKind kind, const std::string& reason) const;
  Error corrupt(const std::string& reason) const { return fail(ErrorKind::kCorrupt, reason); }
  Error refused_name(const std::string& name) const;
  Error located(const Error& reason) const { return fail(reason.kind, reason.message); }

  ByteSpan bytes_;
  std::string_view what_;
  uint64_t position_ = 0;
  uint64_t opcode_at_ = 0;
  const Opcode* opcode_ = nullptr;
  uint32_t opcodes_ = 0;
  uint64_t frame_end_ = 0;  // 0: outside any frame
  bool stopped_ = false;
  Pickle pickle_;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::vector<uint32_t> memo_;
  std::unordered_map<std::string, uint32_t> storages_;  // by key
};

}  // namespace pannier
