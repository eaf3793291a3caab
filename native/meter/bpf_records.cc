#include "native/meter/bpf_records.h"

#include <sys/socket.h>

#include <cstring>
#include <optional>

#include "native/base/clock.h"

namespace nettrace {
namespace {

template <typename T>
std::optional<T> read_as(std::span<const uint8_t> bytes) noexcept {
  T value;
  if (bytes.size() < sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::string_view text_of(const char* text, size_t room) noexcept {
  return {text, strnlen(text, room)};
}

/// An AF_INET6 socket that talks IPv4 has v4-mapped addresses already.
IpAddress address_of(uint8_t family, const uint8_t* bytes) noexcept {
  return family == AF_INET6 ? IpAddress::v6_bytes(bytes) : IpAddress::v4_bytes(bytes);
}

MeteredSocket socket_of(const meter_identity& id) noexcept {
  MeteredSocket socket;
  socket.cookie = id.cookie;
  socket.tuple.local = {address_of(id.family, id.local), id.local_port};
  socket.tuple.remote = {address_of(id.family, id.remote), id.remote_port};
  socket.tuple.protocol = id.protocol;
  socket.netns = id.netns;
  socket.family = id.family;
  socket.type = id.type;
  socket.datagram_tuple = (id.flags & METER_PACKET) != 0;
  return socket;
}

WayCounters way_of(const meter_way& way, uint64_t headers) noexcept {
  uint64_t payload = way.bytes - way.frames * headers - way.other_headers;
  if (payload > way.bytes) payload = 0;  // read while a packet was being counted
  return {way.frames + way.extra_packets, way.bytes + way.extra_bytes, way.frames, way.bytes, payload};
}

TrafficKind kind_of(uint32_t kind) noexcept {
  if (kind == METER_SPLIT) return TrafficKind::kSplit;
  if (kind == METER_FLUSH) return TrafficKind::kFlush;
  return kind == METER_FINAL ? TrafficKind::kFinal : TrafficKind::kLive;
}

}  // namespace

RecordUnits RecordUnits::of_system() noexcept {
  RecordUnits units;
  units.nanos_per_tick = kNanosPerSecond / clock_ticks_per_second();
  units.boot_realtime_ns = realtime_ahead_of(CLOCK_BOOTTIME);
  return units;
}

MeteredProcess RecordReader::process(const meter_owner& owner) const noexcept {
  MeteredProcess process;
  process.foreign = owner.tgid != 0 && owner.pid == 0;
  process.key = {process.foreign ? owner.tgid : owner.pid,
                 owner.start_time / static_cast<uint64_t>(units_.nanos_per_tick)};
  process.uid = owner.uid;
  process.name = text_of(owner.comm, sizeof owner.comm);
  return process;
}

MeteredProcess RecordReader::owner(const meter_identity& id) const noexcept {
  MeteredProcess owner = process(id.owner);
  owner.seen_at_it = (id.flags & METER_IO) != 0;
  owner.kernel = (id.flags & METER_KERNEL) != 0;
  owner.inherited = (id.flags & (METER_MET | METER_KERNEL)) == 0;
  owner.mixed = (id.flags & METER_MIXED) != 0;
  return owner;
}

TrafficRecord RecordReader::traffic(const meter_event& event) const noexcept {
  TrafficRecord record;
  record.kind = kind_of(event.kind);
  record.last = event.last != 0;
  record.time_ns = static_cast<int64_t>(event.time);
  record.socket = socket_of(event.id);
  record.owner = owner(event.id);
  record.interface_index = event.lane.interface == METER_NO_INTERFACE ? 0 : event.lane.interface;
  record.epoch = event.lane.epoch;
  record.several_tuples = (event.id.flags & METER_TUPLES) != 0;
  const uint64_t headers = METER_HEADERS(event.id.family == AF_INET6, event.id.protocol);
  record.counters = {way_of(event.lane.sent, headers), way_of(event.lane.received, headers)};
  record.retransmitted_bytes = event.retransmitted_bytes;
  record.retransmitted_packets = event.retransmitted_packets;
  return record;
}

void RecordReader::read_socket_event(std::span<const uint8_t> bytes, MeterSink& sink) const {
  const uint32_t kind = read_as<uint32_t>(bytes).value_or(0);
  if (kind == METER_OWNER) {
    const auto event = read_as<meter_owner_event>(bytes);
    if (event) sink.on_owner({static_cast<int64_t>(event->time), socket_of(event->id), owner(event->id)});
  } else if (kind == METER_SPLIT || kind == METER_FLUSH || kind == METER_FINAL || kind == METER_LIVE) {
    const auto event = read_as<meter_event>(bytes);
    if (event) sink.on_traffic(traffic(*event));
  }
}

void RecordReader::read_exec(std::span<const uint8_t> bytes, MeterSink& sink) const {
  const auto event = read_as<meter_exec_event>(bytes);
  if (!event || event->command_line_size > bytes.size() - sizeof *event) return;
  const MeteredProcess described = process(event->process);
  ExecRecord record;
  record.time_ns = static_cast<int64_t>(event->time);
  record.foreign = described.foreign;
  record.cut = event->command_line_size < event->whole_size;
  record.info.key = described.key;
  record.info.parent_pid = event->parent_pid;
  record.info.uid = described.uid;
  record.info.name = described.name;
  record.info.executable = text_of(event->path, sizeof event->path);
  record.file = {event->inode, event->device_major, event->device_minor};
  const auto arguments = bytes.subspan(sizeof *event, event->command_line_size);
  record.info.command_line.assign(arguments.begin(), arguments.end());
  record.info.start_realtime_ms =
      (units_.boot_realtime_ns + static_cast<int64_t>(event->process.start_time)) / kNanosPerMilli;
  sink.on_exec(record);
}

void RecordReader::read_process_event(std::span<const uint8_t> bytes, MeterSink& sink) const {
  const uint32_t kind = read_as<uint32_t>(bytes).value_or(0);
  if (kind == METER_EXEC) {
    read_exec(bytes, sink);
  } else if (kind == METER_FORK) {
    const auto event = read_as<meter_fork_event>(bytes);
    if (event) sink.on_fork({static_cast<int64_t>(event->time), process(event->parent), process(event->child)});
  } else if (kind == METER_RENAME) {
    const auto event = read_as<meter_rename_event>(bytes);
    if (event) sink.on_rename({static_cast<int64_t>(event->time), process(event->process)});
  } else if (kind == METER_EXIT) {
    const auto event = read_as<meter_exit_event>(bytes);
    if (event) sink.on_exit({static_cast<int64_t>(event->time), process(event->process)});
  }
}

InjectionRecord RecordReader::injection(const meter_injector_key& key, const meter_injector& now,
                                        const meter_injector& since) const noexcept {
  InjectionRecord record;
  record.owner = process(now.owner);
  record.owner.seen_at_it = true;
  record.netns = key.netns;
  record.interface_index = key.interface;
  record.frames = now.frames - since.frames;
  record.frame_bytes = now.bytes - since.bytes;
  record.packets = record.frames + now.extra_packets - since.extra_packets;
  record.wire_bytes = record.frame_bytes + now.extra_bytes - since.extra_bytes;
  return record;
}

}  // namespace nettrace
