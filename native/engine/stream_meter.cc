#include "native/engine/stream_meter.h"

#include <unistd.h>

#include "native/base/clock.h"
#include "native/host/visibility.h"
#include "native/meter/own_namespaces.h"

namespace nettrace {
namespace {

/// The longest uninterrupted look through the processes; most machines are looked through in less.
constexpr int64_t kScanSlice = 20 * kNanosPerMilli;
constexpr size_t kPidfdLimit = 512;

FdScanOptions scan_options(const ProcRoot& proc) {
  FdScanOptions options;
  options.sees_all = sees_all_processes(proc);
  return options;
}

MeterPart no_part() {
  return {false, Error{ErrorCode::kMeterUnsupported, "", 0, {}, "it needs BPF"}};
}

}  // namespace

StreamMeter::StreamMeter(ProcRoot proc, StreamList list, DestroyEvents ends, RouteLookup routes)
    : proc_(std::move(proc)),
      list_(std::move(list)),
      ends_(std::move(ends)),
      routes_(std::move(routes)),
      holders_(proc_, monotonic_nanos, scan_options(proc_)),
      processes_(proc_),
      watch_(processes_, kPidfdLimit),
      book_(own_network_namespace(), ::geteuid(), holders_,
            [this](const SocketRecord& socket) { return interface_of(socket); }) {
  status_.tier = MeterTier::kSockDiag;
  status_.processes = no_part();
  status_.injection = no_part();
}

Result<std::unique_ptr<SocketMeter>> StreamMeter::open(const std::string& proc_root) {
  auto proc = ProcRoot::open(proc_root);
  if (!proc) return std::move(proc.error());
  auto list = StreamList::open();
  if (!list) return std::move(list.error());
  std::vector<StreamReading> streams;
  if (auto read = list.value().read(streams); !read) return std::move(read.error());
  auto ends = DestroyEvents::open();
  if (!ends) return std::move(ends.error());
  auto routes = RouteLookup::open();
  if (!routes) return std::move(routes.error());
  return std::unique_ptr<SocketMeter>(new StreamMeter(std::move(proc).value(), std::move(list).value(),
                                                      std::move(ends).value(), std::move(routes).value()));
}

uint32_t StreamMeter::interface_of(const SocketRecord& socket) {
  if (socket.interface != 0) return socket.interface;
  return routes_.interface_of(socket.local.address, socket.remote.address, monotonic_nanos());
}

/// Two listings: a connection that the first has missed is not to be taken for a new one. Of one that ends between
/// them the first knows.
Result<void> StreamMeter::begin() {
  // What ended until now is not counted: after this, every end that comes is of a listed or of a new connection.
  static_cast<void>(ends_.read(ended_));
  ended_.clear();
  for (int listing = 0; listing < 2; ++listing) {
    streams_.clear();
    if (auto read = list_.read(streams_); !read) return read;
    book_.begin(streams_);
  }
  begun_ = true;
  return {};
}

void StreamMeter::take_ends() {
  // A failure is an overrun, which is counted, or comes again with the next listing.
  static_cast<void>(ends_.read(ended_));
  for (const DestroyedSocket& one : ended_) book_.end(one);
  ended_.clear();
}

void StreamMeter::find_holders(int64_t now_ns) {
  changed_.clear();
  holders_.scan(now_ns, now_ns + kScanSlice, changed_);
}

void StreamMeter::poll(MeterSink&) {
  if (!begun_) return;
  take_ends();
  if (book_.questions() > 0) find_holders(monotonic_nanos());
}

Result<void> StreamMeter::dump(MeterSink& sink) {
  if (!begun_) return begin();
  const int64_t now_ns = monotonic_nanos();
  take_ends();
  streams_.clear();
  if (auto read = list_.read(streams_); !read) {
    read.error().code = ErrorCode::kMeterFailed;
    return read;
  }
  book_.read(streams_);
  book_.report(now_ns, sink);
  if (book_.questions() > 0) {
    find_holders(monotonic_nanos());
    book_.report(now_ns, sink);
  }
  for (const ProcessKey& process : book_.take_new_owners()) watch_.add(process);
  std::vector<ProcessKey> gone;
  watch_.ended(now_ns, gone);
  for (const ProcessKey& key : gone) {
    ExitRecord record;
    record.time_ns = now_ns;
    record.process.key = key;
    sink.on_exit(record);
  }
  return {};
}

/// How many ends an overrun swallowed is not told: each is one at least.
MeterLosses StreamMeter::losses() const {
  MeterLosses losses;
  losses.events = ends_.overruns();
  return losses;
}

}  // namespace nettrace
