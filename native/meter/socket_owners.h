// Owns: which process a local socket belongs to, by its tuple: now, and for a while after its end.
// Knows nothing of: how that is found out, and what was moved. One thread uses it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "native/meter/records.h"

namespace nettrace {

/// The owner of a socket as its last record told. Text is not kept.
struct SocketOwner {
  uint64_t cookie = 0;
  ProcessKey process;
  uint32_t netns = 0;
  bool kernel = false;
  int64_t since_ns = 0;   ///< CLOCK_MONOTONIC, when the socket was first heard of with this tuple
  int64_t closed_ns = 0;  ///< the socket is gone; 0 while it is there
};

/// What the table says of a tuple.
struct OwnerAnswer {
  enum class Kind : uint8_t { kNobody, kOne, kSeveral };
  Kind kind = Kind::kNobody;
  SocketOwner owner;       ///< where kOne
  bool connected = false;  ///< the socket has this very remote end
};

/// When a flow began, to tell the connections apart that used the same ports one after the other.
struct FlowBegin {
  int64_t time_ns = 0;       ///< of its first packet, CLOCK_MONOTONIC
  bool from_remote = false;  ///< its socket is made after that, by accept; else before
};

/// A tuple that was closed stays for kLinger: answers that come late, and the last packets of TCP (TIME_WAIT), belong
/// to whoever had it last.
class SocketOwners {
 public:
  static constexpr int64_t kLinger = 60'000'000'000;
  /// Closed sockets that are kept at most; beyond it the first to close goes.
  static constexpr size_t kMostLingering = 65'536;

  /// The socket has this owner and this tuple from now on.
  void own(const MeteredSocket& socket, const MeteredProcess& owner, int64_t time_ns);
  void close(const MeteredSocket& socket, int64_t time_ns);
  /// The owner of a flow in the network namespace `netns`: the socket that is connected so, else one bound to the local
  /// address and port, else to the port alone.
  OwnerAnswer find(uint32_t netns, const FiveTuple& tuple, std::optional<FlowBegin> begin = {}) const;
  /// As find(), without the sockets that are bound to a port alone: they do not have every address that packets have.
  OwnerAnswer find_at(uint32_t netns, const FiveTuple& tuple) const {
    return look(Where::kIn, netns, tuple, Bound::kToAddress);
  }
  /// As find(), among the sockets of every namespace but `netns`.
  OwnerAnswer find_elsewhere(uint32_t netns, const FiveTuple& tuple) const;
  /// True if a socket with this cookie is known to be open.
  bool knows(uint64_t cookie) const { return open_.contains(cookie); }
  /// When the socket was first heard of with its present tuple; 0 if it is not known.
  int64_t since(const MeteredSocket& socket) const;
  void expire(int64_t now_ns);
  size_t open_sockets() const noexcept { return open_.size(); }
  size_t lingering_sockets() const noexcept { return lingering_.size(); }

 private:
  struct KeyHash {
    size_t operator()(const FiveTuple& tuple) const noexcept;
  };
  struct Lingering {
    int64_t until_ns = 0;
    uint64_t cookie = 0;
    FiveTuple tuple;
  };

  enum class Where : uint8_t { kIn, kNotIn };
  enum class Bound : uint8_t { kInAnyWay, kToAddress };

  OwnerAnswer look(Where where, uint32_t netns, const FiveTuple& tuple, Bound bound = Bound::kInAnyWay) const;
  const SocketOwner* of_connection(uint32_t netns, const FiveTuple& tuple, const FlowBegin& begin) const;
  OwnerAnswer look_under(Where where, uint32_t netns, const FiveTuple& key) const;
  void note_datagram(const MeteredSocket& socket, const MeteredProcess& owner, int64_t time_ns);
  void forget(uint64_t cookie, const FiveTuple& tuple);
  void linger(uint64_t cookie, const FiveTuple& tuple, int64_t time_ns);

  std::unordered_map<FiveTuple, std::vector<SocketOwner>, KeyHash> by_tuple_;
  std::unordered_map<uint64_t, FiveTuple> open_;
  std::deque<Lingering> lingering_;
};

}  // namespace nettrace
