#include "native/flow/fragment_cache.h"

#include <algorithm>
#include <span>
#include <utility>

#include "native/flow/flow_hash.h"

namespace nettrace {
namespace {

/// IPv6 tells datagrams apart by id and addresses alone: a later fragment names the first extension header, not the
/// transport (RFC 8200 4.5).
uint8_t datagram_protocol(const PacketView& packet) noexcept {
  return packet.ip_version == 6 ? 0 : packet.protocol;
}

}  // namespace

FragmentCache::FragmentCache(uint64_t seed) : seed_(seed) {}

size_t FragmentCache::set_of(const PacketView& packet, InterfaceSlot interface) const noexcept {
  const FiveTuple tuple{{packet.source, static_cast<uint16_t>(packet.fragment_id)},
                        {packet.destination, static_cast<uint16_t>(packet.fragment_id >> 16)},
                        datagram_protocol(packet)};
  return flow_hash({seed_, ~seed_, seed_ << 1, 1}, tuple, interface, true) % kSets * kWays;
}

bool FragmentCache::matches(const Entry& entry, const PacketView& packet, InterfaceSlot interface) noexcept {
  return entry.time_ns != 0 && packet.timestamp_ns - entry.time_ns < kLifetime && entry.id == packet.fragment_id &&
         entry.interface == interface && entry.protocol == datagram_protocol(packet) && entry.source == packet.source &&
         entry.destination == packet.destination;
}

FragmentCache::Entry* FragmentCache::find(const PacketView& packet, InterfaceSlot interface) noexcept {
  if (entries_.empty()) return nullptr;
  const auto set = std::span(entries_).subspan(set_of(packet, interface), kWays);
  const auto found = std::ranges::find_if(set, [&](const Entry& entry) { return matches(entry, packet, interface); });
  return found == set.end() ? nullptr : &*found;
}

FragmentCache::Entry& FragmentCache::get(const PacketView& packet, InterfaceSlot interface) {
  if (Entry* known = find(packet, interface)) return *known;
  if (entries_.empty()) entries_.resize(kSets * kWays);
  const auto set = std::span(entries_).subspan(set_of(packet, interface), kWays);
  Entry& oldest = *std::ranges::min_element(set, {}, &Entry::time_ns);
  oldest = Entry{packet.source,
                 packet.destination,
                 packet.fragment_id,
                 interface,
                 datagram_protocol(packet),
                 std::max<int64_t>(packet.timestamp_ns, 1),
                 {},
                 {}};
  return oldest;
}

FragmentCache::Waiting FragmentCache::first(const PacketView& packet, InterfaceSlot interface, FlowId flow) {
  Entry& entry = get(packet, interface);
  entry.flow = flow;
  entry.time_ns = std::max<int64_t>(packet.timestamp_ns, 1);
  return std::exchange(entry.waiting, {});
}

FlowId FragmentCache::later(const PacketView& packet, InterfaceSlot interface) {
  const Entry* entry = find(packet, interface);
  return entry != nullptr ? entry->flow : FlowId{};
}

void FragmentCache::wait(const PacketView& packet, InterfaceSlot interface, AccountSlot account, bool sent) {
  Entry& entry = get(packet, interface);
  entry.waiting.account = account;
  entry.waiting.counters.add(sent, way_of(packet));
}

}  // namespace nettrace
