// Owns: the wire format of ctnetlink (linux/netfilter/nfnetlink_conntrack.h): asking for one entry, reading the answer.
// Knows nothing of: sockets, and on which side of a translation a tuple was seen. Pure; any answer bytes are safe.
#pragma once

#include <cstdint>
#include <optional>

#include "native/base/netlink_message.h"
#include "native/flow/five_tuple.h"

namespace nettrace {

/// A packet's two ends as conntrack has them (struct nf_conntrack_tuple). Ports are 0 for ICMP, which has an echo
/// identifier in both ends' ports, and a type.
struct ConntrackTuple {
  Endpoint source;
  Endpoint destination;
  uint8_t protocol = 0;
  uint8_t icmp_type = 0;
  friend bool operator==(const ConntrackTuple&, const ConntrackTuple&) = default;
};

/// One entry: the first packet as it came in, and the answers as they come in. They mirror each other where nothing is
/// translated.
struct ConntrackEntry {
  ConntrackTuple original;
  ConntrackTuple reply;
};

/// True for what the kernel tracks by ports or by echo identifier: TCP, UDP, UDP-Lite, SCTP, DCCP, ICMP, ICMPv6.
bool conntrack_knows(uint8_t protocol) noexcept;

/// Asks for the entry that has this tuple, be it as its original or as its reply (ctnetlink_get_conntrack in
/// net/netfilter/nf_conntrack_netlink.c). Zone 0.
NetlinkRequest conntrack_get_request(const ConntrackTuple& tuple);

/// The entry of a message; nothing where it is no such message or lacks a tuple.
std::optional<ConntrackEntry> parse_conntrack_entry(const NetlinkMessage& message);

}  // namespace nettrace
