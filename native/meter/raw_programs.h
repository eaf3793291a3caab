// Owns: the programs and maps of the meter that needs no type information (BTF): by socket, who made the socket and who
// uses it. Knows nothing of: reading them. Linux 5.7.
#pragma once

#include <cstdint>
#include <vector>

#include "native/base/result.h"
#include "native/base/unique_fd.h"

namespace nettrace {

constexpr uint32_t kRawSockets = 131072;  ///< in each table; more are counted as lost

/// Who made a socket, and who uses it; by cookie.
struct RawCreator {
  uint64_t netns_cookie = 0;
  uint64_t time_ns = 0;    ///< CLOCK_MONOTONIC
  uint64_t closed_ns = 0;  ///< 0: still open. A TCP connection may go on afterwards
  uint32_t tgid = 0;       ///< in the initial pid namespace; 0: not seen being made
  uint32_t uid = 0;        ///< real
  char name[16] = {};
  uint64_t used_ns = 0;  ///< when it was first seen sending or receiving
  uint32_t user = 0;     ///< the process that did, as tgid; 0: none was seen
  uint32_t user_uid = 0;
  char user_name[16] = {};
  uint64_t others = 0;  ///< not 0: another process has sent or received too
};

struct RawKey {
  uint64_t cookie = 0;
  uint32_t interface_index = 0;
  uint32_t reserved = 0;
};

/// One direction; all cumulative.
struct RawWay {
  uint64_t frames = 0;   ///< as the IP layer has them
  uint64_t bytes = 0;    ///< of these, from the IP header on
  uint64_t headers = 0;  ///< of these, network and transport
  uint64_t extra_packets = 0;
  uint64_t extra_bytes = 0;  ///< headers repeated by the segments of super-frames
};

/// What a socket moved on one interface; by RawKey.
struct RawCounters {
  RawWay sent;
  RawWay received;
  uint64_t listener = 0;  ///< cookie of the socket that its connection was asked of; 0: not known, or none
  uint64_t first_ns = 0;  ///< when its first packet was seen with these ends, CLOCK_MONOTONIC
  uint32_t family = 0;
  uint32_t type = 0;
  uint32_t protocol = 0;
  uint32_t state = 0;  ///< include/net/tcp_states.h
  uint32_t local_port = 0;
  uint32_t remote_port = 0;  ///< in network order, in the first two bytes
  uint8_t local[16] = {};    ///< the first four bytes for AF_INET
  uint8_t remote[16] = {};
};

/// An interface, whose MTU is the value.
struct RawMtuKey {
  uint64_t netns_cookie = 0;
  uint64_t interface_index = 0;
};

/// For what there was no room.
struct RawLosses {
  uint64_t sockets = 0;  ///< whose maker is not known therefore
  uint64_t packets = 0;
  uint64_t bytes = 0;  ///< of these packets
};

static_assert(sizeof(RawCreator) == 88 && sizeof(RawKey) == 16 && sizeof(RawCounters) == 152 &&
              sizeof(RawLosses) == 24);

/// The maps, and the programs where they are attached. Everything ends with the descriptors.
struct RawPrograms {
  UniqueFd creators;  ///< hash of RawCreator
  UniqueFd counters;  ///< hash of RawCounters
  UniqueFd
      addresses;      ///< hash that forgets: the cookie by the address of a socket in the kernel; none before Linux 6.3
  UniqueFd requests;  ///< hash that forgets: the listener by the tuple of a connection that is asked for
  UniqueFd mtus;      ///< hash of uint32_t
  UniqueFd losses;    ///< one RawLosses
  std::vector<UniqueFd> links;
  bool sees_endings = false;  ///< that sockets are closed (Linux 5.9)
  bool sees_users = false;    ///< who sends and receives (Linux 6.3)

  /// Loads and attaches. `groups`: count what came by multicast or broadcast, SocketMeterOptions.
  /// Errors: kMeterFailed with the errno of the step that failed.
  /// `users`: see who sends and receives, where the kernel tells.
  static Result<RawPrograms> open(int cgroup, bool groups, bool users);
};

}  // namespace nettrace
