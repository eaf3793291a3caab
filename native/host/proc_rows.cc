#include "native/host/proc_rows.h"

#include <array>

#include "native/host/text_fields.h"

namespace nettrace {
namespace {

/// TCP states as unix sockets use them (include/net/tcp_states.h).
constexpr uint8_t kEstablished = 1;
constexpr uint8_t kClose = 7;
constexpr uint8_t kListen = 10;
/// __SO_ACCEPTCON, include/uapi/linux/net.h.
constexpr uint32_t kAccepting = 0x10000;
/// SS_CONNECTING and SS_CONNECTED, include/uapi/linux/net.h.
constexpr uint8_t kSocketConnecting = 2;
constexpr uint8_t kSocketConnected = 3;
constexpr uint32_t kTickMs = 10;

struct HexEndpoint {
  IpAddress address;
  uint16_t port = 0;
};

/// Each 32-bit word of the network-order bytes as a number of this machine, 8 digits; then the port.
std::optional<HexEndpoint> parse_endpoint(std::string_view text, size_t words) {
  if (text.size() < words * 8 + 2 || text[words * 8] != ':') return std::nullopt;
  std::array<uint32_t, 4> address{};
  for (size_t i = 0; i < words; ++i) {
    const auto word = parse_unsigned<uint32_t>(text.substr(i * 8, 8), 16);
    if (!word) return std::nullopt;
    address.at(i) = *word;
  }
  const auto port = parse_unsigned<uint16_t>(text.substr(words * 8 + 1), 16);
  if (!port) return std::nullopt;
  return HexEndpoint{words == 4 ? IpAddress::v6_bytes(address.data()) : IpAddress::v4_bytes(address.data()), *port};
}

/// Two hexadecimal numbers with a colon between them.
std::optional<std::array<uint32_t, 2>> parse_pair(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto first = parse_unsigned<uint32_t>(text.substr(0, colon), 16);
  const auto second = parse_unsigned<uint32_t>(text.substr(colon + 1), 16);
  if (!first || !second) return std::nullopt;
  return std::array<uint32_t, 2>{*first, *second};
}

}  // namespace

std::optional<InetRow> parse_inet_row(std::string_view line, uint8_t protocol, uint8_t family) {
  if (!next_field(line).ends_with(':')) return std::nullopt;
  const size_t words = family == 6 ? 4 : 1;
  const auto local = parse_endpoint(next_field(line), words);
  const auto remote = parse_endpoint(next_field(line), words);
  const auto state = parse_unsigned<uint8_t>(next_field(line), 16);
  const auto queues = parse_pair(next_field(line));
  const auto timer = parse_pair(next_field(line));
  const auto retries = parse_unsigned<uint32_t>(next_field(line), 16);
  const auto uid = parse_unsigned<uint32_t>(next_field(line));
  const auto probes = parse_unsigned<uint32_t>(next_field(line));
  const auto inode = parse_unsigned<uint32_t>(next_field(line));
  if (!local || !remote || !state || !queues || !timer || !retries || !uid || !probes || !inode) return std::nullopt;
  next_field(line);  // reference count
  next_field(line);  // pointer
  InetRow row;
  row.protocol = protocol;
  row.family = family;
  row.local = local->address;
  row.local_port = local->port;
  row.remote = remote->address;
  row.remote_port = remote->port;
  row.state = *state;
  row.send_queue = (*queues)[0];
  row.receive_queue = (*queues)[1];
  row.timer = static_cast<uint8_t>((*timer)[0]);
  row.expires_ms = (*timer)[1] * kTickMs;
  row.retries = static_cast<uint8_t>(*retries);
  row.probes = *probes;
  row.uid = *uid;
  row.inode = *inode;
  // Behind the pointer TCP has other numbers than UDP and raw, whose last one is the drops.
  if (protocol != 6) row.drops = parse_unsigned<uint32_t>(next_field(line)).value_or(0);
  return row;
}

bool append_unix_line(std::string_view line, uint16_t netns, UnixColumns& sockets) {
  if (!next_field(line).ends_with(':')) return false;
  const auto references = parse_unsigned<uint32_t>(next_field(line), 16);
  next_field(line);  // protocol
  const auto flags = parse_unsigned<uint32_t>(next_field(line), 16);
  const auto type = parse_unsigned<uint32_t>(next_field(line), 16);
  const auto state = parse_unsigned<uint8_t>(next_field(line), 16);
  const auto inode = parse_unsigned<uint32_t>(next_field(line));
  if (!references || !flags || !type || !state || !inode) return false;
  UnixRow row;
  row.references = *references;
  row.type = static_cast<uint8_t>(*type);
  const bool connected = *state == kSocketConnected || *state == kSocketConnecting;
  row.state = (*flags & kAccepting) != 0 ? kListen : connected ? kEstablished : kClose;
  row.inode = *inode;
  row.netns = netns;
  std::string name(line.starts_with(' ') ? line.substr(1) : line);
  if (name.starts_with('@')) {
    for (char& character : name) {
      if (character == '@') character = '\0';
    }
  }
  sockets.append(row, name);
  return true;
}

std::optional<PacketRow> parse_packet_row(std::string_view line) {
  next_field(line);  // pointer
  next_field(line);  // reference count
  const auto type = parse_unsigned<uint8_t>(next_field(line));
  const auto protocol = parse_unsigned<uint16_t>(next_field(line), 16);
  const auto interface = parse_unsigned<uint32_t>(next_field(line));
  const auto running = parse_unsigned<uint32_t>(next_field(line));
  const auto allocated = parse_unsigned<uint32_t>(next_field(line));
  const auto uid = parse_unsigned<uint32_t>(next_field(line));
  const auto inode = parse_unsigned<uint32_t>(next_field(line));
  if (!type || !protocol || !interface || !running || !allocated || !uid || !inode) return std::nullopt;
  PacketRow row;
  row.type = *type;
  row.protocol = *protocol;
  row.interface = *interface;
  row.flags = *running;
  row.receive_allocated = *allocated;
  row.uid = *uid;
  row.inode = *inode;
  return row;
}

}  // namespace nettrace
