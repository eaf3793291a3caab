#include "native/meter/assembler.h"

namespace nettrace {
namespace {

constexpr int kLoadWide = 0x18;  // BPF_LD | BPF_IMM | BPF_DW, of which two are zero

}  // namespace

Assembler::Label Assembler::label() {
  labels_.push_back(0);
  return {labels_.size() - 1};
}

void Assembler::place(Label label) {
  labels_[label.number] = instructions_.size();
}

void Assembler::emit(int code, Register to, Register from, int offset, int32_t value) {
  bpf_insn instruction{};
  instruction.code = static_cast<uint8_t>(code);
  instruction.dst_reg = to;
  instruction.src_reg = from;
  instruction.off = static_cast<int16_t>(offset);
  instruction.imm = value;
  instructions_.push_back(instruction);
}

void Assembler::jump_to(int code, Register left, Register right, int32_t value, Label to) {
  jumps_.push_back({instructions_.size(), to.number});
  emit(code, left, right, 0, value);
}

void Assembler::load_wide(Register to, uint8_t kind, int map) {
  emit(kLoadWide, to, static_cast<Register>(kind), 0, map);
  emit(0, R0, R0, 0, 0);
}

void Assembler::address_of(Register to, int stack_offset) {
  move(to, kFrame);
  compute(BPF_ADD, to, stack_offset);
}

void Assembler::clear(int stack_offset, size_t size) {
  for (size_t i = 0; i < size; i += 8) store(BPF_DW, kFrame, stack_offset + static_cast<int>(i), 0);
}

void Assembler::leave(int32_t result) {
  move(R0, result);
  emit(BPF_JMP | BPF_EXIT, R0, R0, 0, 0);
}

std::vector<bpf_insn> Assembler::finish() {
  for (const Jump& jump : jumps_) {
    instructions_[jump.from].off = static_cast<int16_t>(labels_[jump.label] - jump.from - 1);
  }
  return std::move(instructions_);
}

}  // namespace nettrace
