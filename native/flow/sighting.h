// Owns: how one packet looks from this host: which flow, sent or received, or why it has no flow.
// Knows nothing of: the flow table and the books.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "native/decode/packet_view.h"
#include "native/flow/five_tuple.h"
#include "native/flow/local_addresses.h"
#include "native/flow/owner.h"

namespace nettrace {

/// What direction and orientation need to know of an interface.
struct Vantage {
  uint32_t interface_index = 0;  ///< ifindex, for link-local addresses
  uint32_t stack_index = 0;  ///< ifindex under which the IP layer has the packets: the bridge's or bond's for a port
  uint64_t mac = 0;          ///< 0 where the link has none
  bool loopback = false;     ///< each packet is sent and received
  bool offline = false;      ///< a capture file: no address is known to be local
  uint32_t netns = 0;        ///< of the interface, where that is not ours
  bool captured = true;      ///< packets come from it; else what sockets move on it is all that is counted
  uint8_t link_header = 14;  ///< bytes of the link-layer header of each frame
  bool leads_elsewhere = false;  ///< its other end is in another network namespace (veth)
  bool under_captured =
      false;  ///< part of a bridge, bond or VRF that is captured too: what is for this host crosses both
  bool vlans_captured = false;                ///< VLANs on it are captured too: their tagged packets cross both
  std::vector<uint64_t> captured_children{};  ///< MACs of macvlan devices on it that are captured too: as for VLANs
};

/// One packet seen from one end.
struct Sighting {
  FiveTuple tuple;                   ///< where has_flow
  Reason reason = Reason::kPending;  ///< fixed owner, or kPending where somebody has to be asked
  bool has_flow = false;
  bool sent = false;        ///< by this host, or in a file by the first sender of the flow
  bool oriented = true;     ///< false: neither end is local, `tuple.local` is the smaller endpoint
  bool from_local = false;  ///< the packet's source is `tuple.local`
};

/// A packet gives one sighting, on loopback two: one for the sender, one for the receiver.
struct Sightings {
  std::array<Sighting, 2> items;
  size_t count = 0;
};

Sightings look(const PacketView& packet, const Vantage& vantage, const LocalAddresses& addresses) noexcept;

/// The side that opened the exchange, as far as this packet tells: SYN, echo request, first datagram.
Initiator initiator_of(const PacketView& packet, bool from_local) noexcept;

}  // namespace nettrace
