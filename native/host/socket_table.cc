#include "native/host/socket_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace nettrace {
namespace {

uint64_t mix(uint64_t left, uint64_t right) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(left) * right;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

int score(const SocketRecord& record, const IpAddress& address) noexcept {
  return (record.local.address.is_wildcard() ? 0 : 4) + (record.interface != 0 ? 2 : 0) +
         (record.v6 != address.is_v4() ? 1 : 0);
}

}  // namespace

bool binds(const SocketRecord& record, const IpAddress& address, uint32_t interface) noexcept {
  if (record.interface != 0 && interface != 0 && record.interface != interface) return false;
  if (!record.local.address.is_wildcard()) return record.local.address == address;
  return record.v6 ? !(address.is_v4() && record.v6_only) : address.is_v4();
}

size_t SocketTable::bucket(const Endpoint& local, const Endpoint& remote) const noexcept {
  uint64_t words[4];
  std::memcpy(words, local.address.bytes.data(), 16);
  std::memcpy(words + 2, remote.address.bytes.data(), 16);
  const uint64_t ports = uint64_t{local.port} << 16 | remote.port;
  uint64_t state = mix(words[0] ^ seed_, words[1] ^ 0x9e3779b97f4a7c15ULL);
  state = mix(words[2] ^ seed_ ^ state, words[3] ^ 0xd6e8feb86659fd93ULL);
  state = mix(ports ^ seed_, state ^ 0xa0761d6478bd642fULL);
  return static_cast<size_t>(state) & (tuple_heads_.size() - 1);
}

size_t SocketTable::bucket(uint16_t port) const noexcept {
  return port & (port_heads_.size() - 1);
}

void SocketTable::index() {
  const size_t buckets = std::bit_ceil(std::max<size_t>(records_.size(), 16));
  tuple_heads_.assign(buckets, kEnd);
  port_heads_.assign(std::min<size_t>(buckets, 65536), kEnd);
  next_.assign(records_.size(), kEnd);
  for (uint32_t i = 0; i < records_.size(); ++i) {
    const SocketRecord& record = records_[i];
    uint32_t& head =
        record.connected() ? tuple_heads_[bucket(record.local, record.remote)] : port_heads_[bucket(record.local.port)];
    next_[i] = head;
    head = i;
  }
}

const SocketRecord* SocketTable::connected(const Endpoint& local, const Endpoint& remote,
                                           uint32_t interface) const noexcept {
  if (tuple_heads_.empty()) return nullptr;
  const SocketRecord* elsewhere = nullptr;
  for (uint32_t i = tuple_heads_[bucket(local, remote)]; i != kEnd; i = next_[i]) {
    const SocketRecord& record = records_[i];
    if (record.local != local || record.remote != remote) continue;
    if (record.interface == 0 || interface == 0 || record.interface == interface) return &record;
    elsewhere = &record;
  }
  return elsewhere;
}

void SocketTable::bound(const Endpoint& local, uint32_t interface, std::vector<const SocketRecord*>& found) const {
  if (port_heads_.empty()) return;
  for (uint32_t i = port_heads_[bucket(local.port)]; i != kEnd; i = next_[i]) {
    const SocketRecord& record = records_[i];
    if (record.local.port == local.port && record.kind == SocketKind::kTransport &&
        binds(record, local.address, interface)) {
      found.push_back(&record);
    }
  }
}

void SocketTable::best_bound(const Endpoint& local, uint32_t interface, std::vector<const SocketRecord*>& found) const {
  const size_t start = found.size();
  bound(local, interface, found);
  int best = -1;
  for (size_t i = start; i < found.size(); ++i) best = std::max(best, score(*found[i], local.address));
  const auto worse = [&](const SocketRecord* record) { return score(*record, local.address) < best; };
  found.erase(std::remove_if(found.begin() + static_cast<std::ptrdiff_t>(start), found.end(), worse), found.end());
}

void SocketTable::raw(uint8_t protocol, const IpAddress& local, uint32_t interface,
                      std::vector<const SocketRecord*>& found) const {
  for (const SocketRecord& record : records_) {
    // A raw socket takes one family only: raw_v4_match (net/ipv4/raw.c) and raw_v6_match see their own hash.
    if (record.kind == SocketKind::kRaw && record.protocol == protocol && record.v6 != local.is_v4() &&
        binds(record, local, interface)) {
      found.push_back(&record);
    }
  }
}

void SocketTable::ping(uint8_t protocol, const Endpoint& local, std::vector<const SocketRecord*>& found) const {
  for (const SocketRecord& record : records_) {
    if (record.kind == SocketKind::kPing && record.protocol == protocol && record.local.port == local.port &&
        binds(record, local.address, 0)) {
      found.push_back(&record);
    }
  }
}

}  // namespace nettrace
