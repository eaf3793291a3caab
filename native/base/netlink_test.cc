// Owns: tests of walking netlink messages and attributes, whole, cut and damaged; and of one real exchange.
#include "native/base/netlink.h"

#include <linux/rtnetlink.h>

#include <string>
#include <vector>

#include "native/dev/test.h"

namespace nettrace {
namespace {

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

size_t count_messages(std::span<const uint8_t> datagram) {
  NetlinkMessages messages{Bytes(datagram)};
  size_t count = 0;
  while (messages.next()) ++count;
  return count;
}

}  // namespace

TEST("a built request reads back with its attributes in order") {
  NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK, ifinfomsg{});
  CHECK(request.attribute(IFLA_IFNAME, bytes_of("eth7")));
  CHECK(request.attribute(IFLA_MTU | NLA_F_NESTED, bytes_of(std::string("\x10\x27\0\0", 4))));
  NetlinkMessages messages{Bytes(request.finish(7, 9))};
  const auto message = messages.next();
  CHECK(message.has_value());
  CHECK_EQ(message->header.nlmsg_seq, 7U);
  CHECK_EQ(message->header.nlmsg_pid, 9U);
  CHECK_EQ(message->header.nlmsg_flags, NLM_F_ACK | NLM_F_REQUEST);
  NetlinkAttributes attributes = message->attributes(sizeof(ifinfomsg));
  CHECK_EQ(attributes.next()->text(), std::string("eth7"));
  const auto mtu = attributes.next();
  CHECK_EQ(mtu->type, IFLA_MTU);  // without the nested flag
  CHECK_EQ(mtu->value<uint32_t>().value_or(0), 10'000U);
  CHECK(!mtu->value<uint64_t>().has_value());
  CHECK(!attributes.next().has_value());
  CHECK(!messages.next().has_value());
}

TEST("an attribute that does not fit is refused and leaves the request whole") {
  NetlinkRequest request(RTM_NEWLINK, 0, ifinfomsg{});
  CHECK(!request.attribute(IFLA_IFNAME, bytes_of(std::string(1100, 'x'))));
  CHECK_EQ(request.finish(1, 1).size(), sizeof(nlmsghdr) + sizeof(ifinfomsg));
}

TEST("a datagram cut at any byte gives only whole messages") {
  NetlinkRequest request(RTM_NEWADDR, 0, ifaddrmsg{});
  request.attribute(IFA_LABEL, bytes_of("lo"));
  const auto one = request.finish(1, 1);
  std::vector<uint8_t> two(one.begin(), one.end());
  two.resize(netlink_align(two.size()));
  const size_t second = two.size();
  two.insert(two.end(), one.begin(), one.end());
  for (size_t length = 0; length <= two.size(); ++length) {
    const std::vector<uint8_t> exact(two.begin(), two.begin() + static_cast<ptrdiff_t>(length));
    CHECK_EQ(count_messages(exact), length == two.size() ? 2U : length >= one.size() ? 1U : 0U);
  }
  CHECK(second >= one.size());
}

TEST("a message or attribute of impossible length ends the walk") {
  for (const uint32_t length : {0U, 15U, 0xffff'ffffU}) {
    nlmsghdr header{};
    header.nlmsg_len = length;
    std::vector<uint8_t> bytes(64);
    std::memcpy(bytes.data(), &header, sizeof header);
    CHECK_EQ(count_messages(bytes), 0U);
  }
  for (const uint16_t length : {0, 3, 0xffff}) {
    const nlattr header{length, 1};
    std::vector<uint8_t> bytes(16);
    std::memcpy(bytes.data(), &header, sizeof header);
    CHECK(!NetlinkAttributes{Bytes(bytes)}.next().has_value());
  }
}

TEST("text without its NUL ends with the attribute") {
  const std::string open = "abc";
  CHECK_EQ((NetlinkAttribute{1, Bytes(bytes_of(open))}.text()), open);
  const std::string closed("ab\0cd", 5);
  CHECK_EQ((NetlinkAttribute{1, Bytes(bytes_of(closed))}.text()), std::string("ab"));
}

TEST("the kernel answers a dump to its end and refuses a wrong request with its errno") {
  auto socket = NetlinkSocket::open({.protocol = NETLINK_ROUTE});
  CHECK(socket.ok());
  if (!socket) return;
  NetlinkRequest links(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{});
  bool loopback = false;
  for (int round = 0; round < 2; ++round) {
    const auto reply = socket.value().exchange(links, [&](const NetlinkMessage& message) {
      NetlinkAttributes attributes = message.attributes(sizeof(ifinfomsg));
      while (const auto attribute = attributes.next()) {
        loopback |= attribute->type == IFLA_IFNAME && attribute->text() == "lo";
      }
    });
    CHECK(reply.ok() && reply.value().messages > 0);
  }
  CHECK(loopback);

  ifinfomsg nowhere{};
  nowhere.ifi_index = 0x7fff'fff0;
  NetlinkRequest one(RTM_GETLINK, 0, nowhere);
  const auto missing = socket.value().exchange(one, [](const NetlinkMessage&) {});
  CHECK(!missing && missing.error().code == ErrorCode::kNetlinkFailed && missing.error().number == ENODEV);

  nowhere.ifi_index = 1;
  NetlinkRequest single(RTM_GETLINK, 0, nowhere);
  size_t visited = 0;
  const auto found = socket.value().exchange(single, [&](const NetlinkMessage&) { ++visited; });
  CHECK(found.ok());
  CHECK_EQ(visited, 1U);
}

}  // namespace nettrace
