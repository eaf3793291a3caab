// Owns: the instructions that remember which process sends and receives on a socket: raw tracepoints, without type
// information. Knows nothing of: loading them, and packets. Linux 6.3.
#pragma once

#include <linux/bpf.h>

#include <vector>

#include "native/meter/raw_packet.h"

namespace nettrace {

struct RawTracepoint {
  const char* name;  ///< include/trace/events/sock.h
  std::vector<bpf_insn> instructions;
};

constexpr const char* kSendTracepoint = "sock_send_length";
constexpr const char* kReceiveTracepoint = "sock_recv_length";

/// What they write is in RawCreator. Both run in the context of the process, after the call has moved something.
std::vector<RawTracepoint> raw_user_programs(const RawMaps& maps);

}  // namespace nettrace
