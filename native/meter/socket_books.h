// Owns: turning the meter's records, which are sums since some moment, into additions and moves that a ledger can
// follow. Pure. Knows nothing of: BPF, and how the ledger names its accounts.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "native/meter/records.h"

namespace nettrace {

/// Whom bytes were charged to; as in MeteredProcess.
struct ChargedTo {
  ProcessKey process;
  bool kernel = false;
  bool mixed = false;
  Reason reason = Reason::kNone;
  friend bool operator==(const ChargedTo&, const ChargedTo&) = default;
};

inline ChargedTo charged_to(const MeteredProcess& owner) noexcept {
  return {owner.key, owner.kernel, owner.mixed, owner.reason};
}

/// What else tells of the bytes.
enum class Beside : uint8_t {
  kNothing,
  /// Packets are captured and charged by their own tuples: what cannot be given to one tuple, or to its owner yet, is
  /// left to them.
  kPackets,
};

/// Who receives additions and moves.
class BookSink {
 public:
  virtual ~BookSink() = default;
  /// More bytes of this owner on this interface. An owner without a pid is not known (yet), or is the kernel.
  virtual void on_charge(const MeteredSocket& socket, const MeteredProcess& owner, uint32_t interface_index,
                         const LaneCounters& counters) = 0;
  /// What was charged to `from` was `to`'s: the first to do input or output owns what came before, such as the
  /// handshake.
  virtual void on_move(const MeteredSocket& socket, const ChargedTo& from, const MeteredProcess& to,
                       uint32_t interface_index, const LaneCounters& counters) = 0;
  /// TCP payload that was sent again.
  virtual void on_retransmission(const MeteredSocket&, const MeteredProcess&, uint64_t /*bytes*/,
                                 uint64_t /*packets*/) {}
  /// The socket has this owner from now on; also before anything was charged. Nobody, with the reason kPending, while
  /// whoever serves it is waited for. Of a raw socket also whenever its packets have another tuple, the owner being the
  /// same (MeteredSocket::datagram_tuple).
  virtual void on_owned(const MeteredSocket&, const MeteredProcess&) {}
  /// The socket is gone.
  virtual void on_closed(const MeteredSocket&) {}
};

/// Remembers what of each open socket has been passed on. Each byte is charged once, whatever mixture of live counters,
/// splits and final records tells of it.
class SocketBooks final : public MeterSink {
 public:
  /// How long it is waited for the one who serves an accepted connection, before the listener's owner is charged: as
  /// long as a busy machine may keep a new process from running. Until then the bytes are nobody's (kPending).
  static constexpr int64_t kInheritedWait = 2'000'000'000;

  explicit SocketBooks(BookSink& sink, Beside beside = Beside::kNothing) noexcept : sink_(sink), beside_(beside) {}

  void on_owner(const OwnerRecord& record) override;
  void on_traffic(const TrafficRecord& record) override;
  /// What was charged so far is none of the sink's business: it will not be moved.
  void start_counting();
  /// Whose time is over (kInheritedWait) is the listener's owner's now.
  void release(int64_t now_ns);
  /// From now on nobody is waited for.
  void finish() {
    patient_ = false;
    release(std::numeric_limits<int64_t>::max());
  }
  /// Whoever serves this connection is still waited for.
  bool is_waiting(uint64_t cookie) const noexcept { return waiting_.contains(cookie); }
  /// When release() has something to do, CLOCK_MONOTONIC.
  int64_t next_release() const noexcept {
    return waiting_order_.empty() ? std::numeric_limits<int64_t>::max() : waiting_order_.front().first;
  }

  size_t open_sockets() const noexcept { return sockets_.size(); }

 private:
  /// Counters of one interface since they were last zero.
  struct Page {
    uint32_t interface_index = 0;
    uint32_t epoch = 0;
    ChargedTo to;
    LaneCounters charged;
    LaneCounters left_out;  ///< was left to the packets, or is from before start_counting()
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
  /// An accepted connection that nobody was seen at.
  struct Waiting {
    MeteredSocket socket;
    MeteredProcess owner;  ///< without its name
    int64_t until_ns = 0;
  };

  bool is_early(const Socket& state, const MeteredSocket& socket, const MeteredProcess& owner,
                int64_t time_ns) const noexcept;
  void wait(const Socket& state, const MeteredSocket& socket, const MeteredProcess& owner);
  void give_page(Page& page, const MeteredSocket& socket, const MeteredProcess& owner);
  void charge_page(Socket& state, const TrafficRecord& record, const MeteredProcess& owner);
  void charge_retransmissions(Socket& state, const TrafficRecord& record);

  BookSink& sink_;
  Beside beside_;
  bool patient_ = true;
  std::unordered_map<uint64_t, Socket> sockets_;
  std::unordered_map<uint64_t, Waiting> waiting_;           ///< by cookie
  std::deque<std::pair<int64_t, uint64_t>> waiting_order_;  ///< (until, cookie) of those, and of some more
};

}  // namespace nettrace
