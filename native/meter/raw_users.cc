#include "native/meter/raw_users.h"

#include <sys/socket.h>

#include <cstddef>

#include "native/meter/assembler.h"
#include "native/meter/raw_programs.h"

namespace nettrace {
namespace {

/// The arguments of both tracepoints: struct sock*, int, int.
constexpr int kSock = 0, kResult = 8, kFlags = 16;

constexpr int kCookie = -8;
constexpr int kAddress = kCookie - 8;
constexpr int kCreator = kAddress - static_cast<int>(sizeof(RawCreator));

void look_up(Assembler& a, int map, int key) {
  a.load_map(R1, map);
  a.address_of(R2, key);
  a.call(BPF_FUNC_map_lookup_elem);
}

/// R7: the process, R8: what is known of the socket.
std::vector<bpf_insn> user_program(const RawMaps& maps, bool sent) {
  Assembler a;
  const auto out = a.label();
  const auto known = a.label();
  const auto first = a.label();
  a.move(R6, R1);
  a.load(BPF_DW, R1, R6, kResult);
  a.compute(BPF_LSH, R1, 32);
  a.compute(BPF_ARSH, R1, 32);
  a.jump_if(BPF_JSLE, R1, 0, out);
  if (!sent) {  // a look takes nothing
    a.load(BPF_DW, R1, R6, kFlags);
    a.jump_if(BPF_JSET, R1, MSG_PEEK | MSG_ERRQUEUE, out);
  }
  a.load(BPF_DW, R1, R6, kSock);
  a.store(BPF_DW, kFrame, kAddress, R1);
  look_up(a, maps.addresses, kAddress);
  a.jump_if(BPF_JEQ, R0, 0, out);
  a.load(BPF_DW, R1, R0, 0);
  a.store(BPF_DW, kFrame, kCookie, R1);
  a.call(BPF_FUNC_get_current_pid_tgid);
  a.move(R7, R0);
  a.compute(BPF_RSH, R7, 32);
  a.jump_if(BPF_JEQ, R7, 0, out);
  look_up(a, maps.creators, kCookie);
  a.jump_if(BPF_JNE, R0, 0, known);
  // An accepted socket: nobody was seen making it.
  a.clear(kCreator, sizeof(RawCreator));
  a.load_map(R1, maps.creators);
  a.address_of(R2, kCookie);
  a.address_of(R3, kCreator);
  a.move(R4, BPF_NOEXIST);
  a.call(BPF_FUNC_map_update_elem);
  look_up(a, maps.creators, kCookie);
  a.jump_if(BPF_JEQ, R0, 0, out);
  a.place(known);
  a.move(R8, R0);
  a.load(BPF_W, R1, R8, offsetof(RawCreator, user));
  a.jump_if(BPF_JEQ, R1, 0, first);
  a.jump_if(BPF_JEQ, R1, R7, out);
  a.move(R1, 1);
  a.store(BPF_DW, R8, offsetof(RawCreator, others), R1);
  a.jump(out);
  a.place(first);
  a.move(R1, R8);
  a.compute(BPF_ADD, R1, offsetof(RawCreator, user_name));
  a.move(R2, sizeof(RawCreator::user_name));
  a.call(BPF_FUNC_get_current_comm);
  a.call(BPF_FUNC_get_current_uid_gid);
  a.store(BPF_W, R8, offsetof(RawCreator, user_uid), R0);
  a.call(BPF_FUNC_ktime_get_ns);
  a.store(BPF_DW, R8, offsetof(RawCreator, used_ns), R0);
  a.store(BPF_W, R8, offsetof(RawCreator, user), R7);  // last: the reader goes by it
  a.place(out);
  a.leave(0);
  return a.finish();
}

}  // namespace

std::vector<RawTracepoint> raw_user_programs(const RawMaps& maps) {
  return {{kSendTracepoint, user_program(maps, true)}, {kReceiveTracepoint, user_program(maps, false)}};
}

}  // namespace nettrace
