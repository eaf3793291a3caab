// Owns: the hash set of addresses, and the key that holds an interface beside a link-local address.
#include "native/flow/local_addresses.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nettrace {
namespace {

/// fe80::/64: the 54 bits after the prefix are zero in every address in use (RFC 4291, 2.5.6), so they can hold the
/// interface index in the key.
bool is_link_local(const IpAddress& address) noexcept {
  uint64_t high = 0;
  std::memcpy(&high, address.bytes.data(), sizeof high);
  return high == __builtin_bswap64(0xfe80'0000'0000'0000);
}

IpAddress scoped(IpAddress address, uint32_t interface_index) noexcept {
  std::memcpy(&address.bytes[4], &interface_index, sizeof interface_index);
  return address;
}

/// The first address of the network; the length is that of the family.
IpAddress masked(IpAddress address, bool v4, uint8_t length) noexcept {
  size_t kept = length + (v4 ? 96U : 0U);
  for (uint8_t& byte : address.bytes) {
    const size_t bits = std::min<size_t>(kept, 8);
    byte = static_cast<uint8_t>(byte & 0xff00U >> bits);
    kept -= bits;
  }
  return address;
}

size_t hash(const IpAddress& address) noexcept {
  uint64_t high = 0;
  uint64_t low = 0;
  std::memcpy(&high, address.bytes.data(), sizeof high);
  std::memcpy(&low, &address.bytes[8], sizeof low);
  const uint64_t mixed = (high ^ (low * 0x9e37'79b9'7f4a'7c15)) * 0xd6e8'feb8'6659'fd93;
  return static_cast<size_t>(mixed >> 32 ^ mixed);
}

}  // namespace

size_t LocalAddresses::Set::find(const IpAddress& address) const noexcept {
  const size_t mask = slots_.size() - 1;
  size_t at = hash(address) & mask;
  while (used_[at] != 0 && slots_[at] != address) at = (at + 1) & mask;
  return at;
}

bool LocalAddresses::Set::contains(const IpAddress& address) const noexcept {
  return used_[find(address)] != 0;
}

void LocalAddresses::Set::insert(const IpAddress& address) {
  if (contains(address)) return;
  if ((size_ + 1) * 2 > slots_.size()) {
    std::vector<IpAddress> old(slots_.size() * 2);
    std::vector<uint8_t> old_used(slots_.size() * 2);
    old.swap(slots_);
    old_used.swap(used_);
    for (size_t i = 0; i < old.size(); ++i) {
      if (old_used[i] == 0) continue;
      const size_t at = find(old[i]);
      slots_[at] = old[i];
      used_[at] = 1;
    }
  }
  const size_t at = find(address);
  slots_[at] = address;
  used_[at] = 1;
  ++size_;
}

LocalAddresses::LocalAddresses() {
  broadcast_.insert(IpAddress::v4(0xffff'ffff));
}

void LocalAddresses::add(std::span<const AssignedAddress> addresses, uint32_t interface_index) {
  for (const AssignedAddress& assigned : addresses) {
    local_.insert(assigned.address);
    if (is_link_local(assigned.address)) local_.insert(scoped(assigned.address, interface_index));
    if (!assigned.address.is_v4()) continue;
    if (assigned.broadcast.is_v4() && !assigned.broadcast.is_wildcard()) broadcast_.insert(assigned.broadcast);
    // The kernel routes the network's last address as broadcast even where none is set (fib_add_ifaddr).
    if (assigned.prefix_length > 0 && assigned.prefix_length < 31) {
      broadcast_.insert(IpAddress::v4(assigned.address.v4_value() | (0xffff'ffffU >> assigned.prefix_length)));
    }
  }
}

void LocalAddresses::add(const LocalPrefix& prefix) {
  const bool v4 = prefix.network.is_v4();
  if (prefix.length >= (v4 ? 32 : 128)) return local_.insert(prefix.network);
  const auto same = [&](const Networks& one) { return one.v4 == v4 && one.length == prefix.length; };
  auto networks = std::ranges::find_if(networks_, same);
  if (networks == networks_.end()) networks = networks_.insert(networks_.end(), Networks{v4, prefix.length, {}});
  networks->addresses.insert(masked(prefix.network, v4, prefix.length));
}

/// One look for each length that there is, which are one or two.
bool LocalAddresses::is_in_network(const IpAddress& address) const noexcept {
  const bool v4 = address.is_v4();
  return std::ranges::any_of(networks_, [&](const Networks& one) {
    return one.v4 == v4 && one.addresses.contains(masked(address, v4, one.length));
  });
}

bool LocalAddresses::is_local(const IpAddress& address, uint32_t interface_index) const noexcept {
  if (local_.contains(is_link_local(address) ? scoped(address, interface_index) : address)) return true;
  return address.is_loopback() || (!networks_.empty() && is_in_network(address));
}

bool LocalAddresses::is_broadcast(const IpAddress& address) const noexcept {
  return address.is_v4() && broadcast_.contains(address);
}

}  // namespace nettrace
