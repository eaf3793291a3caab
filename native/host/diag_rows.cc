#include "native/host/diag_rows.h"

#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "native/host/socket_record.h"

namespace nettrace {
namespace {

/// TCP_BOUND_INACTIVE (include/net/tcp_states.h, Linux 6.8): bound, in no other state.
constexpr uint32_t kBoundState = 1u << 13;

/// Nobody can read from or write to these.
constexpr uint32_t kStatesWithoutQueues =
    state_bit(SocketState::kTimeWait) | state_bit(SocketState::kSynReceived) | state_bit(SocketState::kNewSynReceived);

/// Values of idiag_timer (tcp_diag and inet_sk_diag_fill in net/ipv4/inet_diag.c).
enum DiagTimer : uint8_t { kRetransmit = 1, kKeepalive = 2, kTimeWait = 3, kPersist = 4 };

constexpr uint8_t extension(int attribute) noexcept {
  return static_cast<uint8_t>(1u << (attribute - 1));
}

double cookie_of(const uint32_t (&words)[2]) noexcept {
  return static_cast<double>(uint64_t{words[1]} << 32 | words[0]);
}

IpAddress address_of(const __be32 (&words)[4], bool v4) noexcept {
  return v4 ? IpAddress::v4_bytes(&words[0]) : IpAddress::v6_bytes(&words[0]);
}

using MemoryInfo = std::array<uint32_t, SK_MEMINFO_VARS>;

MemoryRow memory_row(const MemoryInfo& info) noexcept {
  MemoryRow row;
  row.receive_allocated = info[SK_MEMINFO_RMEM_ALLOC];
  row.receive_buffer = info[SK_MEMINFO_RCVBUF];
  row.send_allocated = info[SK_MEMINFO_WMEM_ALLOC];
  row.send_buffer = info[SK_MEMINFO_SNDBUF];
  row.forward_allocated = info[SK_MEMINFO_FWD_ALLOC];
  row.send_queued = info[SK_MEMINFO_WMEM_QUEUED];
  row.options = info[SK_MEMINFO_OPTMEM];
  row.backlog = info[SK_MEMINFO_BACKLOG];
  return row;
}

/// Where struct tcp_info has tcpi_rcv_wnd since Linux 6.2; headers of older kernels do not know it.
constexpr size_t kReceiveWindowAt = offsetof(tcp_info, tcpi_snd_wnd) + sizeof(uint32_t);
static_assert(kReceiveWindowAt == 232, "struct tcp_info is not as Linux has it");

struct UpToReceiveWindow {
  std::array<uint8_t, kReceiveWindowAt> before;
  uint32_t receive_window;
};

struct TcpInfo {
  tcp_info base{};
  /// 0 where the kernel does not tell.
  uint32_t receive_window = 0;
};

TcpInfo read_tcp_info(Bytes payload) noexcept {
  return {netlink_struct<tcp_info>(payload), netlink_struct<UpToReceiveWindow>(payload).receive_window};
}

void fill_window_and_queue(TcpInfoRow& row, const TcpInfo& info) noexcept {
  const tcp_info& i = info.base;
  row.congestion_window = i.tcpi_snd_cwnd;
  row.slow_start_threshold = i.tcpi_snd_ssthresh;
  row.unacked = i.tcpi_unacked;
  row.sacked = i.tcpi_sacked;
  row.lost = i.tcpi_lost;
  row.retransmitting = i.tcpi_retrans;
  row.retransmits = i.tcpi_total_retrans;
  row.reordering = i.tcpi_reordering;
  row.receive_space = i.tcpi_rcv_space;
  row.not_sent = i.tcpi_notsent_bytes;
  row.send_window = i.tcpi_snd_wnd;
  row.receive_window = info.receive_window;
  row.out_of_order = i.tcpi_rcv_ooopack;
  row.duplicate_sacks = i.tcpi_dsack_dups;
}

TcpInfoRow tcp_info_row(const TcpInfo& info) noexcept {
  const tcp_info& i = info.base;
  TcpInfoRow row;
  row.known = 1;
  row.congestion_state = i.tcpi_ca_state;
  row.backoff = i.tcpi_backoff;
  row.options = i.tcpi_options;
  row.send_scale = i.tcpi_snd_wscale;
  row.receive_scale = i.tcpi_rcv_wscale;
  row.rto = i.tcpi_rto;
  row.ato = i.tcpi_ato;
  row.rtt = i.tcpi_rtt;
  row.rtt_variance = i.tcpi_rttvar;
  row.min_rtt = i.tcpi_min_rtt;
  row.receive_rtt = i.tcpi_rcv_rtt;
  row.send_mss = i.tcpi_snd_mss;
  row.receive_mss = i.tcpi_rcv_mss;
  row.advertised_mss = i.tcpi_advmss;
  row.path_mtu = i.tcpi_pmtu;
  fill_window_and_queue(row, info);
  row.last_data_sent_ms = i.tcpi_last_data_sent;
  row.last_data_received_ms = i.tcpi_last_data_recv;
  row.last_ack_received_ms = i.tcpi_last_ack_recv;
  row.segments_sent = i.tcpi_segs_out;
  row.segments_received = i.tcpi_segs_in;
  row.data_segments_sent = i.tcpi_data_segs_out;
  row.data_segments_received = i.tcpi_data_segs_in;
  row.delivered = i.tcpi_delivered;
  row.pacing_rate = static_cast<double>(i.tcpi_pacing_rate);
  row.delivery_rate = static_cast<double>(i.tcpi_delivery_rate);
  row.bytes_sent = static_cast<double>(i.tcpi_bytes_sent);
  row.bytes_acked = static_cast<double>(i.tcpi_bytes_acked);
  row.bytes_received = static_cast<double>(i.tcpi_bytes_received);
  row.bytes_retransmitted = static_cast<double>(i.tcpi_bytes_retrans);
  row.busy = static_cast<double>(i.tcpi_busy_time);
  row.receive_window_limited = static_cast<double>(i.tcpi_rwnd_limited);
  row.send_buffer_limited = static_cast<double>(i.tcpi_sndbuf_limited);
  return row;
}

uint8_t place_of_name(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  const auto place = static_cast<size_t>(found - names.begin());
  if (place >= 255) return 0;
  if (found == names.end()) names.push_back(name);
  return static_cast<uint8_t>(place + 1);
}

/// What the kernel counts for the timer that runs; with tcp_info both counts are known.
void fill_retries(InetRow& row, const inet_diag_msg& body, const TcpInfoRow& info, const TcpInfo& raw) noexcept {
  if (info.known != 0) {
    row.retries = raw.base.tcpi_retransmits;
    row.probes = raw.base.tcpi_probes;
  } else if (body.idiag_timer == kKeepalive || body.idiag_timer == kPersist) {
    row.probes = body.idiag_retrans;
  } else {
    row.retries = body.idiag_retrans;
  }
}

InetRow inet_row(const inet_diag_msg& body, uint8_t protocol, uint16_t netns) noexcept {
  const bool v4 = body.idiag_family == AF_INET;
  InetRow row;
  row.protocol = protocol;
  row.family = v4 ? 4 : 6;
  row.state = body.idiag_state;
  row.timer = body.idiag_timer;
  row.expires_ms = body.idiag_expires;
  row.netns = netns;
  row.local = address_of(body.id.idiag_src, v4);
  row.remote = address_of(body.id.idiag_dst, v4);
  row.local_port = __builtin_bswap16(body.id.idiag_sport);
  row.remote_port = __builtin_bswap16(body.id.idiag_dport);
  row.interface = body.id.idiag_if;
  row.receive_queue = body.idiag_rqueue;
  row.send_queue = body.idiag_wqueue;
  row.uid = body.idiag_uid;
  row.inode = body.idiag_inode;
  row.cookie = cookie_of(body.id.idiag_cookie);
  return row;
}

}  // namespace

inet_diag_req_v2 inet_dump_request(uint8_t family, uint8_t protocol, const SocketRequest& request) noexcept {
  inet_diag_req_v2 body{};
  body.sdiag_family = family;
  body.sdiag_protocol = protocol;
  body.idiag_states = request.bound ? ~0u : ~kBoundState;
  if (request.queued) body.idiag_states &= ~kStatesWithoutQueues;
  body.idiag_ext = extension(INET_DIAG_SHUTDOWN);
  if (request.tcp_info) body.idiag_ext |= extension(INET_DIAG_INFO);
  if (request.memory) body.idiag_ext |= extension(INET_DIAG_SKMEMINFO);
  if (request.congestion) body.idiag_ext |= extension(INET_DIAG_CONG);
  return body;
}

unix_diag_req unix_dump_request(const SocketRequest& request) noexcept {
  unix_diag_req body{};
  body.sdiag_family = AF_UNIX;
  body.udiag_states = ~0u;
  body.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID;
  if (request.memory) body.udiag_show |= UDIAG_SHOW_MEMINFO;
  return body;
}

packet_diag_req packet_dump_request() noexcept {
  packet_diag_req body{};
  body.sdiag_family = AF_PACKET;
  body.pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_RING_CFG | PACKET_SHOW_MEMINFO;
  return body;
}

bool is_queued(uint8_t state, uint32_t receive_queue, uint32_t send_queue, uint32_t inode) noexcept {
  const auto named = static_cast<SocketState>(state);
  if (named == SocketState::kListen || receive_queue > 0 || send_queue > 0) return true;
  return inode == 0 && (named == SocketState::kEstablished || named == SocketState::kCloseWait);
}

bool is_wanted(const SocketRequest& request, uint8_t protocol, uint16_t netns, uint16_t local_port,
               uint16_t remote_port) noexcept {
  return protocol == IPPROTO_TCP && netns == 0 &&
         std::ranges::binary_search(request.wanted, port_pair(local_port, remote_port));
}

bool append_inet_socket(const NetlinkMessage& message, uint8_t protocol, uint16_t netns, const SocketRequest& request,
                        SocketListing& listing) {
  if (message.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || message.payload.size() < sizeof(inet_diag_msg)) return false;
  const auto body = netlink_struct<inet_diag_msg>(message.payload);
  if (body.idiag_family != AF_INET && body.idiag_family != AF_INET6) return false;
  if (request.queued) {
    ++listing.looked;
    if (!is_queued(body.idiag_state, body.idiag_rqueue, body.idiag_wqueue, body.idiag_inode) &&
        !is_wanted(request, protocol, netns, ntohs(body.id.idiag_sport), ntohs(body.id.idiag_dport))) {
      return true;
    }
  }
  InetRow row = inet_row(body, protocol, netns);
  MemoryRow memory;
  TcpInfo raw_info;
  TcpInfoRow info;
  NetlinkAttributes attributes = message.attributes(sizeof(inet_diag_msg));
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case INET_DIAG_INFO:
        // SCTP answers with a structure of its own.
        if (protocol != IPPROTO_TCP || attribute->payload.size() == 0) break;
        raw_info = read_tcp_info(attribute->payload);
        info = tcp_info_row(raw_info);
        break;
      case INET_DIAG_SKMEMINFO: {
        const auto values = netlink_struct<MemoryInfo>(attribute->payload);
        memory = memory_row(values);
        row.drops = values[SK_MEMINFO_DROPS];
        break;
      }
      case INET_DIAG_CONG:
        row.congestion = place_of_name(listing.congestion, attribute->text());
        break;
      case INET_DIAG_SHUTDOWN: {
        const uint8_t shut = attribute->value<uint8_t>().value_or(0);
        if ((shut & 1) != 0) row.flags |= kFlagReceiveShut;
        if ((shut & 2) != 0) row.flags |= kFlagSendShut;
        break;
      }
      case INET_DIAG_SKV6ONLY:
        if (attribute->value<uint8_t>().value_or(0) != 0) row.flags |= kFlagV6Only;
        break;
      case INET_DIAG_MARK:
        row.mark = attribute->value<uint32_t>().value_or(0);
        break;
      case INET_DIAG_CGROUP_ID:
        row.cgroup = static_cast<double>(attribute->value<uint64_t>().value_or(0));
        break;
      default:
        break;
    }
  }
  fill_retries(row, body, info, raw_info);
  listing.inet.append(row);
  if (request.memory) listing.memory.append(memory);
  if (request.tcp_info) listing.tcp_info.append(info);
  return true;
}

bool append_unix_socket(const NetlinkMessage& message, uint16_t netns, const SocketRequest& request,
                        SocketListing& listing) {
  if (message.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || message.payload.size() < sizeof(unix_diag_msg)) return false;
  const auto body = netlink_struct<unix_diag_msg>(message.payload);
  if (body.udiag_family != AF_UNIX) return false;
  UnixRow row;
  row.type = body.udiag_type;
  row.state = body.udiag_state;
  row.netns = netns;
  row.inode = body.udiag_ino;
  row.cookie = cookie_of(body.udiag_cookie);
  std::string_view name;
  NetlinkAttributes attributes = message.attributes(sizeof(unix_diag_msg));
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case UNIX_DIAG_NAME:
        name = {reinterpret_cast<const char*>(attribute->payload.data()), attribute->payload.size()};
        break;
      case UNIX_DIAG_PEER:
        row.peer = attribute->value<uint32_t>().value_or(0);
        break;
      case UNIX_DIAG_RQLEN: {
        const auto queues = netlink_struct<unix_diag_rqlen>(attribute->payload);
        row.receive_queue = queues.udiag_rqueue;
        row.send_queue = queues.udiag_wqueue;
        break;
      }
      case UNIX_DIAG_SHUTDOWN:
        row.shutdown = attribute->value<uint8_t>().value_or(0);
        break;
      case UNIX_DIAG_UID:
        row.uid = attribute->value<uint32_t>().value_or(0);
        break;
      case UNIX_DIAG_MEMINFO:
        row.drops = netlink_struct<MemoryInfo>(attribute->payload)[SK_MEMINFO_DROPS];
        break;
      default:
        break;
    }
  }
  if (request.queued) {
    ++listing.looked;
    if (!is_queued(row.state, row.receive_queue, row.send_queue, row.inode)) return true;
  }
  // A pathname may come with the NUL that ends it; an abstract name begins with one.
  if (!name.empty() && name.front() != '\0') name = name.substr(0, name.find('\0'));
  listing.unix_sockets.append(row, name);
  return true;
}

bool append_packet_socket(const NetlinkMessage& message, uint16_t netns, PacketColumns& sockets) {
  if (message.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || message.payload.size() < sizeof(packet_diag_msg)) {
    return false;
  }
  const auto body = netlink_struct<packet_diag_msg>(message.payload);
  if (body.pdiag_family != AF_PACKET) return false;
  PacketRow row;
  row.type = body.pdiag_type;
  row.protocol = body.pdiag_num;
  row.netns = netns;
  row.inode = body.pdiag_ino;
  row.cookie = cookie_of(body.pdiag_cookie);
  NetlinkAttributes attributes = message.attributes(sizeof(packet_diag_msg));
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case PACKET_DIAG_INFO: {
        const auto info = netlink_struct<packet_diag_info>(attribute->payload);
        row.interface = info.pdi_index;
        row.flags = info.pdi_flags;
        break;
      }
      case PACKET_DIAG_RX_RING: {
        const auto ring = netlink_struct<packet_diag_ring>(attribute->payload);
        row.ring_bytes = ring.pdr_block_size * ring.pdr_block_nr;
        break;
      }
      case PACKET_DIAG_UID:
        row.uid = attribute->value<uint32_t>().value_or(0);
        break;
      case PACKET_DIAG_MEMINFO: {
        const auto memory = netlink_struct<MemoryInfo>(attribute->payload);
        row.receive_allocated = memory[SK_MEMINFO_RMEM_ALLOC];
        row.receive_buffer = memory[SK_MEMINFO_RCVBUF];
        row.drops = memory[SK_MEMINFO_DROPS];
        break;
      }
      default:
        break;
    }
  }
  sockets.append(row);
  return true;
}

}  // namespace nettrace
