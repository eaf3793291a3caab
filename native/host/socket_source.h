// Owns: the shape of a source of sockets, so that the policy can be run on an invented one.
// Knows nothing of: netlink and /proc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "native/flow/owner.h"
#include "native/host/socket_record.h"
#include "native/host/socket_table.h"

namespace nettrace {

/// Where sockets are asked for.
class SocketSource {
 public:
  enum class Step : uint8_t { kMore, kDone, kUnavailable };

  virtual ~SocketSource() = default;

  /// True if single sockets of this protocol can be asked for by find().
  virtual bool exact(uint8_t protocol) const noexcept = 0;
  /// Answers each query in its own place; at most `batch()` at a time.
  virtual void find(std::span<const SocketQuery> queries, std::span<SocketAnswer> answers) = 0;
  virtual size_t batch() const noexcept = 0;
  /// Begins to list all sockets of a scope; a listing that was running is dropped.
  virtual void begin(TableScope scope) = 0;
  /// Goes on listing until done or until `deadline_ns` of the source's clock.
  virtual Step step(int64_t deadline_ns, SocketTable& table) = 0;
  /// The tunnel of the kernel whose outer packets go to, or come from, this UDP port.
  virtual std::optional<Reason> tunnel_at(uint16_t udp_port) = 0;
};

}  // namespace nettrace
