// Owns: turning the meter's records, which are sums since some moment, into additions and moves that a ledger can
// follow. Pure. Knows nothing of: BPF, and how the ledger names its accounts.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "native/meter/records.h"

namespace nettrace {

/// Who receives additions and moves.
class BookSink {
 public:
  virtual ~BookSink() = default;
  /// More bytes of this owner on this interface. An owner without a pid is not known (yet), or is the kernel.
  virtual void on_charge(const MeteredSocket& socket, const MeteredProcess& owner, uint32_t interface_index,
                         const LaneCounters& counters) = 0;
  /// What was charged to `from` was `to`'s: the first to do input or output owns what came before, such as the
  /// handshake.
  virtual void on_move(const MeteredSocket& socket, const ProcessKey& from, const MeteredProcess& to,
                       uint32_t interface_index, const LaneCounters& counters) = 0;
  /// TCP payload that was sent again.
  virtual void on_retransmission(const MeteredSocket&, const MeteredProcess&, uint64_t /*bytes*/,
                                 uint64_t /*packets*/) {}
  /// The socket has this owner from now on; also before anything was charged. Of a raw socket also whenever its packets
  /// have another tuple, the owner being the same (MeteredSocket::datagram_tuple).
  virtual void on_owned(const MeteredSocket&, const MeteredProcess&) {}
  /// The socket is gone.
  virtual void on_closed(const MeteredSocket&) {}
};

/// Remembers what of each open socket has been passed on. Each byte is charged once, whatever mixture of live counters,
/// splits and final records tells of it.
class SocketBooks final : public MeterSink {
 public:
  /// How long it is waited for the one who serves an accepted connection, before the listener's owner is charged.
  static constexpr int64_t kInheritedWait = 30'000'000;

  explicit SocketBooks(BookSink& sink) noexcept : sink_(sink) {}

  void on_owner(const OwnerRecord& record) override;
  void on_traffic(const TrafficRecord& record) override;

  size_t open_sockets() const noexcept { return sockets_.size(); }

 private:
  /// Counters of one interface since they were last zero.
  struct Page {
    uint32_t interface_index = 0;
    uint32_t epoch = 0;
    ProcessKey owner;
    LaneCounters charged;
  };
  struct Socket {
    ProcessKey owner;
    int64_t first_ns = 0;  ///< when the socket was first heard of
    int64_t owner_ns = 0;  ///< when that was last heard
    bool kernel = false;
    bool inherited = false;
    uint64_t retransmitted_bytes = 0;  ///< of the present owner, passed on
    uint64_t retransmitted_packets = 0;
    std::vector<Page> pages;
  };

  Socket& state_of(uint64_t cookie, int64_t time_ns);
  void learn_owner(Socket& state, const MeteredSocket& socket, const MeteredProcess& owner, int64_t time_ns);
  void give_page(Page& page, const MeteredSocket& socket, const MeteredProcess& owner);
  void charge_page(Socket& state, const TrafficRecord& record);
  void charge_retransmissions(Socket& state, const TrafficRecord& record);

  BookSink& sink_;
  std::unordered_map<uint64_t, Socket> sockets_;
};

}  // namespace nettrace
