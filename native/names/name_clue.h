// Owns: NameClue, what one packet says about the name of a host; the hand-over from here to native/flow.
// Knows nothing of: whether it is to be believed.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <type_traits>

#include "native/base/ip_address.h"
#include "native/names/host_name.h"

namespace nettrace {

/// Where a name was read. Values of `names.source`; NAME_SOURCES in src/native/schema.ts.
enum class NameSource : uint8_t { kDns, kTls, kQuic };

struct NameClue {
  enum class Kind : uint8_t {
    kQuestion,  ///< somebody asks a name server for the addresses of `name`
    kAnswer,    ///< the answer to that: `name` has these addresses
    kServer,    ///< the client of a connection calls its server `name`
  };
  static constexpr size_t kMostAddresses = 16;

  Kind kind = Kind::kQuestion;
  NameSource source = NameSource::kDns;
  uint16_t id = 0;             ///< DNS: of the transaction
  uint16_t question_type = 0;  ///< DNS: 1 A, 28 AAAA
  uint8_t address_count = 0;
  HostName name;
  std::array<IpAddress, kMostAddresses> addresses;

  std::span<const IpAddress> known_addresses() const noexcept { return std::span(addresses).first(address_count); }
};
static_assert(std::is_trivially_copyable_v<NameClue>);

}  // namespace nettrace
