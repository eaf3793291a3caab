// Owns: tests of what the kernel's own traffic is called.
#include "native/flow/kernel_traffic.h"

#include "native/dev/test.h"

namespace {

using namespace nettrace;

FiveTuple tuple(uint8_t protocol, uint16_t local, uint16_t remote) {
  return {{IpAddress::v4(0x0a000001), local}, {IpAddress::v4(0x0a000002), remote}, protocol};
}

TEST("a kernel socket is named by the well-known port at either end, of its own protocol only") {
  CHECK_EQ(kernel_socket_reason(tuple(IPPROTO_TCP, 871, 2049)), Reason::kNfs);
  CHECK_EQ(kernel_socket_reason(tuple(IPPROTO_UDP, 111, 0)), Reason::kNfs);
  CHECK_EQ(kernel_socket_reason(tuple(IPPROTO_TCP, 40000, 445)), Reason::kSmb);
  CHECK_EQ(kernel_socket_reason(tuple(IPPROTO_UDP, 51820, 33333)), Reason::kWireguard);
  CHECK_EQ(kernel_socket_reason(tuple(IPPROTO_TCP, 51820, 33333)), Reason::kKernelSocket);
  CHECK_EQ(kernel_socket_reason(tuple(IPPROTO_UDP, 7001, 7000)), Reason::kAfs);
  CHECK_EQ(kernel_socket_reason(tuple(IPPROTO_TCP, 7001, 7000)), Reason::kCeph);
}

TEST("a server's own port says more than the one that its client has chosen") {
  CHECK_EQ(kernel_socket_reason(tuple(IPPROTO_TCP, 2049, 6800)), Reason::kNfs);
}

TEST("a kernel socket at ports that say nothing stays a kernel socket") {
  CHECK_EQ(kernel_socket_reason(tuple(IPPROTO_TCP, 40000, 443)), Reason::kKernelSocket);
  CHECK_EQ(kernel_socket_reason(tuple(IPPROTO_SCTP, 2049, 2049)), Reason::kKernelSocket);
}

TEST("tunnels and IPsec are told by the IP protocol; what processes speak is not the kernel's") {
  CHECK_EQ(kernel_protocol(IPPROTO_IPV6).value(), Reason::kIpInIp);
  CHECK_EQ(kernel_protocol(IPPROTO_AH).value(), Reason::kIpsec);
  CHECK(!kernel_protocol(89).has_value());  // OSPF
  CHECK(!kernel_protocol(IPPROTO_UDP).has_value());
}

TEST("WireGuard sends from its own socket, VXLAN from ports without one") {
  CHECK_EQ(socketless_tunnel(8472).value(), Reason::kVxlan);
  CHECK(!socketless_tunnel(51820).has_value());
}

}  // namespace
