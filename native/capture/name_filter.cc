#include "native/capture/name_filter.h"

#include <linux/filter.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace nettrace {
namespace {

// BPF_LD, BPF_W, BPF_ADD and BPF_K are 0.
constexpr unsigned kByte = BPF_LD | BPF_B, kHalf = BPF_LD | BPF_H, kWord = BPF_LD, kLength = BPF_LD | BPF_LEN;
constexpr unsigned kAdd = BPF_ALU | BPF_ADD;

/// Places that are jumped to; they are known when all has been written.
enum class Label : uint8_t { kIpv4, kIpv6, kTransport, kTcp, kUdp, kShort, kLong, kNext };
constexpr size_t kLabels = 8;

/// Writes a program whose jumps name labels.
class Writer {
 public:
  void add(unsigned code, uint32_t operand = 0) {
    instructions_.push_back({static_cast<uint16_t>(code), 0, 0, operand});
    jumps_.push_back({Label::kNext, Label::kNext});
  }
  void jump(unsigned test, uint32_t operand, Label then, Label otherwise = Label::kNext) {
    add(BPF_JMP | test, operand);
    jumps_.back() = {then, otherwise};
  }
  void place(Label label) { places_[static_cast<size_t>(label)] = instructions_.size(); }
  /// Goes to `otherwise` unless the frame holds `bytes` from X on.
  void need(uint32_t bytes, Label otherwise) {
    add(BPF_MISC | BPF_TXA);
    add(kAdd, bytes);
    add(BPF_MISC | BPF_TAX);
    add(kLength);
    jump(BPF_JGE | BPF_X, 0, Label::kNext, otherwise);
    add(BPF_MISC | BPF_TXA);
    add(BPF_ALU | BPF_SUB | BPF_K, bytes);
    add(BPF_MISC | BPF_TAX);
  }

  std::vector<FilterInstruction> finish() {
    for (size_t i = 0; i < instructions_.size(); ++i) {
      instructions_[i].jump_true = distance(i, jumps_[i].then);
      instructions_[i].jump_false = distance(i, jumps_[i].otherwise);
    }
    return std::move(instructions_);
  }

 private:
  struct Jump {
    Label then, otherwise;
  };
  uint8_t distance(size_t from, Label to) const {
    return to == Label::kNext ? 0 : static_cast<uint8_t>(places_[static_cast<size_t>(to)] - from - 1);
  }

  std::vector<FilterInstruction> instructions_;
  std::vector<Jump> jumps_;
  std::array<size_t, kLabels> places_{};
};

constexpr uint32_t kProtocolCell = 0;

void find_transport(Writer& out, bool has_link) {
  const uint32_t link = has_link ? 14 : 0;
  constexpr uint32_t kLeast = 20, kFixed = 40;  // of the IPv4 and the IPv6 header
  out.add(kLength);
  out.jump(BPF_JGE | BPF_K, link + kLeast, Label::kNext, Label::kShort);
  if (has_link) {
    out.add(kHalf | BPF_ABS, 12);
    out.jump(BPF_JEQ | BPF_K, 0x0800, Label::kIpv4);
    out.jump(BPF_JEQ | BPF_K, 0x86dd, Label::kIpv6, Label::kShort);
  } else {
    out.add(kByte | BPF_ABS, 0);
    out.add(BPF_ALU | BPF_AND | BPF_K, 0xf0);
    out.jump(BPF_JEQ | BPF_K, 0x40, Label::kIpv4);
    out.jump(BPF_JEQ | BPF_K, 0x60, Label::kIpv6, Label::kShort);
  }
  out.place(Label::kIpv6);
  out.add(kLength);
  out.jump(BPF_JGE | BPF_K, link + kFixed, Label::kNext, Label::kShort);
  out.add(kByte | BPF_ABS, link + 6);
  out.add(BPF_ST, kProtocolCell);
  out.add(BPF_LDX | BPF_IMM, link + kFixed);
  out.jump(BPF_JEQ | BPF_K, 0, Label::kTransport, Label::kTransport);
  out.place(Label::kIpv4);
  out.add(kHalf | BPF_ABS, link + 6);
  out.jump(BPF_JSET | BPF_K, 0x3fff, Label::kShort);  // fragments
  out.add(kByte | BPF_ABS, link + 9);
  out.add(BPF_ST, kProtocolCell);
  out.add(kByte | BPF_ABS, link);
  out.add(BPF_ALU | BPF_AND | BPF_K, 0x0f);
  out.add(BPF_ALU | BPF_LSH | BPF_K, 2);
  out.add(kAdd, link);
  out.add(BPF_MISC | BPF_TAX);
  out.place(Label::kTransport);
}

void ask_ports(Writer& out) {
  constexpr uint32_t kDns = 53;
  for (const uint32_t at : {0U, 2U}) {
    out.add(kHalf | BPF_IND, at);
    out.jump(BPF_JEQ | BPF_K, kDns, Label::kLong);
  }
}

void ask_tcp(Writer& out) {
  out.place(Label::kTcp);
  ask_ports(out);
  out.add(kByte | BPF_IND, 12);
  out.add(BPF_ALU | BPF_AND | BPF_K, 0xf0);
  out.add(BPF_ALU | BPF_RSH | BPF_K, 2);
  out.add(BPF_ALU | BPF_ADD | BPF_X);
  out.add(BPF_MISC | BPF_TAX);
  out.need(6, Label::kShort);
  out.add(kHalf | BPF_IND, 0);
  out.jump(BPF_JEQ | BPF_K, 0x1603, Label::kNext, Label::kShort);
  out.add(kByte | BPF_IND, 5);
  out.jump(BPF_JEQ | BPF_K, 1, Label::kLong, Label::kShort);
}

void ask_udp(Writer& out) {
  constexpr uint32_t kHeader = 8;
  out.place(Label::kUdp);
  ask_ports(out);
  out.add(kByte | BPF_IND, kHeader);
  out.add(BPF_ALU | BPF_AND | BPF_K, 0xc0);
  out.jump(BPF_JEQ | BPF_K, 0xc0, Label::kNext, Label::kShort);
  out.add(kWord | BPF_IND, kHeader + 1);
  out.jump(BPF_JEQ | BPF_K, 1, Label::kLong);
  out.jump(BPF_JEQ | BPF_K, 0x6b3343cf, Label::kLong, Label::kShort);
}

std::vector<FilterInstruction> name_program(bool has_link, uint32_t snaplen) {
  Writer out;
  // The rule for small packets, which are the many: a frame that the snaplen keeps whole needs no look at all.
  out.add(kLength);
  out.jump(BPF_JGT | BPF_K, snaplen, Label::kNext, Label::kShort);
  find_transport(out, has_link);
  constexpr uint32_t kLeastTransport = 20;  // of TCP its header, of UDP what a DNS message has
  out.need(kLeastTransport, Label::kShort);
  out.add(BPF_LD | BPF_MEM, kProtocolCell);
  out.jump(BPF_JEQ | BPF_K, IPPROTO_TCP, Label::kTcp);
  out.jump(BPF_JEQ | BPF_K, IPPROTO_UDP, Label::kUdp, Label::kShort);
  ask_tcp(out);
  ask_udp(out);
  out.place(Label::kShort);
  out.add(BPF_RET | BPF_K, snaplen);
  out.place(Label::kLong);
  out.add(BPF_RET | BPF_K, std::max(snaplen, kNamedBytes));
  return out.finish();
}

}  // namespace

std::vector<FilterInstruction> keep_names(std::vector<FilterInstruction> program, bool has_link, uint32_t snaplen) {
  const size_t end = program.size();
  for (size_t i = 0; i < end; ++i) {
    if (program[i].code != (BPF_RET | BPF_K) || program[i].operand == 0) continue;
    program[i] = {BPF_JMP | BPF_JA, 0, 0, static_cast<uint32_t>(end - i - 1)};
  }
  const auto names = name_program(has_link, snaplen);
  program.insert(program.end(), names.begin(), names.end());
  return program;
}

}  // namespace nettrace
