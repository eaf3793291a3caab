#include "native/meter/raw_meter.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "native/base/clock.h"
#include "native/meter/bpf_call.h"
#include "native/meter/cgroup_root.h"
#include "native/meter/meter_error.h"
#include "native/meter/own_namespaces.h"

namespace nettrace {
namespace {

/// A closed TCP connection may still have something to send or to receive.
constexpr int64_t kStreamLingers = 30 * kNanosPerSecond;
/// Where the tables are half full, or the end of a socket is not seen, silence ends it.
constexpr int64_t kSilence = 60 * kNanosPerSecond;

template <typename T>
T element(const std::vector<uint8_t>& bytes, size_t index) noexcept {
  T value;
  std::memcpy(&value, &bytes[index * sizeof value], sizeof value);
  return value;
}

MeterPart no_part() {
  return {false, Error{ErrorCode::kMeterUnsupported, "bpf", 0, {}, "it needs the kernel's type information (BTF)"}};
}

bool is_stream(const RawCounters& counters) noexcept {
  return counters.protocol == IPPROTO_TCP && counters.type == SOCK_STREAM;
}

IpAddress address_of(uint32_t family, const uint8_t* bytes) noexcept {
  return family == AF_INET6 ? IpAddress::v6_bytes(bytes) : IpAddress::v4_bytes(bytes);
}

MeteredSocket socket_of(uint64_t cookie, uint32_t netns, const RawCounters& counters) noexcept {
  MeteredSocket socket;
  socket.cookie = cookie;
  socket.tuple.local = {address_of(counters.family, counters.local), static_cast<uint16_t>(counters.local_port)};
  socket.tuple.remote = {address_of(counters.family, counters.remote),
                         ntohs(static_cast<uint16_t>(counters.remote_port))};
  socket.tuple.protocol = static_cast<uint8_t>(counters.protocol);
  socket.netns = netns;
  socket.family = static_cast<uint16_t>(counters.family);
  socket.type = static_cast<uint8_t>(counters.type);
  return socket;
}

bool same_socket(const RawCounters& a, const RawCounters& b) noexcept {
  const size_t tuple = offsetof(RawCounters, family);
  return std::memcmp(&a.family, &b.family, sizeof a - tuple) == 0;
}
bool same_bytes(const RawCounters& a, const RawCounters& b) noexcept {
  return a.sent.frames == b.sent.frames && a.received.frames == b.received.frames;
}

WayCounters way_of(const RawWay& way) noexcept {
  return {way.frames + way.extra_packets, way.bytes + way.extra_bytes, way.frames, way.bytes, way.bytes - way.headers};
}

TrafficRecord traffic(TrafficKind kind, int64_t now_ns, uint32_t interface_index, const RawCounters& counters) {
  TrafficRecord record;
  record.kind = kind;
  record.time_ns = now_ns;
  record.interface_index = interface_index;
  record.epoch = 1;
  record.counters = {way_of(counters.sent), way_of(counters.received)};
  return record;
}

}  // namespace

RawMeter::RawMeter(RawPrograms programs, bool alone)
    : programs_(std::move(programs)), alone_(alone), creators_(RecordUnits::of_system()) {
  status_.tier = MeterTier::kCgroup;
  status_.sees_users = programs_.sees_users;
  status_.processes = no_part();
  status_.injection = no_part();
}

Result<std::unique_ptr<RawMeter>> RawMeter::open(const SocketMeterOptions& options) {
  auto root = open_cgroup_root();
  if (!root) return std::move(root.error());
  auto programs = RawPrograms::open(root.value().fd.get(), options.groups, options.users);
  if (!programs) return classify_meter_error(std::move(programs.error()));
  std::unique_ptr<RawMeter> meter(new RawMeter(std::move(programs).value(), options.groups));
  meter->status_.cgroup = std::move(root.value().how);
  meter->never_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!meter->never_) return Error::from_errno(ErrorCode::kResourceExhausted, "eventfd");
  if (!options.injection) meter->status_.injection = {};
  meter->learn_own_namespace();
  return meter;
}

/// What the program says of a socket of our own. SO_NETNS_COOKIE would tell too, since Linux 5.14.
void RawMeter::learn_own_namespace() {
  const UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  RawCreator creator;
  if (!any || ::getsockopt(any.get(), SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0) return;
  if (!bpf_lookup(programs_.creators.get(), &cookie, &creator)) return;
  own_netns_cookie_ = creator.netns_cookie;
  creators_.learn_own(own_netns_cookie_);
}

MeteredProcess RawMeter::process(const Socket& socket) const noexcept {
  const RawCreator& known = socket.creator;
  const bool used = known.user != 0;
  MeteredProcess process;
  process.kernel = socket.kernel && known.others == 0;
  if (process.kernel) return process;
  if (known.others != 0) process.reason = Reason::kHandedOver;
  if (socket.owner.pid == 0 && alone_) process.reason = Reason::kHolderUnknown;
  if (socket.owner.pid == 0 || process.reason != Reason::kNone) return process;
  const char* name = used ? known.user_name : known.name;
  process.key = socket.owner;
  process.uid = used ? known.user_uid : known.uid;
  process.name = {name, strnlen(name, sizeof known.name)};
  process.foreign = creators_.foreign();
  process.seen_at_it = used;
  process.inexact = !used && !programs_.sees_users;
  return process;
}

void RawMeter::take_creator(uint64_t cookie, const RawCreator& creator, int64_t now_ns) {
  Socket& socket = sockets_[cookie];
  if (!socket.seen && creator.tgid != 0) {
    socket.seen = true;
    socket.creator = creator;
    socket.creator.user = 0;  // take_user()
    socket.creator.others = 0;
    socket.owner = creators_.key_of(creator, now_ns);
    socket.netns = creators_.network_namespace(creator);
    socket.moved_ns = now_ns;
  }
  take_user(socket, creator, now_ns);
  if (creator.closed_ns != 0 && !socket.closed) {
    socket.closed = true;
    socket.closed_ns = now_ns;
  }
}

/// Who sends or receives is the owner, from the beginning: the handshake was for him. Where several do, the counters
/// are not told apart, so that nobody is.
void RawMeter::take_user(Socket& socket, const RawCreator& creator, int64_t now_ns) {
  RawCreator& known = socket.creator;
  if (creator.others != 0 && known.others == 0) {
    known.others = creator.others;
    socket.told = false;
  }
  if (creator.user == 0 || known.user != 0) return;
  known.used_ns = creator.used_ns;
  known.user = creator.user;
  known.user_uid = creator.user_uid;
  std::copy(std::begin(creator.user_name), std::end(creator.user_name), known.user_name);
  const RawCreator user = creators_.user_of(known);
  socket.kernel = creators_.is_kernel_thread(user.tgid);
  if (socket.kernel || user.tgid != socket.owner.pid) socket.told = false;
  if (user.tgid != socket.owner.pid) socket.owner = creators_.key_of(user, now_ns);
}

Result<void> RawMeter::read_creators(int64_t now_ns) {
  auto count =
      bpf_read_hash(programs_.creators.get(), sizeof(uint64_t), sizeof(RawCreator), creator_keys_, creator_values_);
  if (!count) return std::move(count.error());
  for (size_t i = 0; i < count.value(); ++i) {
    take_creator(element<uint64_t>(creator_keys_, i), element<RawCreator>(creator_values_, i), now_ns);
  }
  return {};
}

void RawMeter::take_counters(const RawKey& key, const RawCounters& counters, int64_t now_ns, MeterSink& sink) {
  if (counters.family == 0) return;  // between being made and being filled in
  Socket& socket = sockets_[key.cookie];
  // Nobody is seen making an accepted socket: it is where its listener is. Whose it is, is for its user to show.
  if (socket.netns == 0 && counters.listener != 0) {
    const auto listener = sockets_.find(counters.listener);
    if (listener != sockets_.end()) socket.netns = listener->second.netns;
  }
  auto lane = std::find_if(socket.lanes.begin(), socket.lanes.end(),
                           [&](const Lane& one) { return one.interface_index == key.interface_index; });
  const bool fresh = lane == socket.lanes.end();
  if (fresh) lane = socket.lanes.insert(lane, Lane{key.interface_index, {}});
  const bool other_tuple = !fresh && !same_socket(lane->counters, counters);
  const bool moved = !same_bytes(lane->counters, counters);
  lane->counters = counters;
  const MeteredSocket named = socket_of(key.cookie, socket.netns, counters);
  const MeteredProcess owner = process(socket);
  const bool has_owner = owner.key.pid != 0 || owner.kernel || owner.reason != Reason::kNone;
  if (has_owner && (!socket.told || other_tuple)) {
    socket.told = true;
    // It is not news of now: a connection may have come and gone since the last look.
    const int64_t since_ns = std::max(static_cast<int64_t>(counters.first_ns), socket.told_ns);
    sink.on_owner({since_ns, named, owner});
    socket.told_ns = since_ns;
  }
  if (!moved) return;
  socket.moved_ns = now_ns;
  TrafficRecord record = traffic(TrafficKind::kLive, now_ns, key.interface_index, counters);
  record.socket = named;
  record.owner = owner;
  record.several_tuples = other_tuple;
  socket.told_ns = now_ns;
  sink.on_traffic(record);
}

bool RawMeter::to_be_reaped(const Socket& socket, int64_t now_ns, bool crowded) const noexcept {
  const int64_t silent = now_ns - socket.moved_ns;
  // Counters are read before endings are: what was counted before the close(2) is known one round later.
  if (socket.closed && socket.closed_ns < now_ns) {
    const bool lingers =
        std::any_of(socket.lanes.begin(), socket.lanes.end(), [](const Lane& one) { return is_stream(one.counters); });
    if (!lingers || silent > kStreamLingers) return true;
  }
  return (crowded || !programs_.sees_endings) && silent > kSilence;
}

void RawMeter::reap(uint64_t cookie, Socket& socket, int64_t now_ns, MeterSink& sink) {
  bpf_delete(programs_.creators.get(), &cookie);
  for (Lane& lane : socket.lanes) {
    const RawKey key{cookie, lane.interface_index, 0};
    const RawCounters before = lane.counters;
    bpf_lookup(programs_.counters.get(), &key, &lane.counters);  // left as it was where there is none
    bpf_delete(programs_.counters.get(), &key);
    TrafficRecord record = traffic(TrafficKind::kFinal, now_ns, lane.interface_index, lane.counters);
    record.socket = socket_of(cookie, socket.netns, lane.counters);
    record.owner = process(socket);
    record.last = &lane == &socket.lanes.back();
    record.several_tuples = !same_socket(before, lane.counters);
    sink.on_traffic(record);
  }
}

Result<void> RawMeter::dump(MeterSink& sink) {
  const int64_t now_ns = monotonic_nanos();
  // Counters first: whatever socket they are of, its maker is in the other table by then.
  const auto count = bpf_read_hash(programs_.counters.get(), sizeof(RawKey), sizeof(RawCounters), keys_, values_);
  if (!count) return count.error();
  if (auto read = read_creators(now_ns); !read) return read;
  for (size_t i = 0; i < count.value(); ++i) {
    take_counters(element<RawKey>(keys_, i), element<RawCounters>(values_, i), now_ns, sink);
  }
  const bool crowded = std::max(count.value(), sockets_.size()) > kRawSockets / 2;
  for (auto at = sockets_.begin(); at != sockets_.end();) {
    const bool done = to_be_reaped(at->second, now_ns, crowded);
    if (done) reap(at->first, at->second, now_ns, sink);
    at = done ? sockets_.erase(at) : std::next(at);
  }
  creators_.forget(now_ns);
  return {};
}

void RawMeter::set_mtus(std::span<const InterfaceMtu> mtus) {
  for (const InterfaceMtu& one : mtus) {
    const RawMtuKey key{own_netns_cookie_, one.interface_index};
    bpf_update(programs_.mtus.get(), &key, &one.mtu);
  }
}

void RawMeter::place(std::span<const uint64_t> cookies) {
  const int64_t now_ns = monotonic_nanos();
  for (const uint64_t cookie : cookies) {
    Socket& socket = sockets_[cookie];
    if (socket.netns == 0) socket.netns = own_network_namespace();
    if (socket.moved_ns == 0) socket.moved_ns = now_ns;
  }
}

MeterLosses RawMeter::losses() const {
  constexpr uint32_t kFirst = 0;
  RawLosses lost;
  bpf_lookup(programs_.losses.get(), &kFirst, &lost);
  MeterLosses losses;
  losses.events = lost.sockets;
  losses.bytes = lost.bytes;
  losses.packets = lost.packets;
  return losses;
}

}  // namespace nettrace
