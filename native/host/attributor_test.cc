// Owns: end-to-end tests of the attributor on the loopback of the running machine: real sockets, real processes.
// Knows nothing of: the attributor's inside.
#include "native/host/attributor.h"

#include <algorithm>
#include <optional>

#include "native/dev/test.h"
#include "native/host/live_fixture.h"
#include "native/host/process_watch.h"

namespace {

using namespace nettrace;
using namespace nettrace::test;

TEST("both ends of a connection inside one process are that process, exactly") {
  Asker asker;
  const Socket listener = listen_on(AF_INET);
  const Socket client = connect_to(listener);
  const Socket server = accept_from(listener);
  const Verdict ours = asker.ask(flow_of(client, IPPROTO_TCP, Initiator::kLocal));
  CHECK(ours.process == this_process());
  CHECK_EQ(ours.quality, MatchQuality::kExact);
  CHECK_EQ(ours.reason, Reason::kNone);
  const Verdict theirs = asker.ask(flow_of(server, IPPROTO_TCP, Initiator::kRemote));
  CHECK(theirs.process == this_process());
  CHECK_EQ(theirs.quality, MatchQuality::kExact);
  CHECK_EQ(asker.described(this_process()).name, own_name());
}

TEST("an IPv6 connection has its owner") {
  const Socket listener = listen_on(AF_INET6);
  if (!listener.fd) SKIP("no IPv6 on loopback");
  Asker asker;
  const Socket client = connect_to(listener);
  const Verdict verdict = asker.ask(flow_of(client, IPPROTO_TCP, Initiator::kLocal));
  CHECK(verdict.process == this_process());
  CHECK_EQ(verdict.quality, MatchQuality::kExact);
}

TEST("an IPv4 connection to a dual-stack IPv6 listener is found, accepted or not") {
  const Socket listener = listen_on(AF_INET6, true);
  if (!listener.fd) SKIP("no IPv6 on loopback");
  Asker asker;
  const Socket client = connect_v4(port_of(listener));
  const AttributionRequest server = reversed(flow_of(client, IPPROTO_TCP, Initiator::kRemote));
  CHECK_EQ(asker.first(server).quality, MatchQuality::kListener);
  const Socket accepted = accept_from(listener);
  const Verdict verdict = asker.finish(server);
  CHECK(verdict.process == this_process());
  CHECK_EQ(verdict.quality, MatchQuality::kExact);
}

TEST("a connection that is not accepted yet is its listener's, and the worker's once that has accepted it") {
  Asker asker;
  const Socket listener = listen_on(AF_INET);
  const Socket client = connect_to(listener);
  const AttributionRequest request = reversed(flow_of(client, IPPROTO_TCP, Initiator::kRemote));
  const Verdict first = asker.first(request);
  CHECK(first.process == this_process());
  CHECK_EQ(first.quality, MatchQuality::kListener);
  CHECK(!first.final);
  const Verdict last = asker.finish(request);  // never accepted
  CHECK(last.process == this_process());
  CHECK_EQ(last.quality, MatchQuality::kListener);
}

TEST("a connection whose listener several processes share is nobody's before it is accepted, then the worker's") {
  Asker asker;
  const Socket listener = listen_on(AF_INET);
  Child worker([&](Child::Inside& inside) {
    inside.wait();
    const Socket accepted = accept_from(listener);
    inside.tell();
    inside.wait();
  });
  const Socket client = connect_to(listener);
  const AttributionRequest request = reversed(flow_of(client, IPPROTO_TCP, Initiator::kRemote));
  // While only one of the holders has been met it is that one's for the moment: /proc is read in slices.
  CHECK_EQ(asker.until(request, Reason::kSharedSocket).reason, Reason::kSharedSocket);
  worker.tell();
  worker.wait();
  const Verdict verdict = asker.finish(request);
  CHECK(verdict.process == worker.key());
  CHECK_EQ(verdict.quality, MatchQuality::kExact);
}

TEST("a socket held by parent and child is unattributed until one of them closes it") {
  Asker asker;
  const Socket listener = listen_on(AF_INET);
  Socket client = connect_to(listener);
  const Socket server = accept_from(listener);
  const AttributionRequest request = flow_of(client, IPPROTO_TCP, Initiator::kLocal);
  Child child([&](Child::Inside& inside) { inside.wait(); });
  const Verdict shared = asker.until(request, Reason::kSharedSocket);
  CHECK_EQ(shared.reason, Reason::kSharedSocket);
  CHECK(!shared.process);
  client.fd.reset();
  const Verdict verdict = asker.finish(request);
  CHECK(verdict.process == child.key());
  CHECK_EQ(verdict.quality, MatchQuality::kExact);
}

TEST("a connected and an unconnected UDP socket are found, with the quality that each allows") {
  Asker asker;
  const Socket server = bind_udp();
  const Socket client = connect_udp(port_of(server));
  const AttributionRequest request = flow_of(client, IPPROTO_UDP, Initiator::kLocal);
  const Verdict connected = asker.ask(request);
  CHECK(connected.process == this_process());
  CHECK_EQ(connected.quality, MatchQuality::kExact);
  const Verdict bound = asker.ask(reversed(flow_of(client, IPPROTO_UDP, Initiator::kRemote)));
  CHECK(bound.process == this_process());
  CHECK_EQ(bound.quality, MatchQuality::kWildcard);
  AttributionRequest sent = reversed(request);
  sent.initiator = Initiator::kLocal;  // an unconnected socket that began to talk
  const Verdict sender = asker.ask(sent);
  CHECK(sender.process == this_process());
  CHECK_EQ(sender.quality, MatchQuality::kWildcard);
}

TEST("what leaves from a UDP port that two processes share has several candidates") {
  Asker asker;
  const Socket ours = bind_udp(0, true);
  Child other([port = port_of(ours)](Child::Inside& inside) {
    const Socket theirs = bind_udp(port, true);
    inside.close_inherited(theirs);
    inside.tell();
    inside.wait();
  });
  other.wait();
  AttributionRequest request = flow_of(ours, IPPROTO_UDP, Initiator::kLocal);
  request.tuple.remote = {IpAddress::v4(INADDR_LOOPBACK), 9};
  request.tuple.local.address = IpAddress::v4(INADDR_LOOPBACK);
  CHECK_EQ(asker.ask(request).reason, Reason::kSeveralCandidates);
}

TEST("a UDP port that goes from one process to another is not credited to the first any more") {
  Asker asker;
  std::optional<Child> first;
  first.emplace([](Child::Inside& inside) {
    const Socket socket = bind_udp();
    inside.tell(port_of(socket));
    inside.wait();
  });
  const uint16_t port = first->wait();
  AttributionRequest request;
  request.tuple = {{IpAddress::v4(INADDR_LOOPBACK), port}, {IpAddress::v4(INADDR_LOOPBACK), 9}, IPPROTO_UDP};
  request.initiator = Initiator::kRemote;
  const Verdict before = asker.ask(request);
  CHECK(before.process == first->key());
  request.revalidate = true;
  request.current_owner = before.process;
  request.current_quality = before.quality;
  CHECK(asker.ask(request).process == first->key());
  first.reset();
  Child second([port](Child::Inside& inside) {
    const Socket socket = bind_udp(port);
    inside.tell();
    inside.wait();
  });
  second.wait();
  CHECK(asker.ask(request).process == second.key());
}

TEST("a question about a dead owner whose socket is gone does not name it again") {
  Asker asker;
  AttributionRequest request;
  {
    Child child([](Child::Inside& inside) {
      const Socket socket = bind_udp();
      inside.tell(port_of(socket));
      inside.wait();
    });
    const uint16_t port = child.wait();
    request.tuple = {{IpAddress::v4(INADDR_LOOPBACK), port}, {IpAddress::v4(INADDR_LOOPBACK), 9}, IPPROTO_UDP};
    request.initiator = Initiator::kRemote;
    request.revalidate = true;
    request.current_owner = child.key();
    request.current_quality = MatchQuality::kWildcard;
  }
  const Verdict verdict = asker.ask(request);
  CHECK_EQ(verdict.reason, Reason::kClosedPort);
  CHECK(!verdict.process);
}

TEST("a port without a socket is closed, and what a process sent from it was closed before it was seen") {
  Asker asker;
  uint16_t port = 0;
  {
    const Socket listener = listen_on(AF_INET);
    port = port_of(listener);
  }
  AttributionRequest request;
  request.tuple = {{IpAddress::v4(INADDR_LOOPBACK), port}, {IpAddress::v4(INADDR_LOOPBACK), 4711}, IPPROTO_TCP};
  request.initiator = Initiator::kRemote;
  CHECK_EQ(asker.ask(request).reason, Reason::kClosedPort);
  CHECK_EQ(asker.ask(request).reason, Reason::kClosedPort);
  CHECK_EQ(asker.attributor().stats().negative_hits, 0u);  // nothing presses: the kernel is asked each time
  request.initiator = Initiator::kLocal;
  CHECK_EQ(asker.ask(request).reason, Reason::kClosedBeforeSeen);
}

TEST("a server that starts is found at once, although its port was closed a moment ago") {
  Asker asker;
  Socket server{UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))};
  CHECK(bind_v4(server, 0));
  const uint16_t port = port_of(server);
  server.fd.reset();
  AttributionRequest request;
  request.tuple = {{IpAddress::v4(INADDR_LOOPBACK), port}, {IpAddress::v4(INADDR_LOOPBACK), 4711}, IPPROTO_UDP};
  request.initiator = Initiator::kRemote;
  CHECK_EQ(asker.ask(request).reason, Reason::kClosedPort);
  server.fd = UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  CHECK(bind_v4(server, port));
  const Verdict verdict = asker.ask(request);
  CHECK_EQ(verdict.reason, Reason::kNone);
  CHECK_EQ(verdict.process.pid, static_cast<uint32_t>(::getpid()));
}

TEST("the end of a watched process is reported once, and an idle attributor has nothing to do") {
  Asker asker;
  CHECK_EQ(asker.attributor().next_deadline(), INT64_MAX);
  std::optional<Child> child;
  child.emplace([](Child::Inside& inside) { inside.wait(); });
  const ProcessKey key = child->key();
  asker.attributor().watch(key);
  asker.attributor().watch(key);
  std::vector<ProcessEnd> ended;
  asker.attributor().exits(ended);
  CHECK(ended.empty());
  child.reset();
  wait_readable(asker.attributor().exit_fd());
  asker.attributor().exits(ended);
  CHECK_EQ(ended.size(), 1u);
  CHECK(!ended.empty() && ended[0].process == key);
  asker.attributor().exits(ended);
  CHECK_EQ(ended.size(), 1u);
  asker.attributor().watch(key);  // it has ended long ago
  asker.attributor().exits(ended);
  CHECK_EQ(ended.size(), 2u);
}

TEST("a process ended when the kernel says so, not when it was noticed; one whose threads live on has not") {
  std::optional<Child> child;
  child.emplace([](Child::Inside& inside) { inside.wait(); });
  std::optional<Child> later;
  later.emplace([](Child::Inside& inside) { inside.wait(); });
  auto proc = std::move(ProcRoot::open("/proc")).value();
  ProcessInfoReader reader(proc);
  ProcessWatch watch(reader, 8);
  if (watch.fd() < 0) SKIP("no pidfd_open(2)");
  watch.add(child->key());
  watch.add(later->key());
  const int64_t told = monotonic_nanos();
  watch.heard_of_end(child->key().pid, told);
  watch.heard_of_end(later->key().pid, told - 10 * kNanosPerSecond);
  std::vector<ProcessEnd> ended;
  watch.ended(monotonic_nanos(), ended);
  CHECK(ended.empty());
  child.reset();
  later.reset();
  const int64_t noticed = told + 1'000'000;
  watch.ended(noticed, ended);
  CHECK_EQ(ended.size(), 2u);
  std::ranges::sort(ended, {}, &ProcessEnd::time_ns);
  CHECK_EQ(ended[0].time_ns, told);
  CHECK_EQ(ended[1].time_ns, noticed);
}

TEST("a ping socket owns the echo requests that carry its identifier") {
  Socket ping{UniqueFd(::socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP))};
  if (!ping.fd) SKIP("ping sockets are not permitted (net.ipv4.ping_group_range)");
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(ping.fd.get(), reinterpret_cast<sockaddr*>(&local), sizeof local) != 0) SKIP("cannot bind a ping socket");
  Asker asker;
  AttributionRequest request;
  const uint16_t identifier = port_of(ping);
  const Endpoint end{IpAddress::v4(INADDR_LOOPBACK), identifier};
  request.tuple = {end, end, IPPROTO_ICMP};
  request.icmp_type = 8;
  request.initiator = Initiator::kLocal;
  const Verdict verdict = asker.ask(request);
  CHECK(verdict.process == this_process());
  CHECK_EQ(verdict.quality, MatchQuality::kExact);
}

TEST("a raw ICMP socket owns what is sent when it is the only one") {
  Socket raw{UniqueFd(::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP))};
  if (!raw.fd) SKIP("raw sockets need CAP_NET_RAW");
  Asker asker;
  AttributionRequest request;
  const Endpoint end{IpAddress::v4(INADDR_LOOPBACK), 4711};
  request.tuple = {end, end, IPPROTO_ICMP};
  request.icmp_type = 8;
  request.initiator = Initiator::kLocal;
  const Verdict verdict = asker.ask(request);
  CHECK(verdict.reason == Reason::kSeveralCandidates || verdict.process == this_process());
  if (verdict.process) CHECK_EQ(verdict.quality, MatchQuality::kRelaxed);
}

}  // namespace
