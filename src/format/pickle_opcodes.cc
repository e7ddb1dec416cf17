// The table of opcodes: what each is called, and which of them our machine runs.
#include <array>

#include "format/pickle_machine.h"

namespace pannier {

using Machine = PickleMachine;

const PickleMachine::Opcode PickleMachine::kOpcodes[] = {
    // What torch.save writes for tensors.
    {0x80, "PROTO", &Machine::proto},
    {0x95, "FRAME", &Machine::frame},
    {'.', "STOP", &Machine::stop},
    {'N', "NONE", &Machine::none},
    {0x88, "NEWTRUE", &Machine::new_true},
    {0x89, "NEWFALSE", &Machine::new_false},
    {'K', "BININT1", &Machine::int1},
    {'M', "BININT2", &Machine::int2},
    {'J', "BININT", &Machine::int4},
    {0x8A, "LONG1", &Machine::long1},
    {'G', "BINFLOAT", &Machine::float8},
    {'X', "BINUNICODE", &Machine::text4},
    {0x8C, "SHORT_BINUNICODE", &Machine::text1},
    {'U', "SHORT_BINSTRING", &Machine::text1},  // Python 2
    {'(', "MARK", &Machine::mark},
    {')', "EMPTY_TUPLE", &Machine::empty_tuple},
    {']', "EMPTY_LIST", &Machine::empty_list},
    {'}', "EMPTY_DICT", &Machine::empty_dict},
    {'t', "TUPLE", &Machine::tuple},
    {0x85, "TUPLE1", &Machine::tuple1},
    {0x86, "TUPLE2", &Machine::tuple2},
    {0x87, "TUPLE3", &Machine::tuple3},
    {'a', "APPEND", &Machine::append},
    {'e', "APPENDS", &Machine::appends},
    {'s', "SETITEM", &Machine::set_item},
    {'u', "SETITEMS", &Machine::set_items},
    {'q', "BINPUT", &Machine::put1},
    {'r', "LONG_BINPUT", &Machine::put4},
    {0x94, "MEMOIZE", &Machine::memoize},
    {'h', "BINGET", &Machine::get1},
    {'j', "LONG_BINGET", &Machine::get4},
    {'c', "GLOBAL", &Machine::global},
    {0x93, "STACK_GLOBAL", &Machine::stack_global},
    {'R', "REDUCE", &Machine::reduce},
    {'b', "BUILD", &Machine::build},
    {'Q', "BINPERSID", &Machine::persistent_id},
    // What it never writes for them.
    {'0', "POP", nullptr},
    {'1', "POP_MARK", nullptr},
    {'2', "DUP", nullptr},
    {'B', "BINBYTES", nullptr},
    {'C', "SHORT_BINBYTES", nullptr},
    {'F', "FLOAT", nullptr},
    {'I', "INT", nullptr},
    {'L', "LONG", nullptr},
    {'P', "PERSID", nullptr},
    {'S', "STRING", nullptr},
    {'T', "BINSTRING", nullptr},
    {'V', "UNICODE", nullptr},
    {'d', "DICT", nullptr},
    {'g', "GET", nullptr},
    {'i', "INST", nullptr},
    {'l', "LIST", nullptr},
    {'o', "OBJ", nullptr},
    {'p', "PUT", nullptr},
    {0x81, "NEWOBJ", nullptr},
    {0x82, "EXT1", nullptr},
    {0x83, "EXT2", nullptr},
    {0x84, "EXT4", nullptr},
    {0x8B, "LONG4", nullptr},
    {0x8D, "BINUNICODE8", nullptr},
    {0x8E, "BINBYTES8", nullptr},
    {0x8F, "EMPTY_SET", nullptr},
    {0x90, "ADDITEMS", nullptr},
    {0x91, "FROZENSET", nullptr},
    {0x92, "NEWOBJ_EX", nullptr},
    {0x96, "BYTEARRAY8", nullptr},
    {0x97, "NEXT_BUFFER", nullptr},
    {0x98, "READONLY_BUFFER", nullptr},
};

const PickleMachine::Opcode* PickleMachine::find_opcode(uint8_t code) {
  static const std::array<const Opcode*, 256> by_code = [] {
    std::array<const Opcode*, 256> table{};
    for (const Opcode& opcode : kOpcodes) table[opcode.code] = &opcode;
    return table;
  }();
  return by_code[code];
}

}  // namespace pannier
