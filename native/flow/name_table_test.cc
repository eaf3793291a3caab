// Tests: which answers are believed, and which name a flow gets.
#include "native/flow/name_table.h"

#include "native/dev/packets.h"
#include "native/dev/test.h"

using namespace nettrace;        // NOLINT(google-build-using-namespace): packets read as sentences
using namespace nettrace::test;  // NOLINT(google-build-using-namespace): packets read as sentences

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr uint16_t kA = 1;

IpAddress server(uint32_t number = 1) {
  return IpAddress::v4(0xcb007100 + number);  // 203.0.113.0/24
}

/// A host at 10.0.0.1 with a name server at 10.0.0.2.
struct Host {
  Host() {
    vantage.mac = kOwnMac;
    vantage.interface_index = 2;
    addresses.add(std::vector<AssignedAddress>{{IpAddress::v4(kOwnAddress), 24}}, 2);
  }

  static NameClue clue(NameClue::Kind kind, std::string_view name, uint16_t id = 7) {
    NameClue made;
    made.kind = kind;
    made.id = id;
    made.question_type = kA;
    made.name.assign(Bytes(reinterpret_cast<const uint8_t*>(name.data()), name.size()));
    return made;
  }
  void ask(std::string_view name, int64_t at = 0, uint16_t id = 7, uint16_t port = 40000) {
    PacketView question = packet(IPPROTO_UDP, port, 53);
    question.timestamp_ns = at;
    table.learn(question, clue(NameClue::Kind::kQuestion, name, id), vantage, addresses);
  }
  void answer(std::string_view name, const IpAddress& address, int64_t at = 1, uint16_t id = 7, uint16_t port = 40000) {
    PacketView message = reply(packet(IPPROTO_UDP, port, 53));
    message.timestamp_ns = at;
    NameClue made = clue(NameClue::Kind::kAnswer, name, id);
    made.addresses[made.address_count++] = address;
    table.learn(message, made, vantage, addresses);
  }
  void look_up(std::string_view name, const IpAddress& address, int64_t at) {
    ask(name, at);
    answer(name, address, at);
  }
  static FiveTuple flow(const IpAddress& remote, uint16_t port = 50000) {
    return {{IpAddress::v4(kOwnAddress), port}, {remote, 443}, IPPROTO_TCP};
  }
  std::string name_of(const FiveTuple& tuple, int64_t began = 10 * kSecond) {
    const KnownName* name = table.find(tuple, began);
    return name == nullptr ? "-" : name->text;
  }

  Vantage vantage;
  LocalAddresses addresses;
  NameTable table{HashKey{1, 2, 3, 4}};
};

}  // namespace

TEST("an address gets the name that was asked for it") {
  Host host;
  host.look_up("www.example.org", server(), kSecond);
  CHECK_EQ(host.name_of(Host::flow(server())), std::string("www.example.org"));
  CHECK_EQ(host.name_of(Host::flow(server(2))), std::string("-"));
}

TEST("an answer that nobody here has asked for is not believed") {
  Host host;
  host.answer("bank.example", server());
  host.ask("bank.example");
  host.answer("bank.example", server(), 1, 8);          // another id
  host.answer("bank.example", server(), 1, 7, 40001);   // another port
  host.answer("bank.example.net", server());            // another name
  host.answer("bank.example", server(), 31 * kSecond);  // too late
  CHECK_EQ(host.name_of(Host::flow(server())), std::string("-"));
}

TEST("a question is answered once: a second, spoofed answer adds nothing") {
  Host host;
  host.ask("a.example");
  host.answer("a.example", server());
  host.answer("a.example", server(2));
  CHECK_EQ(host.name_of(Host::flow(server(2))), std::string("-"));
}

TEST("a question that comes in from outside opens no door for an answer") {
  Host host;
  PacketView question = reply(packet(IPPROTO_UDP, 53, 40000));
  host.table.learn(question, Host::clue(NameClue::Kind::kQuestion, "bank.example"), host.vantage, host.addresses);
  NameClue made = Host::clue(NameClue::Kind::kAnswer, "bank.example");
  made.addresses[made.address_count++] = server();
  host.table.learn(reply(question), made, host.vantage, host.addresses);
  CHECK_EQ(host.name_of(Host::flow(server())), std::string("-"));
}

TEST("in a file, where nobody is known to be local, question and answer must still match") {
  Host host;
  host.vantage = Vantage();
  host.vantage.offline = true;
  host.look_up("a.example", server(), kSecond);
  host.answer("b.example", server(2), kSecond);
  CHECK_EQ(host.name_of(Host::flow(server())), std::string("a.example"));
  CHECK_EQ(host.name_of(Host::flow(server(2))), std::string("-"));
}

TEST("of several names of an address a flow has the one that was asked for last before it began") {
  Host host;
  host.look_up("first.example", server(), 1 * kSecond);
  host.look_up("second.example", server(), 3 * kSecond);
  CHECK_EQ(host.name_of(Host::flow(server()), 2 * kSecond), std::string("first.example"));
  CHECK_EQ(host.name_of(Host::flow(server()), 4 * kSecond), std::string("second.example"));
  host.look_up("first.example", server(), 5 * kSecond);
  CHECK_EQ(host.name_of(Host::flow(server()), 4 * kSecond), std::string("second.example"));
  CHECK_EQ(host.name_of(Host::flow(server()), 6 * kSecond), std::string("first.example"));
  // A flow from before them all may still be of either.
  CHECK_EQ(host.name_of(Host::flow(server()), 0), std::string("first.example"));
}

TEST("a fifth name of an address takes the place of the one not heard for longest") {
  Host host;
  for (int i = 0; i < 5; ++i) host.look_up("n" + std::to_string(i) + ".example", server(), (i + 1) * kSecond);
  CHECK_EQ(host.name_of(Host::flow(server()), 1 * kSecond), std::string("n1.example"));
  CHECK_EQ(host.name_of(Host::flow(server()), 9 * kSecond), std::string("n4.example"));
}

TEST("what a client calls its server is the name of that connection alone") {
  Host host;
  host.look_up("cdn.example", server(), kSecond);
  PacketView hello = packet(IPPROTO_TCP, 50000, 443);
  hello.destination = server();
  hello.timestamp_ns = 10 * kSecond;
  NameClue named = Host::clue(NameClue::Kind::kServer, "www.example.org");
  named.source = NameSource::kTls;
  host.table.learn(hello, named, host.vantage, host.addresses);
  CHECK_EQ(host.name_of(Host::flow(server())), std::string("www.example.org"));
  CHECK_EQ(host.name_of(Host::flow(server(), 50001)), std::string("cdn.example"));
  // The ports are used again by a connection that said nothing.
  CHECK_EQ(host.name_of(Host::flow(server()), 11 * kSecond), std::string("cdn.example"));
}

TEST("a client that calls this host by some name has none itself, and fills no table") {
  Host host;
  PacketView hello = reply(packet(IPPROTO_TCP, 443, 50000));
  host.table.learn(hello, Host::clue(NameClue::Kind::kServer, "our.example"), host.vantage, host.addresses);
  const FiveTuple flow{{IpAddress::v4(kOwnAddress), 443}, {IpAddress::v4(kPeerAddress), 50000}, IPPROTO_TCP};
  CHECK_EQ(host.name_of(flow), std::string("-"));
  CHECK(host.table.find({flow.remote, flow.local, flow.protocol}, 0) == nullptr);
}

TEST("names that are looked at survive a flood of others, and the table stays as large as it may be") {
  Host host;
  host.look_up("kept.example", server(), kSecond);
  for (uint32_t i = 0; i < 3 * NameTable::kMostAddresses; ++i) {
    host.look_up("flood" + std::to_string(i) + ".example", IpAddress::v4(0x0b000000 + i), kSecond);
    if (i % 1000 == 0) CHECK_EQ(host.name_of(Host::flow(server())), std::string("kept.example"));
  }
  CHECK_EQ(host.name_of(Host::flow(IpAddress::v4(0x0b000000))), std::string("-"));
}
