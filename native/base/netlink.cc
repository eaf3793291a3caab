// Owns: the system calls of a netlink socket, and what their errors mean.
#include "native/base/netlink.h"

#include <sys/socket.h>
#include <sys/time.h>

namespace nettrace {
namespace {

/// The kernel fills dump datagrams up to 32 KiB (netlink_dump in net/netlink/af_netlink.c).
constexpr size_t kBufferSize = 65536;
/// Events handled in one call; the rest stays readable. Keeps a storm from holding the thread.
constexpr size_t kMaxDatagramsPerCall = 4096;

Error netlink_error(const char* syscall) {
  const ErrorCode code = errno == EPERM || errno == EACCES                       ? ErrorCode::kNotPermitted
                         : errno == EMFILE || errno == ENFILE || errno == ENOMEM ? ErrorCode::kResourceExhausted
                                                                                 : ErrorCode::kNetlinkFailed;
  return Error::from_errno(code, syscall, "netlink");
}

void set_option(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

}  // namespace

Result<NetlinkSocket> NetlinkSocket::open(const NetlinkOptions& options) {
  NetlinkSocket result;
  result.fd_ = UniqueFd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, options.protocol));
  if (!result.fd_) return netlink_error("socket");
  const int fd = result.fd();
  // All of these are refinements; a kernel without one of them still answers.
  set_option(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  set_option(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  if (options.strict_checking) set_option(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
  if (options.receive_buffer > 0) {
    set_option(fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
    set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, options.receive_buffer);
  }
  const timeval timeout{options.timeout_ms / 1000, suseconds_t{options.timeout_ms % 1000} * 1000};
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0) return netlink_error("setsockopt");

  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = options.groups;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return netlink_error("bind");
  socklen_t length = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return netlink_error("getsockname");
  result.port_ = address.nl_pid;
  result.buffer_ = std::make_unique<uint8_t[]>(kBufferSize);
  return result;
}

Result<void> NetlinkSocket::send(std::span<const uint8_t> bytes) {
  while (::send(fd(), bytes.data(), bytes.size(), 0) < 0) {
    if (errno != EINTR) return netlink_error("send");
  }
  return {};
}

/// One datagram from the kernel. EAGAIN (nothing there, or the timeout) and ENOBUFS are errors with that number.
Result<Bytes> NetlinkSocket::receive(int flags) {
  for (;;) {
    sockaddr_nl sender{};
    socklen_t sender_length = sizeof sender;
    const ssize_t length = ::recvfrom(fd(), buffer_.get(), kBufferSize, flags | MSG_TRUNC,
                                      reinterpret_cast<sockaddr*>(&sender), &sender_length);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return netlink_error("recvfrom");
    if (static_cast<size_t>(length) > kBufferSize) {
      return Error{ErrorCode::kNetlinkFailed, "recvfrom", EMSGSIZE, "netlink", {}};
    }
    if (sender.nl_pid == 0) return Bytes(buffer_.get(), static_cast<size_t>(length));  // else: forged by a process
  }
}

/// After an exchange that ended early its answer may still be on the way, and its dump blocks the next one (EBUSY).
void NetlinkSocket::discard_late_answers() {
  for (size_t i = 0; i < kMaxDatagramsPerCall && answer_pending_; ++i) {
    const auto datagram = receive(MSG_DONTWAIT);
    if (!datagram && datagram.error().number != ENOBUFS) answer_pending_ = false;
  }
}

Result<NetlinkReply> NetlinkSocket::exchange_erased(NetlinkRequest& request, Visitor visitor, void* context) {
  if (answer_pending_) discard_late_answers();
  const uint32_t sequence = ++sequence_;
  if (auto sent = send(request.finish(sequence, port_)); !sent) return sent.error();
  answer_pending_ = true;
  const bool ends_explicitly = (request.flags() & (NLM_F_ACK | NLM_F_DUMP)) != 0;
  NetlinkReply reply;
  for (;;) {
    const auto datagram = receive(0);
    if (!datagram) {
      Error error = datagram.error();
      if (error.number == EAGAIN) error.number = ETIMEDOUT;
      return error;
    }
    NetlinkMessages messages(datagram.value());
    while (const auto message = messages.next()) {
      if (message->header.nlmsg_seq != sequence || message->header.nlmsg_pid != port_) continue;
      if ((message->header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) reply.interrupted = true;
      if (message->header.nlmsg_type == NLMSG_ERROR || message->header.nlmsg_type == NLMSG_DONE) {
        answer_pending_ = false;
        NetlinkStatus status = netlink_status(*message);
        if (status.number == 0) return reply;
        const ErrorCode code = status.number == EPERM ? ErrorCode::kNotPermitted : ErrorCode::kNetlinkFailed;
        return Error{code, "netlink", status.number, "netlink", std::move(status.text)};
      }
      if (message->header.nlmsg_type < NLMSG_MIN_TYPE) continue;
      ++reply.messages;
      visitor(context, *message);
      if (!ends_explicitly && (message->header.nlmsg_flags & NLM_F_MULTI) == 0) {
        answer_pending_ = false;
        return reply;
      }
    }
  }
}

Result<NetlinkEvents> NetlinkSocket::events_erased(Visitor visitor, void* context) {
  NetlinkEvents events;
  for (size_t i = 0; i < kMaxDatagramsPerCall; ++i) {
    const auto datagram = receive(MSG_DONTWAIT);
    if (!datagram) {
      if (datagram.error().number == EAGAIN) return events;
      if (datagram.error().number != ENOBUFS) return datagram.error();
      events.overrun = true;
      continue;
    }
    NetlinkMessages messages(datagram.value());
    while (const auto message = messages.next()) {
      if (message->header.nlmsg_type < NLMSG_MIN_TYPE) continue;
      ++events.messages;
      visitor(context, *message);
    }
  }
  return events;
}

}  // namespace nettrace
