// Owns: the real source of sockets: sock_diag where the kernel answers it, /proc/net where it does not.
// Knows nothing of: flows and processes.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "native/host/inet_diag.h"
#include "native/host/proc_net.h"
#include "native/host/proc_root.h"
#include "native/host/socket_source.h"
#include "native/host/tunnel_ports.h"

namespace nettrace {

using Clock = int64_t (*)() noexcept;

class KernelSockets final : public SocketSource {
 public:
  /// Asks once which protocols sock_diag answers. Never fails: where neither netlink nor /proc/net can be read, every
  /// listing ends as kUnavailable. `proc` outlives this object.
  KernelSockets(const ProcRoot& proc, Clock clock);

  bool exact(uint8_t protocol) const noexcept override;
  void find(std::span<const SocketQuery> queries, std::span<SocketAnswer> answers) override;
  size_t batch() const noexcept override { return DiagLookup::kBatch; }
  void begin(TableScope scope) override;
  Step step(int64_t deadline_ns, SocketTable& table) override;
  std::optional<Reason> tunnel_at(uint16_t udp_port) override { return tunnels_.at(udp_port, clock_()); }

 private:
  /// One dump or one file of a listing.
  struct Part {
    uint8_t family = 0;
    uint8_t protocol = 0;
    uint32_t states = 0;
    const char* file = nullptr;  ///< below the root; nullptr: a dump
    bool optional = false;       ///< a kernel without this file has none of its sockets
    ProcNetFormat format;
  };

  bool answers_diag(uint8_t protocol);
  void add_dumps(uint8_t protocol, uint32_t states);
  void add_file(const char* file, ProcNetFormat format);
  Step begin_part(const Part& part);
  Step step_part(const Part& part, SocketTable& table);
  Step step_file(const Part& part, SocketTable& table);

  const ProcRoot& proc_;
  Clock clock_;
  std::optional<DiagLookup> lookup_;
  std::optional<DiagDump> dump_;
  std::array<bool, 256> diag_{};  ///< by protocol: sock_diag answers
  TableScope scope_ = TableScope::kUdp;
  std::vector<Part> parts_;
  size_t part_ = 0;
  bool part_open_ = false;
  UniqueFd file_;
  std::string text_;
  size_t text_length_ = 0;
  TunnelPorts tunnels_;
};

}  // namespace nettrace
