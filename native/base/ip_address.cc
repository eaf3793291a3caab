#include "native/base/ip_address.h"

#include <arpa/inet.h>

namespace nettrace {

bool IpAddress::is_loopback() const noexcept {
  if (is_v4()) return (v4_value() >> 24) == 127;
  for (size_t i = 0; i < 15; ++i) {
    if (bytes[i] != 0) return false;
  }
  return bytes[15] == 1;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const void* source = is_v4() ? &bytes[12] : bytes.data();
  if (inet_ntop(is_v4() ? AF_INET : AF_INET6, source, buffer.data(), buffer.size()) == nullptr) return {};
  return buffer.data();
}

}  // namespace nettrace
