#include "native/meter/bpf_meter.h"

#include <sys/epoll.h>

#include "native/base/clock.h"
#include "native/meter/bpf_call.h"
#include "native/meter/cgroup_root.h"
#include "native/meter/generated/accounting.skel.h"
#include "native/meter/generated/accounting_stream.skel.h"
#include "native/meter/own_namespaces.h"

namespace nettrace {

BpfMeter::BpfMeter() : reader_(RecordUnits::of_system()) {}

Result<std::unique_ptr<BpfMeter>> BpfMeter::open(const SocketMeterOptions& options) {
  std::unique_ptr<BpfMeter> meter(new BpfMeter);
  meter->wake_up_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!meter->wake_up_) return Error::from_errno(ErrorCode::kResourceExhausted, "epoll_create1");
  // Processes first, so that no socket's owner began unseen in between.
  const auto take = [](MeterPart& part, Result<void> result) {
    part.works = result.ok();
    if (!result) part.error = std::move(result.error());
  };
  take(meter->status_.processes, meter->open_processes());
  if (options.injection) take(meter->status_.injection, meter->open_injection());
  if (auto opened = meter->open_accounting(options); !opened) return opened.error();
  return meter;
}

Result<void> BpfMeter::open_accounting(const SocketMeterOptions& options) {
  auto root = open_cgroup_root();
  if (!root) return std::move(root.error());
  status_.cgroup = std::move(root.value().how);
  if (options.tier != MeterTier::kReceiveStream) {
    auto tried = try_accounting(kAccountingImage, root.value().fd.get(), options);
    status_.tier = MeterTier::kReceiveLength;
    if (tried || options.tier == MeterTier::kReceiveLength || tried.error().code == ErrorCode::kNotPermitted) {
      return tried;
    }
  }
  status_.tier = MeterTier::kReceiveStream;
  return try_accounting(kAccountingStreamImage, root.value().fd.get(), options);
}

Result<void> BpfMeter::try_accounting(const SkeletonImage& image, int cgroup, const SocketMeterOptions& options) {
  auto set = ProgramSet::open_accounting(image, cgroup, options);
  if (!set) return std::move(set.error());
  const Skeleton& skeleton = set.value().skeleton;
  const UniqueFd seed = bpf_attach_iterator(skeleton.program("seed"));
  if (!seed) return attach_error("seed");
  auto ring = RingReader::open(skeleton.map("events"), METER_RING_SIZE);
  if (!ring) return std::move(ring.error());
  if (auto watched = watch(skeleton.map("events")); !watched) return watched;
  auto shown = RingReader::open(skeleton.map("shown"), METER_DUMP_RING_SIZE);
  if (!shown) return std::move(shown.error());
  if (auto run = bpf_run_once(skeleton.program("dump"), 0); !run) return attach_error("dump");
  std::vector<uint8_t> nothing;  // the seed writes no text
  if (auto seeded = bpf_run_iterator(seed.get(), nothing); !seeded) return seeded;
  socket_ring_ = std::move(ring).value();
  dump_ring_ = std::move(shown).value();
  accounting_ = std::move(set).value();
  return {};
}

Result<void> BpfMeter::open_processes() {
  auto set = ProgramSet::open_processes();
  if (!set) return std::move(set.error());
  const int events = set.value().skeleton.map("events");
  auto ring = RingReader::open(events, METER_PROCESS_RING_SIZE);
  if (!ring) return std::move(ring.error());
  if (auto watched = watch(events); !watched) return watched;
  process_ring_ = std::move(ring).value();
  processes_ = std::move(set).value();
  return {};
}

Result<void> BpfMeter::open_injection() {
  auto set = ProgramSet::open_injection();
  if (!set) return std::move(set.error());
  injection_ = std::move(set).value();
  return {};
}

Result<void> BpfMeter::watch(int ring) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(wake_up_.get(), EPOLL_CTL_ADD, ring, &event) != 0) {
    return Error::from_errno(ErrorCode::kMeterFailed, "epoll_ctl");
  }
  return {};
}

void BpfMeter::poll(MeterSink& sink) {
  hand_over(socket_ring_.end(), sink);
}

/// Whatever a process did comes after its beginning: the processes' ring is read to its end, the sockets' ring only up
/// to where it was before that.
void BpfMeter::hand_over(uint64_t end_of_socket_events, MeterSink& sink) {
  process_ring_.read_until(process_ring_.end(),
                           [&](std::span<const uint8_t> record) { reader_.read_process_event(record, sink); });
  socket_ring_.read_until(end_of_socket_events,
                          [&](std::span<const uint8_t> record) { reader_.read_socket_event(record, sink); });
}

Result<void> BpfMeter::dump(MeterSink& sink) {
  // Events that come during the dump wait for the next call: live counters are newer than all that was handed over. So
  // does one that is being written: its counters are perhaps not taken yet, and the dump would show them once more.
  const uint64_t end = socket_ring_.complete_end();
  const int dump = accounting_->skeleton.program("dump");
  auto run = bpf_run_once(dump, 1);
  hand_over(end, sink);
  for (;;) {
    dump_ring_.read_until(dump_ring_.end(),
                          [&](std::span<const uint8_t> record) { reader_.read_socket_event(record, sink); });
    if (!run || run.value() == 0) break;
    run = bpf_run_once(dump, 0);
  }
  if (injection_) {
    injection_counts_.read(injection_->skeleton.map("injectors"), monotonic_nanos(), reader_, sink);
  }
  return run ? Result<void>() : Result<void>(std::move(run.error()));
}

void BpfMeter::set_mtus(std::span<const InterfaceMtu> mtus) {
  const int map = accounting_->skeleton.map("mtus");
  const uint32_t netns = own_network_namespace();
  for (const InterfaceMtu& one : mtus) {
    const meter_mtu_key key{netns, one.interface_index};
    bpf_update(map, &key, &one.mtu);
  }
}

MeterLosses BpfMeter::losses() const {
  MeterLosses losses;
  const meter_globals sockets = accounting_->globals();
  losses.events = sockets.lost_events;
  losses.bytes = sockets.lost_bytes;
  losses.packets = sockets.lost_sockets;
  losses.tuples = sockets.lost_tuples;
  if (processes_) losses.process_events = processes_->globals().lost_events;
  if (injection_) {
    const meter_globals injection = injection_->globals();
    losses.injected_packets = injection.lost_events + injection.lost_sockets;
  }
  return losses;
}

}  // namespace nettrace
