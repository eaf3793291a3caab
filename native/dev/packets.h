// Owns: decoded packets for tests of the layers above decode.
// Knows nothing of: bytes on the wire (packet_builder.h makes those).
#pragma once

#include <netinet/in.h>

#include "native/decode/packet_view.h"

namespace nettrace::test {

constexpr uint64_t kOwnMac = 0x020000000001, kPeerMac = 0x020000000002;
constexpr uint32_t kOwnAddress = 0x0a000001, kPeerAddress = 0x0a000002;  // 10.0.0.1, 10.0.0.2

/// A decoded packet from 10.0.0.1 to 10.0.0.2; tests change what they are about.
inline PacketView packet(uint8_t protocol, uint16_t source_port, uint16_t destination_port, uint32_t length = 100) {
  PacketView view;
  view.timestamp_ns = 1'000'000'000;
  view.source = IpAddress::v4(kOwnAddress);
  view.destination = IpAddress::v4(kPeerAddress);
  view.source_mac = kOwnMac;
  view.destination_mac = kPeerMac;
  view.frame_length = view.wire_length = length;
  view.ethertype = 0x0800;
  view.ip_version = 4;
  view.protocol = protocol;
  view.source_port = source_port;
  view.destination_port = destination_port;
  view.has_transport = true;
  return view;
}

/// The same packet on its way back.
inline PacketView reply(PacketView view) {
  std::swap(view.source, view.destination);
  std::swap(view.source_mac, view.destination_mac);
  std::swap(view.source_port, view.destination_port);
  return view;
}

inline PacketView syn(uint16_t source_port, uint16_t destination_port, uint32_t sequence) {
  PacketView view = packet(IPPROTO_TCP, source_port, destination_port, 74);
  view.tcp_flags = tcp_flag::kSyn;
  view.tcp_sequence = sequence;
  return view;
}

}  // namespace nettrace::test
