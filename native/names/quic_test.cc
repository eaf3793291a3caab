// Tests: server names in QUIC's Initial packets, with the packets of RFC 9001 (A.2) and RFC 9369 (A.2).
#include "native/names/quic.h"

#include <memory>

#include "native/dev/name_packets.h"
#include "native/dev/test.h"

using namespace nettrace;       // NOLINT(google-build-using-namespace): packets read as sentences
using namespace nettrace::dev;  // NOLINT(google-build-using-namespace): packets read as sentences

namespace {

Packet from_hex(std::string_view digits) {
  const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  Packet bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(value(digits[i]) << 4 | value(digits[i + 1])));
  }
  return bytes;
}

/// The first 160 of 1,200 bytes: the name is in them, and a capture may end there.
constexpr std::string_view kVersion1 =
    "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92ec356c0bab7df5976d27cd"
    "449f63300099f3991c260ec4c60d17b31f8429157bb35a1282a643a8d2262cad67500cadb8e7378c8eb7539ec4d4905fed1bee1fc8aafba1"
    "7c750e2c7ace01e6005f80fcb7df621230c83711b39343fa028cea7f7fb5ff89";
constexpr std::string_view kVersion2 =
    "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03dceebfa162e75d6c96058bdbfb127cdf"
    "cbf903388e99ad049f9a3dd4425ae4d0992cfff18ecf0fdb5a842d09747052f17ac2053d21f57c5d250f2c4f0e0202b70785b7946e992e58"
    "a59ac52dea6774d4f03b55545243cf1a12834e3f249a78d395e0d18f4d766004";

const Packet kId{1, 2, 3, 4, 5, 6, 7, 8};
const Packet kOtherId{8, 7, 6, 5, 4, 3, 2, 1};

/// A new reader each time.
std::string name_in(const Packet& datagram) {
  const auto initials = std::make_unique<QuicInitials>();
  HostName name;
  return initials->read(Bytes(datagram), name) ? std::string(name.text()) : "-";
}

/// A hello of 1.8 kB, as post-quantum key shares make it, with the name behind them.
Packet large_hello(std::string_view name) {
  return client_hello(tls_extension(51, filler(1600)) + server_name_extension(name));
}

Packet slice(const Packet& from, size_t offset, size_t size) {
  return {from.begin() + static_cast<ptrdiff_t>(offset), from.begin() + static_cast<ptrdiff_t>(offset + size)};
}

}  // namespace

TEST("the Initial packets in the appendices of RFC 9001 and RFC 9369 name example.com") {
  CHECK_EQ(name_in(from_hex(kVersion1)), std::string("example.com"));
  CHECK_EQ(name_in(from_hex(kVersion2)), std::string("example.com"));
}

TEST("HKDF gives the keys of RFC 9001, A.1") {
  const Digest initial =
      hmac_sha256(from_hex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), from_hex("8394c8f03e515708"));
  CHECK(Packet(initial.begin(), initial.end()) ==
        from_hex("7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44"));
  Digest client;
  hkdf_expand_label(initial, "client in", client);
  CHECK(Packet(client.begin(), client.end()) ==
        from_hex("c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea"));
  Aes128::Block key;
  hkdf_expand_label(client, "quic key", key);
  CHECK(Packet(key.begin(), key.end()) == from_hex("1f369613dd76d5467730efcbe3b1a22d"));
}

TEST("SHA-256 and AES-128 give what FIPS 180-4 and FIPS 197 print, also over more than one block") {
  const Digest abc = sha256(text("abc"));
  CHECK(Packet(abc.begin(), abc.end()) == from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  const Digest two = sha256(text("abcdbcdecdefdefgefghfghighij"), text("hijkijkljklmklmnlmnomnopnopq"));
  CHECK(Packet(two.begin(), two.end()) == from_hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
  Aes128::Block key, plain;
  for (uint8_t i = 0; i < 16; ++i) key[i] = i, plain[i] = static_cast<uint8_t>(i * 0x11);
  const Aes128::Block sealed = Aes128(key).encrypt(plain);
  CHECK(Packet(sealed.begin(), sealed.end()) == from_hex("69c4e0d86a7b0430d8cdb78070b4c55a"));
}

TEST("CRYPTO frames of a packet are put in order, frames between them are passed over") {
  const Packet hello = client_hello(server_name_extension("order.example"));
  const Packet frames = crypto_frame(40, slice(hello, 40, hello.size() - 40)) + Packet{1, 0, 0} +
                        Packet{2, 5, 0, 1, 0, 0, 0} + crypto_frame(0, slice(hello, 0, 40)) + Packet(900, 0);
  CHECK_EQ(name_in(quic_initial(kId, 0, frames)), std::string("order.example"));
}

TEST("a hello that fills two packets is put together, in either order, beside that of another connection") {
  const Packet hello = large_hello("two.example"), other = large_hello("other.example");
  const auto part = [](const Packet& id, const Packet& of, uint8_t number) {
    return number == 0 ? quic_initial(id, 0, crypto_frame(0, slice(of, 0, 1000)))
                       : quic_initial(id, 1, crypto_frame(1000, slice(of, 1000, of.size() - 1000)));
  };
  for (const uint8_t first : {uint8_t{0}, uint8_t{1}}) {
    const auto initials = std::make_unique<QuicInitials>();
    HostName name;
    CHECK(!initials->read(Bytes(part(kId, hello, first)), name));
    CHECK(!initials->read(Bytes(part(kOtherId, other, first)), name));
    CHECK(initials->read(Bytes(part(kId, hello, 1 - first)), name));
    CHECK_EQ(std::string(name.text()), std::string("two.example"));
    CHECK(initials->read(Bytes(part(kOtherId, other, 1 - first)), name));
    CHECK_EQ(std::string(name.text()), std::string("other.example"));
  }
}

TEST("unfinished hellos beyond those that are kept push the oldest out") {
  const Packet hello = large_hello("late.example");
  const auto initials = std::make_unique<QuicInitials>();
  HostName name;
  const Packet rest = quic_initial(kId, 1, crypto_frame(1000, slice(hello, 1000, hello.size() - 1000)));
  initials->read(Bytes(quic_initial(kId, 0, crypto_frame(0, slice(hello, 0, 1000)))), name);
  for (uint8_t i = 0; i < QuicInitials::kKept; ++i) {
    initials->read(Bytes(quic_initial(Packet(8, i), 0, crypto_frame(0, slice(hello, 0, 1000)))), name);
  }
  CHECK(!initials->read(Bytes(rest), name));
}

TEST("other versions, other packet types, short connection ids and cut headers name nothing") {
  const Packet good = quic_initial(kId, 0, crypto_frame(0, client_hello(server_name_extension("a.example"))));
  CHECK_EQ(name_in(good), std::string("a.example"));
  Packet bad = good;
  bad[4] = 2;
  CHECK(!is_quic_initial(Bytes(bad)));
  bad = good;
  bad[0] |= 0x20;  // Handshake
  CHECK(!is_quic_initial(Bytes(bad)));
  bad = good;
  bad[5] = 7;
  CHECK_EQ(name_in(bad), std::string("-"));
  for (size_t kept = 0; kept < 37; ++kept) CHECK_EQ(name_in(cut(good, kept)), std::string("-"));
}
