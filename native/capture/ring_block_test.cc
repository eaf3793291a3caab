// Owns: tests of the ring's layout, on blocks written by hand.
#include "native/capture/ring_block.h"

#include <linux/if_packet.h>

#include <cstring>
#include <random>
#include <vector>

#include "native/capture/virtio_header.h"
#include "native/decode/decode.h"
#include "native/dev/packet_builder.h"
#include "native/dev/test.h"

namespace nettrace {
namespace {

using dev::ethernet;
using dev::filler;
using dev::ipv4;
using dev::operator+;
using dev::Packet;
using dev::udp;

constexpr size_t kAddressOffset = TPACKET_ALIGN(sizeof(tpacket3_hdr));
constexpr uint16_t kMac = 98;  // where af_packet.c puts an Ethernet frame: behind its headers and the virtio header
constexpr RingFormat kEthernet{1, true, false};

struct Entry {
  Packet bytes;
  uint32_t length = 0;  ///< 0: all of `bytes`
  uint32_t status = TP_STATUS_USER;
  uint8_t packet_type = PACKET_HOST;
  uint16_t tag = 0;
  uint16_t tag_type = 0;
  uint16_t link = 14;
  VirtioHeader virtio{};
};

template <typename T>
void store(std::vector<uint8_t>& block, size_t offset, const T& value) {
  std::memcpy(block.data() + offset, &value, sizeof value);
}

/// A block as the kernel fills it, in memory of exactly its size.
std::vector<uint8_t> block_of(const std::vector<Entry>& entries) {
  size_t size = sizeof(tpacket_block_desc);
  for (const Entry& entry : entries) size += TPACKET_ALIGN(kMac + entry.bytes.size());
  std::vector<uint8_t> block(size);
  tpacket_block_desc description{};
  description.hdr.bh1.num_pkts = static_cast<uint32_t>(entries.size());
  description.hdr.bh1.offset_to_first_pkt = sizeof description;
  store(block, 0, description);
  size_t offset = sizeof description;
  for (const Entry& entry : entries) {
    const auto captured = static_cast<uint32_t>(entry.bytes.size());
    tpacket3_hdr header{};
    header.tp_next_offset = static_cast<uint32_t>(TPACKET_ALIGN(kMac + captured));
    header.tp_sec = 1700000000;
    header.tp_nsec = 42;
    header.tp_snaplen = captured;
    header.tp_len = entry.length == 0 ? captured : entry.length;
    header.tp_status = entry.status;
    header.tp_mac = kMac;
    header.tp_net = static_cast<uint16_t>(kMac + entry.link);
    header.hv1.tp_vlan_tci = entry.tag;
    header.hv1.tp_vlan_tpid = entry.tag_type;
    store(block, offset, header);
    sockaddr_ll address{};
    address.sll_pkttype = entry.packet_type;
    store(block, offset + kAddressOffset, address);
    store(block, offset + kMac - sizeof entry.virtio, entry.virtio);
    std::memcpy(block.data() + offset + kMac, entry.bytes.data(), captured);
    offset += header.tp_next_offset;
  }
  return block;
}

std::vector<PacketView> read_all(std::vector<uint8_t>& block, const RingFormat& format = kEthernet) {
  RingBlock ring(block);
  std::vector<PacketView> views;
  for (Frame frame; ring.next(format, frame);) views.push_back(decode_frame(frame));
  return views;
}

Packet datagram(size_t payload, uint16_t port = 2000) {
  return ethernet(0x0800, ipv4(17, udp(1000, port, filler(payload))));
}

TEST("every frame of a block is read, with time, whole length and direction") {
  auto block = block_of({{datagram(10)},
                         {dev::cut(datagram(900), 64), 942},
                         {.bytes = datagram(3, 7), .packet_type = PACKET_OUTGOING},
                         {.bytes = datagram(4), .packet_type = PACKET_OTHERHOST}});
  const auto views = read_all(block);
  CHECK_EQ(views.size(), 4U);
  if (views.size() != 4) return;
  CHECK_EQ(views[0].timestamp_ns, 1'700'000'000'000'000'042);
  CHECK_EQ(views[0].wire_length, 52U);
  CHECK_EQ(views[1].wire_length, 942U);
  CHECK_EQ(views[1].payload_length, 900U);
  CHECK(views[0].packet_type == PacketType::kHost && views[2].packet_type == PacketType::kOutgoing);
  CHECK_EQ(views[2].destination_port, 7);
  CHECK(views[3].packet_type == PacketType::kOtherHost);
}

TEST("the virtio header tells segments; ECN and a checksum that is still to be made change nothing") {
  const Packet start = dev::cut(datagram(12'000), 96);
  Entry entry{start, 12'042};
  entry.virtio = {.flags = VirtioHeader::kNeedsChecksum,
                  .segmentation = VirtioHeader::kUdp,
                  .segment_size = 1200,
                  .checksum_start = 34};
  Entry stream = entry;
  stream.bytes = dev::cut(ethernet(0x0800, ipv4(6, dev::tcp(1, 2, filler(5000)))), 96);
  stream.length = 14 + 20 + 20 + 5000;
  stream.virtio.segmentation = VirtioHeader::kTcp4 | VirtioHeader::kEcn;
  Entry plain = entry;
  plain.virtio.segmentation = 0;
  Entry unknown = entry;
  unknown.virtio.segmentation = 3;  // fragmentation of UDP
  auto block = block_of({entry, stream, plain, unknown});
  const auto views = read_all(block);
  CHECK_EQ(views.size(), 4U);
  if (views.size() != 4) return;
  CHECK_EQ(views[0].segments, 10U);
  CHECK_EQ(views[0].wire_length, 12'420U);
  CHECK_EQ(views[1].segments, 5U);
  CHECK_EQ(views[1].wire_length, 5000U + 5 * 54);
  CHECK_EQ(views[2].segments, 1U);
  CHECK_EQ(views[3].segments, 1U);
}

TEST("a tag that the kernel took out is put back, of its own type or 802.1Q, and counts on the wire") {
  Entry entry{.bytes = datagram(100), .status = TP_STATUS_USER | TP_STATUS_VLAN_VALID, .tag = 0x2005};
  Entry service = entry;
  service.status |= TP_STATUS_VLAN_TPID_VALID;
  service.tag_type = 0x88a8;
  Entry priority = entry;
  priority.tag = 0;
  Entry super = entry;
  super.bytes = dev::cut(datagram(2000), 96);
  super.length = 2042;
  super.virtio = {.flags = 1, .segmentation = VirtioHeader::kUdp, .segment_size = 1000, .checksum_start = 34};
  Entry tiny = entry;
  tiny.bytes = filler(11);
  auto block = block_of({entry, service, priority, super, tiny});
  const auto views = read_all(block);
  CHECK_EQ(views.size(), 5U);
  if (views.size() != 5) return;
  for (const size_t i : {0, 1}) {
    CHECK_EQ(views[i].vlan_id, 5);
    CHECK_EQ(views[i].frame_length, 142U);
    CHECK_EQ(views[i].wire_length, 146U);
    CHECK_EQ(views[i].source_mac, 0x020000000001U);
    CHECK_EQ(views[i].destination_port, 2000);
  }
  CHECK_EQ(views[2].wire_length, 146U);
  CHECK_EQ(views[3].wire_length, 2000U + 2 * 46);
  CHECK_EQ(views[4].wire_length, 11U);  // no room for a tag: left as it is
}

TEST("frames without a link start at the network header, whatever a driver puts before it") {
  const RingFormat raw{12, false, false};
  const Packet packet = ipv4(17, udp(1, 2, filler(2000)));
  Entry super{.bytes = dev::cut(filler(8) + packet, 96), .length = 8 + 2028, .link = 8};
  super.virtio = {.flags = 1, .segmentation = VirtioHeader::kUdp, .segment_size = 1000, .checksum_start = 28};
  auto block = block_of({{.bytes = ipv4(17, udp(1, 2, filler(4))), .link = 0}, super});
  const auto views = read_all(block, raw);
  CHECK_EQ(views.size(), 2U);
  if (views.size() != 2) return;
  CHECK_EQ(views[0].wire_length, 32U);
  CHECK_EQ(views[1].frame_length, 2028U);
  CHECK_EQ(views[1].wire_length, 2000U + 2 * 28);
}

TEST("outgoing copies on loopback, and room that the kernel made for a frame it then dropped, are passed over") {
  const std::vector<Entry> entries = {{.bytes = datagram(1), .packet_type = PACKET_OUTGOING},
                                      {.bytes = datagram(2)},
                                      {.bytes = datagram(3), .status = TP_STATUS_KERNEL},
                                      {.bytes = datagram(4), .packet_type = PACKET_OUTGOING}};
  auto block = block_of(entries);
  CHECK_EQ(read_all(block).size(), 3U);
  block = block_of(entries);
  const auto views = read_all(block, {1, true, true});
  CHECK_EQ(views.size(), 1U);
  CHECK(!views.empty() && views[0].payload_length == 2);
}

TEST("a block that holds nonsense is never read or written outside, and always comes to its end") {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    auto block = block_of({{.bytes = datagram(random() % 300), .status = TP_STATUS_USER | TP_STATUS_VLAN_VALID},
                           {datagram(random() % 60)},
                           {datagram(0)}});
    for (unsigned i = 0; i < 1 + random() % 8; ++i) {
      const size_t at = random() % (round % 2 == 0 ? 200 : block.size());
      block[at] = static_cast<uint8_t>(random());
    }
    block.resize(random() % 4 == 0 ? random() % block.size() : block.size());
    block.shrink_to_fit();
    read_all(block);
  }
  std::vector<uint8_t> empty;
  CHECK_EQ(read_all(empty).size(), 0U);
}

}  // namespace
}  // namespace nettrace
