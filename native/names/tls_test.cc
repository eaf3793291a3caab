// Tests: the server name of a ClientHello, and hellos that are cut off or wrong.
#include "native/names/tls.h"

#include "native/dev/name_packets.h"
#include "native/dev/test.h"

using namespace nettrace;       // NOLINT(google-build-using-namespace): packets read as sentences
using namespace nettrace::dev;  // NOLINT(google-build-using-namespace): packets read as sentences

namespace {

constexpr uint16_t kGrease = 0x3a3a, kEncryptedHello = 0xfe0d;

std::string name_in(const Packet& payload) {
  HostName name;
  return read_tls_record(Bytes(payload), name) ? std::string(name.text()) : "-";
}

}  // namespace

TEST("a ClientHello names its server, whatever extensions stand before the name") {
  const Packet extensions = tls_extension(kGrease, {}) + tls_extension(kEncryptedHello, filler(200)) +
                            server_name_extension("Www.Example.org") + tls_extension(43, filler(3));
  CHECK_EQ(name_in(tls_record(client_hello(extensions))), std::string("www.example.org"));
}

TEST("a ClientHello that is cut off behind the name still names its server, and nowhere before") {
  const Packet name = server_name_extension("cut.example");
  const Packet whole = tls_record(client_hello(name + tls_extension(51, filler(1200))));
  const size_t needed = whole.size() - 1204;
  CHECK_EQ(name_in(cut(whole, needed)), std::string("cut.example"));
  for (size_t kept = 0; kept < needed; ++kept) CHECK_EQ(name_in(cut(whole, kept)), std::string("-"));
}

TEST("without a server name, or with one that is an address or no host's name, there is none") {
  CHECK_EQ(name_in(tls_record(client_hello(tls_extension(43, filler(3))))), std::string("-"));
  CHECK_EQ(name_in(tls_record(client_hello({}))), std::string("-"));
  CHECK_EQ(name_in(tls_record(client_hello(server_name_extension("192.0.2.1")))), std::string("-"));
  CHECK_EQ(name_in(tls_record(client_hello(server_name_extension("a..b")))), std::string("-"));
  CHECK_EQ(name_in(tls_record(client_hello(server_name_extension("")))), std::string("-"));
  CHECK_EQ(name_in(tls_record(client_hello(server_name_extension("a.example.")))), std::string("-"));
  CHECK_EQ(name_in(tls_record(client_hello(server_name_extension("a\nb.example")))), std::string("-"));
}

TEST("other records and other handshake messages name nothing") {
  Packet record = tls_record(client_hello(server_name_extension("a.example")));
  record[0] = 23;
  CHECK_EQ(name_in(record), std::string("-"));
  record[0] = 22;
  record[5] = 2;  // ServerHello
  CHECK_EQ(name_in(record), std::string("-"));
}

TEST("lengths that promise more than there is end the reading") {
  const Packet good = tls_record(client_hello(server_name_extension("a.example")));
  // Of the session id, of the cipher suites, of the extension, of the name.
  for (const size_t at : {size_t{43}, size_t{77}, good.size() - 15, good.size() - 11}) {
    Packet bad = good;
    bad[at] = 0xff;
    CHECK_EQ(name_in(bad), std::string("-"));
  }
}
