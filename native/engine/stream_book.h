// Owns: TCP connections from one reading to the next: what each moved, and who had it meanwhile, as records of a socket
// meter. Knows nothing of: netlink and /proc; readings, holders and routes are handed in.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "native/engine/stream_tally.h"
#include "native/host/destroy_events.h"
#include "native/host/holder_source.h"
#include "native/host/stream_list.h"

namespace nettrace {

/// Bytes are told of when their owner is known, which is after a whole look through the processes: until then they
/// wait here. Owner is the one process that holds the socket; several, or none that can be seen, are a reason. Before a
/// connection's new bytes are told the descriptor is looked at again: where it has changed hands, what moved in between
/// is nobody's (kHandedOver). A connection that was over before it was found with a holder is kClosedBeforeSeen.
class StreamBook {
 public:
  using InterfaceOf = std::function<uint32_t(const SocketRecord&)>;

  /// `netns`: the inode that records carry; `uid`: whose sockets can have a holder that is seen. `holders` outlives
  /// this object.
  StreamBook(uint32_t netns, uint32_t uid, HolderSource& holders, InterfaceOf interface_of)
      : netns_(netns), uid_(uid), holders_(holders), interface_of_(std::move(interface_of)) {}

  /// These connections were there before: they count from here.
  void begin(std::span<const StreamReading> streams);
  /// All connections there are now. One that is missing three times running is over, its last bytes untold.
  void read(std::span<const StreamReading> streams);
  /// The kernel has freed the socket: these are its last counts.
  void end(const DestroyedSocket& socket);
  /// Asks for holders, and tells of everything that has an owner and has moved.
  void report(int64_t now_ns, MeterSink& sink);

  /// Owners that are new since the last call.
  std::vector<ProcessKey> take_new_owners() { return std::exchange(new_owners_, {}); }
  /// Connections whose holders are being looked for.
  size_t questions() const noexcept { return questions_; }
  /// The last listing missed connections whose end has not been told: that is on its way, mostly.
  bool awaits_ends() const noexcept;
  size_t size() const noexcept { return streams_.size(); }

 private:
  struct Stream {
    SocketRecord socket;  ///< as last read
    uint32_t inode = 0;   ///< the last that was not 0
    uint32_t interface = 0;
    StreamTally tally;
    bool over = false;     ///< nothing more will come
    bool asking = false;   ///< its holders are being looked for
    bool changed = false;  ///< `holder` has let go of it: what has moved since is not yet anybody's
    Holder holder;         ///< of the epoch; or
    Reason reason = Reason::kNone;
    uint32_t epoch = 1;
    LaneCounters epoch_base;  ///< of the tally when the epoch began
    uint64_t retransmitted_base = 0;
    uint64_t retransmitted_packets_base = 0;
    LaneCounters told;
    int64_t asked_ns = 0;
    bool asked_twice = false;
    uint32_t seen = 0;  ///< number of the last listing that had it

    bool known() const noexcept { return holder.process || reason != Reason::kNone; }
  };

  void advance(const StreamReading& reading);
  Stream new_stream(const SocketRecord& socket, const StreamCounts& from);
  void settle(Stream& stream, int64_t now_ns, MeterSink& sink);
  void look_again(Stream& stream, int64_t now_ns, MeterSink& sink);
  void ask(Stream& stream, int64_t now_ns);
  void judge(Stream& stream, int64_t now_ns, MeterSink& sink);
  void finish(Stream& stream, int64_t now_ns, MeterSink& sink);
  void give(Stream& stream, const Holder& holder, Reason reason, int64_t now_ns, MeterSink& sink);
  void tell(Stream& stream, TrafficKind kind, const LaneCounters& at, int64_t now_ns, MeterSink& sink);
  void begin_epoch(Stream& stream, int64_t now_ns, MeterSink& sink);

  uint32_t netns_;
  uint32_t uid_;
  HolderSource& holders_;
  InterfaceOf interface_of_;
  std::unordered_map<uint64_t, Stream> streams_;  ///< by cookie
  std::vector<Stream> replaced_;                  ///< of sockets that were connected anew
  std::vector<ProcessKey> new_owners_;
  uint32_t listing_ = 0;
  size_t questions_ = 0;
};

}  // namespace nettrace
