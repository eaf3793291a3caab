// Owns: traffic whose bytes on the wire are known for each process: clients that may live for a moment, and their
// server. Knows nothing of: namespaces, capturing and who compares. Runs in forked processes: no threads, no
// JavaScript.
#pragma once

#include <netinet/in.h>

#include <array>
#include <atomic>
#include <cstdint>

namespace nettrace {

enum class KnownKind : uint8_t {
  kTcp,      ///< connects, sends, reads an answer, ends
  kUdp,      ///< some datagrams, each answered
  kOneShot,  ///< one datagram, and the process ends without waiting
  kBulk,     ///< TCP in both directions as fast as it goes
  kBurst,    ///< small datagrams as fast as they go, that nobody reads
};

/// One client, in memory that all processes share. Ethernet frames without FCS, super-frames as their segments.
struct KnownClient {
  KnownKind kind = KnownKind::kTcp;
  bool v6 = false;
  std::atomic<bool> done = false;  ///< false: it could not do all that it should
  uint32_t pid = 0;
  std::atomic<uint64_t> sent_bytes = 0;
  std::atomic<uint64_t> received_bytes = 0;
  std::atomic<uint64_t> packets = 0;
};
static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

constexpr size_t kMaxClients = 400;
using KnownClients = std::array<KnownClient, kMaxClients>;

/// Where the clients send to.
struct TrafficAim {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
};

/// The whole life of a client: fills in the row `id` of `clients` and never returns.
[[noreturn]] void run_client(KnownClients& clients, uint32_t id, const TrafficAim& aim);

/// Answers clients until `commands` ends, and never returns. Writes one byte to `reports` when it is ready. A byte read
/// from `commands` asks for what TCP sent to the clients since the last time; another byte tells that it is written.
[[noreturn]] void run_server(KnownClients& clients, bool v6, int commands, int reports);

}  // namespace nettrace
