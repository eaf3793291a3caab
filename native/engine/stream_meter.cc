#include "native/engine/stream_meter.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "native/base/clock.h"
#include "native/host/visibility.h"
#include "native/meter/own_namespaces.h"

namespace nettrace {
namespace {

/// The longest uninterrupted look through the processes. In a dump it is short: the next one comes the later, the
/// longer one took.
constexpr int64_t kScanSlice = 20 * kNanosPerMilli;
constexpr int64_t kScanSliceOfDump = 4 * kNanosPerMilli;
constexpr int64_t kEndsPatience = 50 * kNanosPerMilli;
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
  std::unique_ptr<StreamMeter> meter(new StreamMeter(std::move(proc).value(), std::move(list).value(),
                                                     std::move(ends).value(), std::move(routes).value()));
  if (auto watched = meter->watch_news(); !watched) return std::move(watched.error());
  return std::unique_ptr<SocketMeter>(std::move(meter));
}

Result<void> StreamMeter::watch_news() {
  timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  news_.reset(::epoll_create1(EPOLL_CLOEXEC));
  for (const int fd : {timer_.get(), ends_.fd()}) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(news_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      return Error::from_errno(ErrorCode::kResourceExhausted, "epoll_ctl");
    }
  }
  return {};
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

/// The kernel tells of an end from a work queue (sock_diag_broadcast_destroy), a little after the socket has left the
/// listing: its last bytes would be missing from the last reading of all.
void StreamMeter::await_ends() {
  const int64_t until_ns = monotonic_nanos() + kEndsPatience;
  while (book_.awaits_ends()) {
    const int64_t left_ns = until_ns - monotonic_nanos();
    pollfd one{ends_.fd(), POLLIN, 0};
    if (left_ns <= 0 || ::poll(&one, 1, static_cast<int>(left_ns / kNanosPerMilli) + 1) <= 0) return;
    take_ends();
  }
}

/// Setting the timer also ends its being readable.
void StreamMeter::find_holders(int64_t slice_ns) {
  int64_t next_ns = 0;  // never
  if (book_.questions() > 0) {
    const int64_t now_ns = monotonic_nanos();
    changed_.clear();
    holders_.scan(now_ns, now_ns + slice_ns, changed_);
    const int64_t deadline = holders_.next_deadline();
    if (deadline != std::numeric_limits<int64_t>::max()) next_ns = std::max<int64_t>(deadline, 1);
  }
  const itimerspec at{{}, {next_ns / kNanosPerSecond, static_cast<long>(next_ns % kNanosPerSecond)}};
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
}

void StreamMeter::poll(MeterSink&) {
  if (!begun_) return;
  take_ends();
  find_holders(kScanSlice);
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
  await_ends();
  book_.report(now_ns, sink);
  const bool asked = book_.questions() > 0;
  find_holders(kScanSliceOfDump);
  if (asked) book_.report(now_ns, sink);
  for (const ProcessKey& process : book_.take_new_owners()) watch_.add(process);
  std::vector<ProcessEnd> gone;
  watch_.ended(now_ns, gone);
  for (const ProcessEnd& end : gone) {
    ExitRecord record;
    record.time_ns = end.time_ns;
    record.process.key = end.process;
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
