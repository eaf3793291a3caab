// Owns: the sockets that one dump told of, found by tuple or by local port as the kernel would match them.
// Knows nothing of: processes, and how the dump was made.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/host/socket_record.h"

namespace nettrace {

/// A snapshot of sockets. Filled once, then asked.
class SocketTable {
 public:
  /// `seed` keys the hash: the far ends of tuples are chosen by strangers.
  explicit SocketTable(uint64_t seed = 0) noexcept : seed_(seed) {}

  /// Records to be added to; index() makes them searchable.
  std::vector<SocketRecord>& records() noexcept { return records_; }
  std::span<const SocketRecord> records() const noexcept { return records_; }
  void index();
  size_t size() const noexcept { return records_.size(); }

  /// The connected socket with these two ends, or nullptr. A socket bound to another device than `interface` (0: any)
  /// is taken only where no other has the tuple.
  const SocketRecord* connected(const Endpoint& local, const Endpoint& remote, uint32_t interface) const noexcept;

  /// Appends the sockets without a far end that take packets for `local` arriving on `interface`: bound to the address
  /// or a wildcard, dual-stack ones for IPv4 included.
  void bound(const Endpoint& local, uint32_t interface, std::vector<const SocketRecord*>& found) const;

  /// As bound(), but only those that the kernel prefers over the others: address before wildcard, then device, then
  /// own family (compute_score in net/ipv4/inet_hashtables.c). Several are left in a SO_REUSEPORT group.
  void best_bound(const Endpoint& local, uint32_t interface, std::vector<const SocketRecord*>& found) const;

  /// Appends raw sockets of `protocol` that could send from, or take packets for, `local`.
  void raw(uint8_t protocol, const IpAddress& local, uint32_t interface, std::vector<const SocketRecord*>& found) const;
  /// Appends ping sockets of `protocol` with this echo identifier.
  void ping(uint8_t protocol, const Endpoint& local, std::vector<const SocketRecord*>& found) const;

 private:
  static constexpr uint32_t kEnd = UINT32_MAX;
  size_t bucket(const Endpoint& local, const Endpoint& remote) const noexcept;
  size_t bucket(uint16_t port) const noexcept;

  uint64_t seed_;
  std::vector<SocketRecord> records_;
  std::vector<uint32_t> tuple_heads_;  ///< connected sockets by both ends
  std::vector<uint32_t> port_heads_;   ///< the others by local port
  std::vector<uint32_t> next_;         ///< the next record in the same bucket; each record is in one chain
};

/// True if a socket bound as `record` takes packets for this address on this interface (0: not known).
bool binds(const SocketRecord& record, const IpAddress& address, uint32_t interface) noexcept;

}  // namespace nettrace
