#include "native/flow/fragment_cache.h"

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

size_t FragmentCache::place(const PacketView& packet, InterfaceSlot interface) const noexcept {
  const FiveTuple tuple{{packet.source, static_cast<uint16_t>(packet.fragment_id)},
                        {packet.destination, static_cast<uint16_t>(packet.fragment_id >> 16)},
                        datagram_protocol(packet)};
  return flow_hash({seed_, ~seed_, seed_ << 1, 1}, tuple, interface, true) % kEntries;
}

bool FragmentCache::matches(const Entry& entry, const PacketView& packet, InterfaceSlot interface) noexcept {
  return entry.time_ns != 0 && packet.timestamp_ns - entry.time_ns < kLifetime && entry.id == packet.fragment_id &&
         entry.interface == interface && entry.protocol == datagram_protocol(packet) && entry.source == packet.source &&
         entry.destination == packet.destination;
}

void FragmentCache::claim(Entry& entry, const PacketView& packet, InterfaceSlot interface) noexcept {
  entry = Entry{packet.source,
                packet.destination,
                packet.fragment_id,
                interface,
                datagram_protocol(packet),
                packet.timestamp_ns == 0 ? 1 : packet.timestamp_ns,
                {},
                {}};
}

FragmentCache::Waiting FragmentCache::first(const PacketView& packet, InterfaceSlot interface, FlowId flow) {
  if (entries_.empty()) entries_.resize(kEntries);
  Entry& entry = entries_[place(packet, interface)];
  Waiting waiting;
  if (matches(entry, packet, interface)) waiting = entry.waiting;
  claim(entry, packet, interface);
  entry.flow = flow;
  return waiting;
}

FlowId FragmentCache::later(const PacketView& packet, InterfaceSlot interface) const {
  if (entries_.empty()) return {};
  const Entry& entry = entries_[place(packet, interface)];
  return matches(entry, packet, interface) ? entry.flow : FlowId{};
}

void FragmentCache::wait(const PacketView& packet, InterfaceSlot interface, AccountSlot account, bool sent) {
  if (entries_.empty()) entries_.resize(kEntries);
  Entry& entry = entries_[place(packet, interface)];
  if (!matches(entry, packet, interface)) claim(entry, packet, interface);
  entry.waiting.account = account;
  entry.waiting.counters.add(sent, way_of(packet));
}

}  // namespace nettrace
