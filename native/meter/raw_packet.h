// Owns: the instructions that count a packet for its socket and interface, and that remember who listens.
// Knows nothing of: loading them, and processes.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <vector>

namespace nettrace {

/// Descriptors of the maps that the instructions refer to, RawPrograms.
struct RawMaps {
  int creators = -1;
  int counters = -1;
  int addresses = -1;  ///< -1: nobody asks for them
  int requests = -1;
  int mtus = -1;
  int losses = -1;
};

/// Both ends of a connection as its packets have them; ports in network order.
struct RawRequest {
  uint8_t remote[16];
  uint8_t local[16];
  uint16_t remote_port;
  uint16_t local_port;
  uint32_t reserved;
};

/// What a cgroup program answers: the packet, the socket may pass.
constexpr int kRawAllow = 1;

/// For the packets of one direction, BPF_PROG_TYPE_CGROUP_SKB.
std::vector<bpf_insn> raw_packet_program(const RawMaps& maps, bool sent, bool groups);

}  // namespace nettrace
