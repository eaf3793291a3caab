// Owns: the socket meter that needs no right (MeterTier::kSockDiag): reads what TCP counts, finds holders in
// /proc/PID/fd. Knows nothing of: how counts become records (stream_book).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "native/engine/stream_book.h"
#include "native/host/destroy_events.h"
#include "native/host/fd_scan.h"
#include "native/host/process_info.h"
#include "native/host/process_watch.h"
#include "native/host/route_lookup.h"
#include "native/host/stream_list.h"
#include "native/meter/socket_meter.h"

namespace nettrace {

/// Every TCP connection of our own network namespace is counted, whoever has it; the process is named where its
/// descriptors may be read. Other protocols are not counted: their sockets have no counts.
class StreamMeter final : public SocketMeter {
 public:
  /// Errors: kProcUnreadable, else as StreamList::read().
  static Result<std::unique_ptr<SocketMeter>> open(const std::string& proc_root);

  const MeterStatus& status() const noexcept override { return status_; }
  /// Takes up the ends of connections and looks for holders; records come from dump() alone.
  void poll(MeterSink& sink) override;
  /// The first call counts nothing: whatever there is counts from there.
  Result<void> dump(MeterSink& sink) override;
  void set_mtus(std::span<const InterfaceMtu>) override {}
  MeterLosses losses() const override;
  /// Readable when connections have ended, and when the look for holders is to go on.
  int fd() const noexcept override { return news_.get(); }

 private:
  StreamMeter(ProcRoot proc, StreamList list, DestroyEvents ends, RouteLookup routes);
  Result<void> watch_news();
  Result<void> begin();
  void take_ends();
  void await_ends();
  void find_holders(int64_t slice_ns);
  uint32_t interface_of(const SocketRecord& socket);

  ProcRoot proc_;
  StreamList list_;
  DestroyEvents ends_;
  RouteLookup routes_;
  FdScan holders_;
  ProcessInfoReader processes_;
  ProcessWatch watch_;
  StreamBook book_;
  UniqueFd timer_;
  UniqueFd news_;
  MeterStatus status_;
  bool begun_ = false;
  std::vector<StreamReading> streams_;
  std::vector<DestroyedSocket> ended_;
  std::vector<uint32_t> changed_;
};

}  // namespace nettrace
