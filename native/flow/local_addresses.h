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

/// A set of addresses, built once per change and then only asked; a look-up costs a few nanoseconds.
class LocalAddresses {
 public:
  LocalAddresses();

  /// Adds the addresses of an interface. fe80::/64 addresses are valid on that interface only; an interface shares
  /// those of a bridge or bond above it, and of a VLAN on it: add these with its index too.
  void add(std::span<const AssignedAddress> addresses, uint32_t interface_index);

  /// True for 127.0.0.0/8, ::1 and assigned addresses. `interface_index` is where the packet was seen; 0 accepts a
  /// link-local address of any interface.
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

  Set local_;
  Set broadcast_;
};

}  // namespace nettrace
