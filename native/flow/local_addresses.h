// Owns: which addresses are this host's: local, broadcast; with link-local ones kept apart by interface.
// Knows nothing of: where the list comes from (rtnetlink) and when it changes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/base/ip_address.h"

namespace nettrace {

/// An address assigned to an interface.
struct AssignedAddress {
  IpAddress address;
  uint8_t prefix_length = 0;  ///< of the address family: 0..32 or 0..128
  IpAddress broadcast;        ///< `::` where none is set
  friend auto operator<=>(const AssignedAddress&, const AssignedAddress&) = default;
};

/// All addresses of a network that are this host's though no interface has them: a route of type RTN_LOCAL
/// (`ip route add local 192.0.2.0/24 dev lo`, often called AnyIP), or an address with a network of its own on lo.
struct LocalPrefix {
  IpAddress network;
  uint8_t length = 0;  ///< of the address family: 0..32 or 0..128
  friend auto operator<=>(const LocalPrefix&, const LocalPrefix&) = default;
};

/// A set of addresses, built once per change and then only asked; a look-up costs a few nanoseconds.
class LocalAddresses {
 public:
  LocalAddresses();

  /// Adds the addresses of an interface. fe80::/64 addresses are valid on that interface only; an interface shares
  /// those of a bridge or bond above it, and of a VLAN on it: add these with its index too.
  void add(std::span<const AssignedAddress> addresses, uint32_t interface_index);

  /// Adds all addresses of a network.
  void add(const LocalPrefix& prefix);

  /// True for 127.0.0.0/8, ::1, assigned addresses and those of local networks. `interface_index` is where the packet
  /// was seen; 0 accepts a link-local address of any interface.
  bool is_local(const IpAddress& address, uint32_t interface_index = 0) const noexcept;
  /// 255.255.255.255 and the broadcast addresses of the assigned IPv4 networks.
  bool is_broadcast(const IpAddress& address) const noexcept;
  /// A packet to this address is meant for this host, though perhaps not only for it.
  bool is_for_this_host(const IpAddress& address, uint32_t interface_index = 0) const noexcept {
    return address.is_multicast() || is_local(address, interface_index) || is_broadcast(address);
  }
  /// Number of distinct assigned addresses; a link-local one counts for each interface, and once more for "any".
  size_t size() const noexcept { return local_.size(); }

 private:
  /// Open addressing, a power of two of slots at most half full. The host's administrator chooses the members; foreign
  /// addresses are only looked up, so the hash needs no key.
  class Set {
   public:
    Set() : slots_(16), used_(16) {}
    void insert(const IpAddress& address);
    bool contains(const IpAddress& address) const noexcept;
    size_t size() const noexcept { return size_; }

   private:
    size_t find(const IpAddress& address) const noexcept;
    std::vector<IpAddress> slots_;
    std::vector<uint8_t> used_;
    size_t size_ = 0;
  };

  /// The networks of one length.
  struct Networks {
    bool v4 = false;
    uint8_t length = 0;
    Set addresses;  ///< the first of each
  };

  bool is_in_network(const IpAddress& address) const noexcept;

  Set local_;
  Set broadcast_;
  std::vector<Networks> networks_;
};

}  // namespace nettrace
