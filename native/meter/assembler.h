// Owns: writing BPF instructions by hand (Documentation/bpf/standardization/instruction-set.rst), with labels.
// Knows nothing of: what a program does. No type information, no libbpf.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace nettrace {

/// R0 is a call's result, R1 to R5 its arguments; R6 to R9 survive it; kFrame is the end of the stack, 512 bytes below.
enum Register : uint8_t { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, kFrame };

/// Appends instructions one by one. A label may be jumped to before it is placed.
class Assembler {
 public:
  struct Label {
    size_t number = 0;
  };

  Label label();
  void place(Label label);

  void move(Register to, Register from) { emit(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  void move(Register to, int32_t value) { emit(BPF_ALU64 | BPF_MOV | BPF_K, to, R0, 0, value); }
  /// `operation`: BPF_ADD, BPF_AND, BPF_LSH, ...
  void compute(uint8_t operation, Register to, Register from) { emit(BPF_ALU64 | operation | BPF_X, to, from, 0, 0); }
  void compute(uint8_t operation, Register to, int32_t value) { emit(BPF_ALU64 | operation | BPF_K, to, R0, 0, value); }
  /// `size`: BPF_B, BPF_H, BPF_W, BPF_DW.
  void load(uint8_t size, Register to, Register from, int offset) {
    emit(BPF_LDX | BPF_MEM | size, to, from, offset, 0);
  }
  void store(uint8_t size, Register to, int offset, Register from) {
    emit(BPF_STX | BPF_MEM | size, to, from, offset, 0);
  }
  void store(uint8_t size, Register to, int offset, int32_t value) {
    emit(BPF_ST | BPF_MEM | size, to, R0, offset, value);
  }
  /// Eight bytes, atomically.
  void add_to(Register to, int offset, Register from) {
    emit(BPF_STX | BPF_ATOMIC | BPF_DW, to, from, offset, BPF_ADD);
  }
  void call(int helper) { emit(BPF_JMP | BPF_CALL, R0, R0, 0, helper); }
  void jump(Label to) { jump_to(BPF_JMP | BPF_JA, R0, R0, 0, to); }
  /// `condition`: BPF_JEQ, BPF_JGT (unsigned), ...
  void jump_if(uint8_t condition, Register left, int32_t right, Label to) {
    jump_to(BPF_JMP | condition | BPF_K, left, R0, right, to);
  }
  void jump_if(uint8_t condition, Register left, Register right, Label to) {
    jump_to(BPF_JMP | condition | BPF_X, left, right, 0, to);
  }
  void load_map(Register to, int map) { load_wide(to, BPF_PSEUDO_MAP_FD, map); }
  /// The address of the first value of an array.
  void load_map_value(Register to, int map) { load_wide(to, BPF_PSEUDO_MAP_VALUE, map); }
  void address_of(Register to, int stack_offset);
  /// Zeroes a part of the stack; `size` is a multiple of eight.
  void clear(int stack_offset, size_t size);
  /// Ends the program.
  void leave(int32_t result);

  /// With all jumps resolved.
  std::vector<bpf_insn> finish();

 private:
  struct Jump {
    size_t from = 0;
    size_t label = 0;
  };
  void emit(int code, Register to, Register from, int offset, int32_t value);
  void jump_to(int code, Register left, Register right, int32_t value, Label to);
  void load_wide(Register to, uint8_t kind, int map);

  std::vector<bpf_insn> instructions_;
  std::vector<size_t> labels_;
  std::vector<Jump> jumps_;
};

}  // namespace nettrace
