#include "native/host/proc_net.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <optional>
#include <string>

#include "native/host/text_fields.h"

namespace nettrace {
namespace {

/// An address as get_tcp4_sock (net/ipv4/tcp_ipv4.c) prints it: each 32-bit word of the network-order bytes as a number
/// of this machine, 8 hexadecimal digits.
std::optional<IpAddress> parse_hex_address(std::string_view text, bool v6) {
  const size_t words = v6 ? 4 : 1;
  if (text.size() != words * 8) return std::nullopt;
  std::array<uint32_t, 4> address{};
  for (size_t i = 0; i < words; ++i) {
    const auto word = parse_unsigned<uint32_t>(text.substr(i * 8, 8), 16);
    if (!word) return std::nullopt;
    address[i] = *word;
  }
  return v6 ? IpAddress::v6_bytes(address.data()) : IpAddress::v4_bytes(address.data());
}

std::optional<Endpoint> parse_hex_endpoint(std::string_view text, bool v6) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = parse_hex_address(text.substr(0, colon), v6);
  const auto port = parse_unsigned<uint16_t>(text.substr(colon + 1), 16);
  if (!address || !port) return std::nullopt;
  return Endpoint{*address, *port};
}

/// `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ...`
void parse_inet(std::string_view line, const ProcNetFormat& format, std::vector<SocketRecord>& sockets) {
  const std::string_view number = next_field(line);
  if (!number.ends_with(':')) return;
  const auto local = parse_hex_endpoint(next_field(line), format.v6);
  const auto remote = parse_hex_endpoint(next_field(line), format.v6);
  const auto state = parse_unsigned<uint8_t>(next_field(line), 16);
  for (int skipped = 0; skipped < 3; ++skipped) next_field(line);
  const auto uid = parse_unsigned<uint32_t>(next_field(line));
  next_field(line);
  const auto inode = parse_unsigned<uint32_t>(next_field(line));
  if (!local || !remote || !state || !uid || !inode) return;
  SocketRecord record;
  record.local = *local;
  record.remote = *remote;
  record.inode = *inode;
  record.uid = *uid;
  record.protocol = format.protocol;
  record.kind = format.kind;
  record.state = static_cast<SocketState>(*state);
  record.v6 = format.v6;
  if (format.kind == SocketKind::kRaw) {
    record.protocol = static_cast<uint8_t>(local->port);  // raw_sock_seq_show in net/ipv4/raw.c prints inet_num
    record.local.port = record.remote.port = 0;
  }
  sockets.push_back(record);
}

std::optional<IpAddress> parse_text_address(std::string_view text) {
  if (text.starts_with('*')) text.remove_prefix(1);  // marks the primary address
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.empty() || text.size() >= buffer.size()) return std::nullopt;
  std::memcpy(buffer.data(), text.data(), text.size());
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, buffer.data(), bytes.data()) == 1) return IpAddress::v4_bytes(bytes.data());
  if (inet_pton(AF_INET6, buffer.data(), bytes.data()) == 1) return IpAddress::v6_bytes(bytes.data());
  return std::nullopt;
}

/// `ASSOC SOCK STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS ...`
/// (net/sctp/proc.c)
void parse_sctp_association(std::string_view line, std::vector<SocketRecord>& sockets) {
  for (int skipped = 0; skipped < 9; ++skipped) next_field(line);
  const auto uid = parse_unsigned<uint32_t>(next_field(line));
  const auto inode = parse_unsigned<uint32_t>(next_field(line));
  const auto local_port = parse_unsigned<uint16_t>(next_field(line));
  const auto remote_port = parse_unsigned<uint16_t>(next_field(line));
  const auto local = parse_text_address(next_field(line));
  if (!uid || !inode || !local_port || !remote_port || !local) return;
  SocketRecord record;
  record.local = {*local, *local_port};
  record.inode = *inode;
  record.uid = *uid;
  record.protocol = IPPROTO_SCTP;
  record.state = SocketState::kEstablished;
  record.v6 = !local->is_v4();
  for (std::string_view field = next_field(line); field != "<->"; field = next_field(line)) {
    if (field.empty()) return;
  }
  while (const auto remote = parse_text_address(next_field(line))) {
    record.remote = {*remote, *remote_port};
    sockets.push_back(record);
  }
}

/// `ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS` (net/sctp/proc.c)
void parse_sctp_endpoint(std::string_view line, std::vector<SocketRecord>& sockets) {
  for (int skipped = 0; skipped < 3; ++skipped) next_field(line);
  const auto state = parse_unsigned<uint8_t>(next_field(line));
  next_field(line);
  const auto port = parse_unsigned<uint16_t>(next_field(line));
  const auto uid = parse_unsigned<uint32_t>(next_field(line));
  const auto inode = parse_unsigned<uint32_t>(next_field(line));
  const auto address = parse_text_address(next_field(line));
  if (!state || !port || !uid || !inode) return;
  SocketRecord record;
  record.local = {address.value_or(IpAddress{}), *port};
  record.inode = *inode;
  record.uid = *uid;
  record.protocol = IPPROTO_SCTP;
  record.state = static_cast<SocketState>(*state);
  record.v6 = !record.local.address.is_v4();
  sockets.push_back(record);
}

}  // namespace

void parse_proc_net_line(std::string_view line, const ProcNetFormat& format, std::vector<SocketRecord>& sockets) {
  switch (format.layout) {
    case ProcNetFormat::Layout::kInet:
      return parse_inet(line, format, sockets);
    case ProcNetFormat::Layout::kSctpAssociations:
      return parse_sctp_association(line, sockets);
    case ProcNetFormat::Layout::kSctpEndpoints:
      return parse_sctp_endpoint(line, sockets);
  }
}

size_t parse_proc_net(std::string_view text, const ProcNetFormat& format, bool last,
                      std::vector<SocketRecord>& sockets) {
  std::string_view rest = text;
  while (!rest.empty()) {
    if (rest.find('\n') == std::string_view::npos && !last) break;
    parse_proc_net_line(next_line(rest), format, sockets);
  }
  return text.size() - rest.size();
}

}  // namespace nettrace
