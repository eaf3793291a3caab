#include "native/names/tls.h"

namespace nettrace {
namespace {

constexpr uint8_t kHandshakeRecord = 22, kClientHello = 1;
constexpr uint16_t kServerNameExtension = 0;
constexpr uint8_t kHostNameType = 0;
constexpr int kMostExtensions = 64;

/// server_name_list: a length, then entries of type, length and bytes; there is one of each type at most.
bool read_server_names(Bytes list, HostName& name) noexcept {
  constexpr size_t kEntry = 3;
  Bytes entries = list.from(2).first(list.u16(0));
  while (entries.has(0, kEntry)) {
    const size_t length = entries.u16(1);
    if (!entries.has(kEntry, length)) return false;
    if (entries.u8(0) == kHostNameType) return name.assign(entries.from(kEntry).first(length));
    entries = entries.from(kEntry + length);
  }
  return false;
}

bool read_extensions(Bytes extensions, HostName& name) noexcept {
  constexpr size_t kHeader = 4;
  for (int i = 0; i < kMostExtensions && extensions.has(0, kHeader); ++i) {
    const size_t length = extensions.u16(2);
    if (extensions.u16(0) == kServerNameExtension) {
      return extensions.has(kHeader, length) && read_server_names(extensions.from(kHeader).first(length), name);
    }
    extensions = extensions.from(kHeader + length);
  }
  return false;
}

}  // namespace

bool read_client_hello(Bytes handshake, HostName& name) noexcept {
  name.clear();
  if (!handshake.has(0, 4) || handshake.u8(0) != kClientHello) return false;
  const size_t length = size_t{handshake.u8(1)} << 16 | handshake.u16(2);
  Bytes hello = handshake.from(4).first(length);
  constexpr size_t kVersionAndRandom = 2 + 32, kLongestSession = 32;
  if (hello.u8(0) != 3 || !hello.has(kVersionAndRandom, 1)) return false;
  const size_t session = hello.u8(kVersionAndRandom);
  if (session > kLongestSession) return false;
  hello = hello.from(kVersionAndRandom + 1 + session);
  const size_t suites = hello.u16(0);
  if (suites % 2 != 0 || !hello.has(2, suites)) return false;
  hello = hello.from(2 + suites);
  const size_t compressions = hello.u8(0);
  hello = hello.from(1 + compressions);
  return read_extensions(hello.from(2).first(hello.u16(0)), name);
}

bool read_tls_record(Bytes payload, HostName& name) noexcept {
  constexpr size_t kHeader = 5;
  name.clear();
  if (!payload.has(0, kHeader) || payload.u8(0) != kHandshakeRecord || payload.u8(1) != 3) return false;
  return read_client_hello(payload.from(kHeader).first(payload.u16(3)), name);
}

}  // namespace nettrace
