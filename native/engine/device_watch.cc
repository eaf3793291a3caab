#include "native/engine/device_watch.h"

#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <limits>

#include "native/base/clock.h"
#include "native/decode/decode.h"
#include "native/tap/tapped_source.h"

namespace nettrace {
namespace {

constexpr int64_t kFirstRetry = 100 * kNanosPerMilli;
constexpr int64_t kLongestRetry = 2 * kNanosPerSecond;
/// However many devices share the memory for rings, each gets this much.
constexpr int64_t kSmallestRing = 2 * 1024 * 1024;
/// Packets and sockets of a device that is gone have been counted by then.
constexpr int64_t kGoneFor = 60 * kNanosPerSecond;
/// The first bit of a slot says which side of a fragment is meant (traffic_meter.cc).
constexpr size_t kMostSlots = 0x8000;

bool is_fatal(const Error& error) noexcept {
  return error.code == ErrorCode::kNotPermitted || error.code == ErrorCode::kFilterInvalid;
}

const Interface* find(std::span<const Interface> interfaces, uint32_t index) noexcept {
  const auto found = std::ranges::find(interfaces, index, &Interface::index);
  return found == interfaces.end() ? nullptr : &*found;
}

/// Bytes of link-layer header that a frame has beyond its IP packet.
uint8_t link_header_of(const WatchedInterface& watched, const Interface& interface) noexcept {
  switch (watched.link_type) {
    case DLT_EN10MB:
      return ETH_HLEN;
    case DLT_NULL:
      return 4;
    case DLT_LINUX_SLL:
      return 16;
    case DLT_LINUX_SLL2:
      return 20;
    case -1:  // not captured
      return interface.arp_type == ARPHRD_ETHER || interface.loopback ? ETH_HLEN : 0;
    default:
      return 0;
  }
}

}  // namespace

Result<void> DeviceWatch::open() {
  auto monitor = InterfaceMonitor::open();
  if (!monitor) return std::move(monitor.error());
  monitor_ = std::move(monitor).value();
  const DeviceRequest request{options_.devices, options_.all};
  if (auto named = check_device_names(request, monitor_->interfaces()); !named) return named;
  const auto devices = select_devices(request, monitor_->interfaces());
  if (devices.empty() && options_.devices.empty()) return Error{ErrorCode::kNoDevice};
  Result<void> first_failure;
  for (const SelectedDevice& device : devices) {
    auto result = attach(device, devices.size());
    if (result.ok()) continue;
    if (is_fatal(result.error())) return result;
    if (first_failure.ok()) first_failure = result;
  }
  if (attached_.empty() && !first_failure.ok()) return first_failure;
  show_waiting();
  describe_interfaces();
  refresh_counters();
  return {};
}

void DeviceWatch::show_waiting() {
  for (const Interface& interface : monitor_->interfaces()) {
    const bool named = std::ranges::find(options_.devices, interface.name) != options_.devices.end();
    if (!named || attached(interface.index)) continue;
    const auto slot = slot_for({interface.index, interface.name});
    if (!slot) continue;
    const std::lock_guard lock(shared_.mutex);
    WatchedInterface& watched = shared_.view.interfaces[*slot];
    if (watched.state == InterfaceState::kWaiting) watched.state = InterfaceState::kDown;
  }
}

bool DeviceWatch::update(int64_t now_ns) {
  reap();
  const auto changes = monitor_->update();
  const bool changed = !changes.ok() || changes.value();
  if (changed) describe_interfaces();
  attach_missing(now_ns);
  forget_gone(now_ns);
  return changed;
}

/// Hosts whose containers come and go have had thousands of devices: nothing is looked for on them any more.
void DeviceWatch::forget_gone(int64_t now_ns) {
  if (gone_.empty() || now_ns - gone_.front().second < kGoneFor) return;
  const std::lock_guard lock(shared_.mutex);
  std::erase_if(gone_, [&](const auto& gone) {
    const auto [slot, since_ns] = gone;
    if (shared_.view.interfaces[slot].index != 0) return true;  // it is there again
    return now_ns - since_ns >= kGoneFor && shared_.meter.leave_interface(slot);
  });
}

void DeviceWatch::attach_missing(int64_t now_ns) {
  const auto devices = select_devices({options_.devices, options_.all}, monitor_->interfaces());
  for (const SelectedDevice& device : devices) {
    if (attached(device.index)) continue;
    Retry& retry = retry_for(device.name);
    if (retry.at_ns > now_ns) continue;
    if (attach(device, devices.size()).ok()) {
      std::erase_if(retries_, [&](const Retry& one) { return one.name == device.name; });
      describe_interfaces();
    } else {
      retry.delay_ns = std::clamp(retry.delay_ns * 2, kFirstRetry, kLongestRetry);
      retry.at_ns = now_ns + retry.delay_ns;
    }
  }
  // Names that are no longer there wait for an event, not for a clock.
  std::erase_if(retries_, [&](const Retry& retry) {
    return std::ranges::find(monitor_->interfaces(), retry.name, &Interface::name) == monitor_->interfaces().end();
  });
}

Result<void> DeviceWatch::attach(const SelectedDevice& device, size_t devices) {
  const auto found = slot_for(device);
  if (!found) return Error{ErrorCode::kTooManyDevices};
  const InterfaceSlot slot = *found;
  if (options_.light) {
    attach_uncaptured(device, slot);
    return {};
  }
  const LiveOptions live{.device = device.name,
                         .snaplen = static_cast<int>(options_.snaplen),
                         .ring_bytes = ring_bytes(devices),
                         .timeout_ms = timeout_ms(devices),
                         .filter = options_.filter,
                         .promiscuous = options_.promiscuous,
                         .names = options_.names};
  auto source = open_source(live, device.index);
  if (!source) {
    const std::lock_guard lock(shared_.mutex);
    WatchedInterface& interface = shared_.view.interfaces[slot];
    const ErrorCode code = source.error().code;
    // It went, or got another name, between the event and now: the next event tells.
    const bool gone = code == ErrorCode::kDeviceVanished || code == ErrorCode::kDeviceNotFound;
    interface.state = gone ? InterfaceState::kGone : InterfaceState::kFailed;
    interface.fault = source.error();
    return std::move(source.error());
  }
  const int link_type = source.value().frames->link_type();
  const char* name = pcap_datalink_val_to_name(link_type);
  {
    const std::lock_guard lock(shared_.mutex);
    WatchedInterface& interface = shared_.view.interfaces[slot];
    interface.link_type = link_type;
    interface.link_type_name = name != nullptr ? name : "";
    interface.capture = source.value().ring ? CaptureKind::kRing : CaptureKind::kPcap;
    interface.decoded = link_type_is_decoded(link_type);
    interface.state = InterfaceState::kCapturing;
    interface.baseline_known = false;
  }
  auto& added = attached_.emplace_back();
  added.index = device.index;
  added.thread = std::make_unique<CaptureThread>(shared_, slot, std::move(source.value().frames), options_.names,
                                                 (2 * timeout_ms(devices) + 20) * kNanosPerMilli);
  describe_interfaces();  // addresses must be known before the first packet is counted
  added.thread->start();
  return {};
}

/// A program sees what leaves for less than half of what a packet socket costs whoever sends. It runs for every frame
/// of the machine, so it is loaded for the first device that it can serve. What it cannot do is left to the packet
/// socket.
Result<DeviceSource> DeviceWatch::open_source(const LiveOptions& live, uint32_t index) {
  const Interface* interface = find(monitor_->interfaces(), index);
  const bool leaves = interface != nullptr && !interface->loopback;
  const bool chosen = options_.engine != EngineChoice::kClassic && options_.capture == CaptureChoice::kAuto;
  if (leaves && chosen && can_tap(live)) {
    if (!tap_) tap_ = EgressTap::open();
    if (tap_->ok()) {
      if (auto tapped = open_tapped(live, tap_->value())) return DeviceSource{std::move(tapped).value(), true};
    }
  }
  return open_device(live, options_.capture);
}

/// Nothing to open: what sockets move on it is counted in the kernel.
void DeviceWatch::attach_uncaptured(const SelectedDevice& device, InterfaceSlot slot) {
  attached_.emplace_back().index = device.index;
  {
    const std::lock_guard lock(shared_.mutex);
    shared_.view.interfaces[slot].state = InterfaceState::kCapturing;
    shared_.view.interfaces[slot].fault = {};  // of a capture that was refused
    shared_.view.interfaces[slot].baseline_known = false;
  }
  describe_interfaces();
}

std::optional<InterfaceSlot> DeviceWatch::slot_for(const SelectedDevice& device) {
  const std::lock_guard lock(shared_.mutex);
  auto& interfaces = shared_.view.interfaces;
  for (size_t i = 0; i < interfaces.size(); ++i) {
    if (interfaces[i].elsewhere) continue;
    const bool same =
        interfaces[i].index == device.index || (interfaces[i].index == 0 && interfaces[i].name == device.name);
    if (!same) continue;
    interfaces[i].index = device.index;
    interfaces[i].name = device.name;
    return static_cast<InterfaceSlot>(i);
  }
  if (interfaces.size() >= kMostSlots) {
    if (!full_) shared_.view.faults.emplace_back(ErrorCode::kTooManyDevices);
    full_ = true;
    return std::nullopt;
  }
  WatchedInterface& added = interfaces.emplace_back();
  added.name = device.name;
  added.index = device.index;
  return shared_.meter.add_interface({});
}

void DeviceWatch::describe_interfaces() {
  LocalAddresses addresses;
  for (const Interface& interface : monitor_->interfaces()) {
    addresses.add(interface.addresses, interface.index);
    if (interface.master_index != 0) addresses.add(interface.addresses, interface.master_index);
    // A port of a bridge or bond, and the device below a VLAN, see the packets of the addresses above them.
    if (const Interface* master = find(monitor_->interfaces(), interface.master_index)) {
      addresses.add(master->addresses, interface.index);
    }
    if (interface.link_index != 0 && !interface.link_is_elsewhere) {
      addresses.add(interface.addresses, interface.link_index);
    }
  }
  for (const LocalPrefix& prefix : monitor_->local_prefixes()) addresses.add(prefix);
  const std::lock_guard lock(shared_.mutex);
  shared_.meter.set_local_addresses(std::move(addresses));
  for (size_t slot = 0; slot < shared_.view.interfaces.size(); ++slot) {
    WatchedInterface& watched = shared_.view.interfaces[slot];
    if (watched.elsewhere) continue;
    const Interface* interface = watched.index == 0 ? nullptr : find(monitor_->interfaces(), watched.index);
    if (interface == nullptr) {
      if (watched.index != 0) gone_.emplace_back(static_cast<InterfaceSlot>(slot), monotonic_nanos());
      watched.index = 0;
      watched.link_speed = 0;
      if (watched.state != InterfaceState::kWaiting) watched.state = InterfaceState::kGone;
      continue;
    }
    watched.name = interface->name;
    watched.loopback = interface->loopback;
    watched.counter_units = counter_units_of(*interface, monitor_->interfaces());
    watched.link_speed = interface->link_speed;
    watched.addresses = interface->addresses;
    if (watched.state == InterfaceState::kCapturing && !interface->up) watched.state = InterfaceState::kDown;
    if (watched.state == InterfaceState::kDown && interface->up && attached(interface->index))
      watched.state = InterfaceState::kCapturing;
    shared_.meter.set_vantage(static_cast<InterfaceSlot>(slot), vantage_of(watched, *interface));
  }
}

Vantage DeviceWatch::vantage_of(const WatchedInterface& watched, const Interface& interface) const {
  Vantage vantage;
  vantage.interface_index = interface.index;
  vantage.stack_index = interface.master_index != 0 ? interface.master_index : interface.index;
  vantage.mac = interface.mac;
  vantage.loopback = interface.loopback;
  vantage.captured = watched.capture != CaptureKind::kNone;
  vantage.link_header = link_header_of(watched, interface);
  vantage.leads_elsewhere = interface.link_is_elsewhere;
  vantage.under_captured = interface.master_index != 0 && attached(interface.master_index);
  vantage.vlans_captured = std::ranges::any_of(monitor_->interfaces(), [&](const Interface& other) {
    return other.vlan_id != 0 && other.link_index == interface.index && !other.link_is_elsewhere &&
           attached(other.index);
  });
  for (const Interface& other : monitor_->interfaces()) {
    if (other.kind == "macvlan" && other.link_index == interface.index && !other.link_is_elsewhere &&
        attached(other.index))
      vantage.captured_children.push_back(other.mac);
  }
  return vantage;
}

void DeviceWatch::refresh_counters() {
  if (!monitor_->refresh_counters().ok()) return;
  const std::lock_guard lock(shared_.mutex);
  for (WatchedInterface& watched : shared_.view.interfaces) {
    const Interface* interface = watched.index == 0 ? nullptr : find(monitor_->interfaces(), watched.index);
    if (interface == nullptr) continue;
    watched.counters = interface->counters;
    if (watched.counted_index == watched.index) continue;
    watched.counted_index = watched.index;
    watched.first_counters = interface->counters;
  }
}

void DeviceWatch::reap() {
  std::erase_if(attached_, [&](Attached& one) {
    if (one.thread == nullptr) return find(monitor_->interfaces(), one.index) == nullptr;
    if (!one.thread->finished()) return false;
    one.thread->join();
    past_cpu_ns_ += one.thread->cpu_ns();
    return true;
  });
}

void DeviceWatch::stop() {
  for (Attached& one : attached_) {
    if (one.thread != nullptr) one.thread->request_stop();
  }
  for (Attached& one : attached_) {
    if (one.thread != nullptr) one.thread->join();
  }
}

int64_t DeviceWatch::next_deadline() const noexcept {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (const Retry& retry : retries_) next = std::min(next, retry.at_ns);
  return next;
}

int64_t DeviceWatch::cpu_ns() const noexcept {
  int64_t total = past_cpu_ns_;
  for (const Attached& one : attached_) total += one.thread != nullptr ? one.thread->cpu_ns() : 0;
  return total;
}

std::vector<InterfaceMtu> DeviceWatch::mtus() const {
  std::vector<InterfaceMtu> mtus;
  for (const Interface& interface : monitor_->interfaces()) mtus.push_back({interface.index, interface.mtu});
  return mtus;
}

int64_t DeviceWatch::drain_ns() const noexcept {
  return (2 * int64_t{timeout_ms(attached_.size())} + 20) * kNanosPerMilli;
}

bool DeviceWatch::attached(uint32_t index) const noexcept {
  return std::ranges::find(attached_, index, &Attached::index) != attached_.end();
}

int DeviceWatch::ring_bytes(size_t devices) const noexcept {
  const int64_t share = options_.ring_bytes / static_cast<int64_t>(std::max<size_t>(devices, 1));
  return static_cast<int>(std::max(share, std::min(kSmallestRing, options_.ring_bytes)));
}

/// A ring wakes its reader once in this time, never per packet, so a short time costs little, and a socket that lives
/// for 10 ms is still there when its first packet is read. Idle rings cost a kernel timer each: many wait longer.
int DeviceWatch::timeout_ms(size_t devices) const noexcept {
  if (options_.timeout_ms != 0) return static_cast<int>(options_.timeout_ms);
  if (devices <= 2) return 10;
  return devices <= 8 ? 20 : 100;
}

DeviceWatch::Retry& DeviceWatch::retry_for(const std::string& name) {
  const auto found = std::ranges::find(retries_, name, &Retry::name);
  return found != retries_.end() ? *found : retries_.emplace_back(Retry{name, 0, 0});
}

}  // namespace nettrace
