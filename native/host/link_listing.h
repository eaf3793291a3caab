// Owns: all network devices and their addresses by rtnetlink(7), for people: as whole as the kernel tells them.
// Knows nothing of: capturing; native/capture/interfaces.h tells what can be captured from.
#pragma once

#include <linux/if_link.h>

#include <string>
#include <vector>

#include "native/base/ip_address.h"
#include "native/base/result.h"

namespace nettrace {

struct LinkRow {
  std::string name;  ///< foreign bytes
  uint32_t index = 0;
  uint32_t flags = 0;  ///< IFF_, netdevice(7)
  uint32_t mtu = 0;
  uint32_t queue_length = 0;
  uint16_t type = 0;     ///< ARPHRD_, include/uapi/linux/if_arp.h
  std::string hardware;  ///< bytes of the hardware address
  rtnl_link_stats64 counters{};
};

struct LinkAddressRow {
  uint32_t index = 0;
  IpAddress address;  ///< the own one, where the link has two ends
  IpAddress peer;     ///< the other end's; `address` where there is none
  IpAddress broadcast;
  uint8_t prefix_length = 0;  ///< of the family: up to 32 for IPv4
  uint8_t scope = 0;          ///< RT_SCOPE_
  std::string label;          ///< of an IPv4 address, as ifconfig's `eth0:1`; foreign bytes
};

struct LinkListing {
  std::vector<LinkRow> links;
  std::vector<LinkAddressRow> addresses;
};

/// Errors: as NetlinkSocket::exchange.
Result<LinkListing> list_links();

}  // namespace nettrace
