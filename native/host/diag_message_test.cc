// Owns: tests of the sock_diag wire format, on crafted and on broken answers.
// Knows nothing of: the kernel.
#include "native/host/diag_message.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "native/dev/test.h"

namespace {

using namespace nettrace;

const Endpoint kLocal{IpAddress::v4(0x0a000001), 443};
const Endpoint kRemote{IpAddress::v4(0xc0a80102), 51000};

std::vector<uint8_t> datagram(uint16_t type, const void* body, size_t length) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<uint32_t>(sizeof header + length);
  header.nlmsg_type = type;
  std::vector<uint8_t> bytes(header.nlmsg_len);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, body, length);
  return bytes;
}

/// In a block of its exact size, so that a read past the end is seen by AddressSanitizer.
SocketAnswer parse(const std::vector<uint8_t>& bytes, size_t length) {
  const auto exact = std::make_unique<uint8_t[]>(length);
  std::memcpy(exact.get(), bytes.data(), length);
  NetlinkMessages messages(Bytes(exact.get(), length));
  const auto message = messages.next();
  return message ? parse_diag_answer(*message, {kLocal, kRemote, IPPROTO_TCP, 0}) : SocketAnswer{};
}

std::vector<uint8_t> mapped_answer() {
  struct {
    inet_diag_msg body;
    nlattr header;
    uint8_t v6_only;
    uint8_t padding[3];
  } answer{};
  answer.body.idiag_family = AF_INET6;
  answer.body.idiag_state = 1;
  answer.body.idiag_inode = 4711;
  answer.body.idiag_uid = 33;
  answer.body.id.idiag_sport = htons(443);
  answer.body.id.idiag_dport = htons(51000);
  std::memcpy(answer.body.id.idiag_src, kLocal.address.bytes.data(), 16);
  std::memcpy(answer.body.id.idiag_dst, kRemote.address.bytes.data(), 16);
  answer.body.id.idiag_cookie[0] = 0x55667788;
  answer.body.id.idiag_cookie[1] = 0x11223344;
  answer.body.id.idiag_if = 5;
  answer.header = {5, INET_DIAG_SKV6ONLY};
  answer.v6_only = 1;
  return datagram(SOCK_DIAG_BY_FAMILY, &answer, sizeof answer);
}

TEST("a TCP lookup names the local end as source, a UDP lookup the remote one") {
  const DiagRequest tcp = diag_lookup_request({kLocal, kRemote, IPPROTO_TCP, 7}, 9);
  CHECK_EQ(tcp.header.nlmsg_len, 72u);
  CHECK_EQ(tcp.header.nlmsg_seq, 9u);
  CHECK_EQ(tcp.header.nlmsg_flags, NLM_F_REQUEST);
  CHECK_EQ(tcp.body.sdiag_family, AF_INET);
  CHECK_EQ(tcp.body.id.idiag_sport, htons(443));
  CHECK_EQ(tcp.body.id.idiag_src[0], htonl(0x0a000001));
  CHECK_EQ(tcp.body.id.idiag_dst[0], htonl(0xc0a80102));
  CHECK_EQ(tcp.body.id.idiag_src[1], 0u);
  CHECK_EQ(tcp.body.id.idiag_if, 7u);
  CHECK_EQ(tcp.body.id.idiag_cookie[0], 0xffffffffu);
  const DiagRequest udp = diag_lookup_request({kLocal, kRemote, IPPROTO_UDP, 0}, 1);
  CHECK_EQ(udp.body.id.idiag_sport, htons(51000));
  CHECK_EQ(udp.body.id.idiag_dst[0], htonl(0x0a000001));
}

TEST("an IPv6 lookup carries all sixteen bytes") {
  IpAddress address;
  address.bytes = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const DiagRequest request = diag_lookup_request({{address, 1}, {address, 2}, IPPROTO_TCP, 0}, 1);
  CHECK_EQ(request.body.sdiag_family, AF_INET6);
  CHECK_EQ(request.body.id.idiag_src[0], htonl(0x20010db8));
  CHECK_EQ(request.body.id.idiag_dst[3], htonl(1));
}

TEST("the answer of a dual-stack socket is read, v4-mapped addresses and all") {
  const auto bytes = mapped_answer();
  const SocketAnswer answer = parse(bytes, bytes.size());
  CHECK_EQ(answer.status, LookupStatus::kFound);
  CHECK(answer.socket.local == kLocal);
  CHECK(answer.socket.remote == kRemote);
  CHECK_EQ(answer.socket.inode, 4711u);
  CHECK_EQ(answer.socket.uid, 33u);
  CHECK_EQ(answer.socket.interface, 5u);
  CHECK_EQ(answer.socket.cookie, 0x1122334455667788u);
  CHECK(answer.socket.v6);
  CHECK(answer.socket.v6_only);
  CHECK_EQ(answer.socket.state, SocketState::kEstablished);
}

TEST("an answer that is cut anywhere is no socket, and nothing is read past its end") {
  const auto bytes = mapped_answer();
  for (size_t length = 0; length < bytes.size(); ++length) {
    CHECK_EQ(parse(bytes, length).status, LookupStatus::kFailed);
  }
}

TEST("an answer whose body is too short for its own length is no socket") {
  const std::vector<uint8_t> body(sizeof(inet_diag_msg) - 1, 2);
  const auto bytes = datagram(SOCK_DIAG_BY_FAMILY, body.data(), body.size());
  CHECK_EQ(parse(bytes, bytes.size()).status, LookupStatus::kFailed);
}

TEST("every single byte of an answer may be anything") {
  const auto good = mapped_answer();
  for (size_t place = 0; place < good.size(); ++place) {
    for (int value = 0; value < 256; value += 5) {
      auto bytes = good;
      bytes[place] = static_cast<uint8_t>(value);
      const SocketAnswer answer = parse(bytes, bytes.size());
      CHECK(answer.status != LookupStatus::kNone);
    }
  }
}

TEST("ENOENT means no socket; another errno, or none, means that the lookup failed") {
  const auto error = [](int number) {
    nlmsgerr body{};
    body.error = number;
    const auto bytes = datagram(NLMSG_ERROR, &body, sizeof body);
    return parse(bytes, bytes.size());
  };
  CHECK_EQ(error(-ENOENT).status, LookupStatus::kNone);
  CHECK_EQ(error(-EPERM).status, LookupStatus::kFailed);
  CHECK_EQ(error(-EPERM).error, EPERM);
  CHECK_EQ(error(0).error, EBADMSG);
  CHECK_EQ(error(INT32_MIN).error, EBADMSG);
  const auto empty = datagram(NLMSG_ERROR, "", 0);
  CHECK_EQ(parse(empty, empty.size()).status, LookupStatus::kFailed);
}

}  // namespace
