#include "native/host/inet_diag.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace nettrace {
namespace {

/// An answer has a 72-byte body and a handful of attributes; an error repeats the header of the request.
constexpr size_t kAnswerSize = 1024;
/// netlink_dump (net/netlink/af_netlink.c) fills datagrams up to 32 KiB where the reader offers that much room.
constexpr size_t kDumpSize = 32768;
constexpr int kTimeoutMs = 500;

Result<NetlinkSocket> open_diag_socket() {
  return NetlinkSocket::open({.protocol = NETLINK_SOCK_DIAG, .receive_buffer = 1 << 20, .timeout_ms = kTimeoutMs});
}

Result<void> send_all(int fd, const void* data, size_t length) {
  while (::send(fd, data, length, 0) < 0) {
    if (errno == EINTR) continue;
    const bool refused = errno == EPERM || errno == EACCES;
    return Error::from_errno(refused ? ErrorCode::kNotPermitted : ErrorCode::kNetlinkFailed, "send", "sock_diag");
  }
  return {};
}

}  // namespace

struct DiagLookup::Buffers {
  std::array<DiagRequest, kBatch> requests;
  std::array<std::array<uint8_t, kAnswerSize>, kBatch> answers;
  std::array<sockaddr_nl, kBatch> senders;
  std::array<iovec, kBatch> vectors;
  std::array<mmsghdr, kBatch> headers;
};

DiagLookup::DiagLookup(NetlinkSocket socket) : socket_(std::move(socket)), buffers_(std::make_unique<Buffers>()) {}
DiagLookup::DiagLookup(DiagLookup&&) noexcept = default;
DiagLookup& DiagLookup::operator=(DiagLookup&&) noexcept = default;
DiagLookup::~DiagLookup() = default;

Result<DiagLookup> DiagLookup::open() {
  auto socket = open_diag_socket();
  if (!socket) return socket.error();
  return DiagLookup(std::move(socket).value());
}

void DiagLookup::find(std::span<const SocketQuery> queries, std::span<SocketAnswer> answers) {
  const size_t count = std::min({queries.size(), answers.size(), kBatch});
  const uint32_t first = sequence_ + 1;
  for (size_t i = 0; i < count; ++i) {
    buffers_->requests[i] = diag_lookup_request(queries[i], ++sequence_);
    answers[i] = SocketAnswer{LookupStatus::kFailed, ETIMEDOUT, {}};
  }
  int error = 0;
  if (const auto sent = send_all(socket_.fd(), buffers_->requests.data(), count * sizeof(DiagRequest)); !sent) {
    error = sent.error().number;
  }
  size_t answered = 0;
  while (answered < count && error == 0) answered += receive(first, queries, answers, error);
  for (size_t i = 0; i < count && error != 0; ++i) {
    if (answers[i].status == LookupStatus::kFailed && answers[i].error == ETIMEDOUT) answers[i].error = error;
  }
}

/// Reads what has come; gives how many of the questions that answers. Late answers to older questions are passed over.
size_t DiagLookup::receive(uint32_t first_sequence, std::span<const SocketQuery> queries,
                           std::span<SocketAnswer> answers, int& error) {
  Buffers& b = *buffers_;
  const size_t count = std::min(queries.size(), kBatch);
  for (size_t i = 0; i < count; ++i) {
    b.vectors[i] = {b.answers[i].data(), b.answers[i].size()};
    b.senders[i] = {};
    b.headers[i] = {};
    b.headers[i].msg_hdr.msg_name = &b.senders[i];
    b.headers[i].msg_hdr.msg_namelen = sizeof b.senders[i];
    b.headers[i].msg_hdr.msg_iov = &b.vectors[i];
    b.headers[i].msg_hdr.msg_iovlen = 1;
  }
  const int got = ::recvmmsg(socket_.fd(), b.headers.data(), static_cast<unsigned>(count), MSG_WAITFORONE, nullptr);
  if (got < 0 && errno == EINTR) return 0;
  if (got <= 0) {
    error = got == 0 || errno == EAGAIN ? ETIMEDOUT : errno;
    return 0;
  }
  size_t answered = 0;
  for (size_t i = 0; i < static_cast<size_t>(got); ++i) {
    if (b.senders[i].nl_pid != 0) continue;  // forged by another process
    NetlinkMessages messages(Bytes(b.answers[i].data(), std::min<size_t>(b.headers[i].msg_len, kAnswerSize)));
    while (const auto message = messages.next()) {
      const uint32_t place = message->header.nlmsg_seq - first_sequence;
      if (place >= count) continue;
      answers[place] = parse_diag_answer(*message, queries[place]);
      ++answered;
    }
  }
  return answered;
}

DiagDump::DiagDump(NetlinkSocket socket)
    : socket_(std::move(socket)), buffer_(std::make_unique<uint8_t[]>(kDumpSize)) {}

Result<DiagDump> DiagDump::open() {
  auto socket = open_diag_socket();
  if (!socket) return socket.error();
  return DiagDump(std::move(socket).value());
}

Result<void> DiagDump::begin(uint8_t family, uint8_t protocol, uint32_t states, uint8_t extensions) {
  // What is left of an abandoned dump would block the new one (EBUSY): read it away, without waiting.
  while (::recv(socket_.fd(), buffer_.get(), kDumpSize, MSG_DONTWAIT) > 0) {
  }
  protocol_ = protocol;
  error_ = 0;
  DiagRequest request = diag_dump_request(family, protocol, states, ++sequence_);
  request.body.idiag_ext = extensions;
  return send_all(socket_.fd(), &request, sizeof request);
}

Result<Bytes> DiagDump::receive() {
  for (;;) {
    sockaddr_nl sender{};
    socklen_t length = sizeof sender;
    const ssize_t got =
        ::recvfrom(socket_.fd(), buffer_.get(), kDumpSize, 0, reinterpret_cast<sockaddr*>(&sender), &length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::from_errno(ErrorCode::kNetlinkFailed, "recvfrom", "sock_diag");
    if (sender.nl_pid == 0) return Bytes(buffer_.get(), static_cast<size_t>(got));
  }
}

}  // namespace nettrace
