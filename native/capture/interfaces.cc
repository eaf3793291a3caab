// Owns: the requests (links, addresses, statistics) and the resynchronisation after lost events.
#include "native/capture/interfaces.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <string>
#include <utility>

#include "native/capture/ethtool.h"
#include "native/capture/local_routes.h"

namespace nettrace {
namespace {

constexpr int kEventBuffer = 4 * 1024 * 1024;
/// Attempts for a dump during which no interface came or went.
constexpr int kDumpAttempts = 4;

Result<NetlinkSocket> open_requests() {
  return NetlinkSocket::open({.protocol = NETLINK_ROUTE, .timeout_ms = 1000});
}

/// Applies the answer to `table`; adds what that changed to `changes`.
template <typename Body>
Result<NetlinkReply> dump(NetlinkSocket& socket, uint16_t type, const Body& body, InterfaceTable& table,
                          InterfaceChanges& changes) {
  NetlinkRequest request(type, NLM_F_DUMP, body);
  return socket.exchange(request, [&](const NetlinkMessage& message) { changes |= table.apply(message); });
}

/// What only drivers know, of the devices that have changed since they were asked.
void ask_drivers(InterfaceTable& table) {
  if (!table.has_questions()) return;
  const Ethtool ethtool;
  table.name_drivers([&](const std::string& name) { return ethtool.driver(name); });
  table.read_link_speeds([&](const std::string& name) { return ethtool.link_speed(name); });
}

/// Links first: addresses of unknown links are dropped.
Result<InterfaceTable> dump_all(NetlinkSocket& socket) {
  for (int attempt = 1;; ++attempt) {
    InterfaceTable table;
    InterfaceChanges changes;
    const auto links = dump(socket, RTM_GETLINK, ifinfomsg{}, table, changes);
    if (!links) return links.error();
    const auto addresses = dump(socket, RTM_GETADDR, ifaddrmsg{}, table, changes);
    if (!addresses) return addresses.error();
    const bool interrupted = links.value().interrupted || addresses.value().interrupted;
    if (interrupted && attempt < kDumpAttempts) continue;  // events repair what the last attempt missed
    ask_drivers(table);
    return table;
  }
}

}  // namespace

Result<std::unique_ptr<InterfaceMonitor>> InterfaceMonitor::open() {
  auto events = NetlinkSocket::open(
      {.protocol = NETLINK_ROUTE,
       .groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
       .receive_buffer = kEventBuffer});
  if (!events) return events.error();
  filter_route_events(events.value());
  auto requests = open_requests();
  if (!requests) return requests.error();
  auto monitor = std::make_unique<InterfaceMonitor>(std::move(events).value(), std::move(requests).value());
  if (auto read = monitor->resynchronise(); !read) return read.error();
  return monitor;
}

Result<InterfaceChanges> InterfaceMonitor::update() {
  InterfaceChanges changes = std::exchange(pending_, {});
  bool routes = false;
  const auto events = events_.events([&](const NetlinkMessage& message) {
    changes |= table_.apply(message);
    routes = routes || local_prefix(message);
  });
  if (!events) return events.error();
  must_resynchronise_ |= events.value().overrun;
  if (!must_resynchronise_) {
    if (changes.links) ask_drivers(table_);
    // The kernel does not tell of the routes that go with a device.
    if (routes || (changes && !prefixes_.empty())) changes.addresses |= read_prefixes();
    return changes;
  }
  auto differences = resynchronise();
  if (!differences) return differences.error();
  changes |= differences.value();
  return changes;
}

Result<InterfaceChanges> InterfaceMonitor::resynchronise() {
  auto fresh = dump_all(requests_);
  if (!fresh) return fresh.error();
  InterfaceChanges changes = fresh.value().difference(table_);
  table_ = std::move(fresh).value();
  changes.addresses |= read_prefixes();
  must_resynchronise_ = false;
  return changes;
}

/// True where they have changed. A kernel that does not tell leaves the host its interfaces' addresses.
bool InterfaceMonitor::read_prefixes() {
  auto fresh = list_local_prefixes();
  if (!fresh || fresh.value() == prefixes_) return false;
  prefixes_ = std::move(fresh).value();
  return true;
}

Result<void> InterfaceMonitor::refresh_counters() {
  if (has_statistics_request_) {
    if_stats_msg body{};
    body.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
    const auto reply = dump(requests_, RTM_GETSTATS, body, table_, pending_);
    if (reply) return {};
    if (reply.error().number != EOPNOTSUPP && reply.error().number != EINVAL) return reply.error();
    has_statistics_request_ = false;
  }
  const auto reply = dump(requests_, RTM_GETLINK, ifinfomsg{}, table_, pending_);
  if (!reply) return reply.error();
  return {};
}

Result<std::vector<Interface>> list_interfaces() {
  auto requests = open_requests();
  if (!requests) return requests.error();
  auto table = dump_all(requests.value());
  if (!table) return table.error();
  return std::vector<Interface>(table.value().all().begin(), table.value().all().end());
}

}  // namespace nettrace
