// Tests: DNS messages: whose name an address gets, and what hostile messages cannot do.
#include "native/names/dns.h"

#include "native/dev/name_packets.h"
#include "native/dev/test.h"

using namespace nettrace;       // NOLINT(google-build-using-namespace): packets read as sentences
using namespace nettrace::dev;  // NOLINT(google-build-using-namespace): packets read as sentences

namespace {

NameClue read(const Packet& message, bool expected = true) {
  NameClue clue;
  CHECK_EQ(read_dns(Bytes(message), clue), expected);
  return clue;
}
std::string name_of(const NameClue& clue) {
  return std::string(clue.name.text());
}
Packet address(uint32_t host_order) {
  return be32(host_order);
}

}  // namespace

TEST("a DNS question gives its id, type and name in lower case, since resolvers mix the case at random") {
  const NameClue clue = read(dns_question(0x1234, "wWw.ExAmple.ORG", kAaaa));
  CHECK(clue.kind == NameClue::Kind::kQuestion);
  CHECK_EQ(clue.id, 0x1234);
  CHECK_EQ(clue.question_type, kAaaa);
  CHECK_EQ(name_of(clue), std::string("www.example.org"));
}

TEST("the addresses of a DNS answer are those of the name that was asked, through its aliases") {
  // www.example.org -> cdn.example.net -> two addresses; the answer spells the alias with a pointer into itself.
  const Packet alias = record(question_name(), kCname, labels("cdn.example.net"));
  const auto at = static_cast<uint16_t>(dns_answer(1, "www.example.org", kA, 0, {}).size() + 12);
  const Packet answers =
      alias + record(pointer(at), kA, address(0xc0000201)) + record(labels("CDN.example.net"), kA, address(0xc0000202));
  const NameClue clue = read(dns_answer(1, "www.example.org", kA, 3, answers));
  CHECK(clue.kind == NameClue::Kind::kAnswer);
  CHECK_EQ(name_of(clue), std::string("www.example.org"));
  CHECK_EQ(clue.address_count, 2);
  CHECK_EQ(clue.addresses[0].text(), std::string("192.0.2.1"));
  CHECK_EQ(clue.addresses[1].text(), std::string("192.0.2.2"));
}

TEST("records of a name that was not asked for name nothing") {
  const Packet answers = record(labels("bank.example"), kA, address(0xc0000201));
  read(dns_answer(1, "www.example.org", kA, 1, answers), false);
}

TEST("an IPv6 address comes whole, other record types and classes beside it are passed over") {
  const Packet v6 = be32(0x20010db8) + be32(0) + be32(0) + be32(7);
  const Packet answers = record(question_name(), 16, text("text")) + record(question_name(), kAaaa, v6, 3) +
                         record(question_name(), kAaaa, v6);
  const NameClue clue = read(dns_answer(1, "v6.example.org", kAaaa, 3, answers));
  CHECK_EQ(clue.address_count, 1);
  CHECK_EQ(clue.addresses[0].text(), std::string("2001:db8::7"));
}

TEST("a DNS answer that is cut off gives the addresses that are whole") {
  const Packet answers =
      record(question_name(), kA, address(0xc0000201)) + record(question_name(), kA, address(0xc0000202));
  const Packet whole = dns_answer(1, "a.example", kA, 2, answers);
  CHECK_EQ(read(cut(whole, whole.size() - 1)).address_count, 1);
  for (size_t kept = 0; kept < whole.size() - answers.size() + 16; ++kept) read(cut(whole, kept), false);
}

TEST("more addresses than there is room for are left out") {
  Packet answers;
  for (uint32_t i = 0; i < 40; ++i) answers = answers + record(question_name(), kA, address(0xc0000200 + i));
  CHECK_EQ(read(dns_answer(1, "many.example", kA, 40, answers)).address_count, NameClue::kMostAddresses);
}

TEST("compression pointers that loop, lead forward or lead into the header end the reading") {
  const Packet header = be16(1) + be16(0x8180) + be16(1) + be16(1) + be16(0) + be16(0);
  const Packet end = be16(kA) + be16(1);
  read(header + pointer(12) + end, false);                       // to itself
  read(header + pointer(40) + end + filler(40), false);          // forward
  read(header + pointer(2) + end, false);                        // into the header
  read(header + be8(1) + text("a") + pointer(12) + end, false);  // round and round
  const Packet ok = dns_answer(1, "a.example", kA, 0, {});
  const auto self = static_cast<uint16_t>(ok.size());
  read(dns_answer(1, "a.example", kA, 1, record(pointer(self), kA, address(1))), false);
}

TEST("a chain of many pointers, each to an earlier one, is given up") {
  Packet message = be16(1) + be16(0x8180) + be16(1) + be16(1) + be16(0) + be16(0) + labels("a") + be16(kA) + be16(1);
  const auto data = static_cast<uint16_t>(message.size() + 11);
  Packet chain = pointer(12);
  for (uint16_t i = 0; i < 30; ++i) chain = chain + pointer(static_cast<uint16_t>(data + 2 * i));
  const auto last = static_cast<uint16_t>(data + 2 * 30);
  message = message + record(be8(0), 16, chain) + record(pointer(last), kA, address(1));
  message[7] = 2;
  read(message, false);
}

TEST("a name with a byte that no host's name has is refused, whatever it would do to a screen") {
  read(dns_question(1, "evil\x1b[2J.example"), false);
  read(dns_question(1, "two words.example"), false);
  read(dns_question(1, "\xe2\x80\xae.example"), false);
  // A dot within a label would make it look like another name.
  read(be16(1) + be16(0x0100) + be16(1) + be32(0) + be16(0) + be8(8) + text("bank.com") + be8(0) + be16(kA) + be16(1),
       false);
}

TEST("names above 253 characters are refused, those of 253 are not") {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  CHECK_EQ(name_of(read(dns_question(1, longest))), longest);
  read(dns_question(1, longest + "b"), false);
}

TEST("an error, another operation, two questions and questions for other records name nothing") {
  const Packet answers = record(question_name(), kA, address(0xc0000201));
  read(dns_answer(1, "a.example", kA, 1, answers, 3), false);
  Packet update = dns_question(1, "a.example");
  update[2] = 0x28;
  read(update, false);
  Packet two = dns_question(1, "a.example");
  two[5] = 2;
  read(two, false);
  read(dns_question(1, "a.example", 15), false);
}

TEST("over TCP the message stands behind its length") {
  NameClue clue;
  const Packet segment = with_length(dns_question(7, "tcp.example"));
  CHECK(read_dns_segment(Bytes(segment), clue));
  CHECK_EQ(name_of(clue), std::string("tcp.example"));
  const Packet bare = dns_question(7, "tcp.example");
  CHECK(!read_dns_segment(Bytes(bare), clue));
}
