// Owns: asking the kernel for sockets: exact lookups, several to a system call, and dumps that can pause.
// Knows nothing of: processes, and what the answers are used for.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "native/base/netlink.h"
#include "native/host/diag_message.h"

namespace nettrace {

/// Exact lookups. Works in the network namespace that was current when it was opened.
class DiagLookup {
 public:
  /// Lookups that go out in one sendmsg(2) and come back in one recvmmsg(2).
  static constexpr size_t kBatch = 32;

  /// Errors: as NetlinkSocket::open.
  static Result<DiagLookup> open();
  DiagLookup(DiagLookup&&) noexcept;
  DiagLookup& operator=(DiagLookup&&) noexcept;
  ~DiagLookup();

  /// Answers each query in its own place; both spans have the same length, at most kBatch.
  void find(std::span<const SocketQuery> queries, std::span<SocketAnswer> answers);

 private:
  struct Buffers;
  explicit DiagLookup(NetlinkSocket socket);
  size_t receive(uint32_t first_sequence, std::span<const SocketQuery> queries, std::span<SocketAnswer> answers,
                 int& error);

  NetlinkSocket socket_;
  std::unique_ptr<Buffers> buffers_;
  uint32_t sequence_ = 0;
};

/// One dump at a time. The kernel goes on filling when the datagram before was read: between two of them it rests.
class DiagDump {
 public:
  enum class Step : uint8_t { kMore, kDone, kFailed };

  /// Errors: as NetlinkSocket::open.
  static Result<DiagDump> open();

  /// Begins a dump; one that was still running is dropped. `extensions`: which attributes beside the socket are wanted
  /// (inet_diag_req_v2.idiag_ext). Errors: kNetlinkFailed, kNotPermitted.
  Result<void> begin(uint8_t family, uint8_t protocol, uint32_t states, uint8_t extensions = 0);
  /// Reads one datagram (up to 32 KiB) and hands each socket to `visit(const SocketRecord&)`.
  template <typename Visit>
  Step step(Visit&& visit) {
    return step_messages([&](const NetlinkMessage& message) {
      if (const auto socket = parse_diag_socket(message, protocol_)) visit(*socket);
    });
  }
  /// As step(), with the whole message: `visit(const NetlinkMessage&)`.
  template <typename Visit>
  Step step_messages(Visit&& visit) {
    const auto datagram = receive();
    if (!datagram) return fail(datagram.error().number);
    NetlinkMessages messages(datagram.value());
    while (const auto message = messages.next()) {
      if (message->header.nlmsg_seq != sequence_) continue;
      if (message->header.nlmsg_type == NLMSG_DONE || message->header.nlmsg_type == NLMSG_ERROR) {
        const int number = netlink_status(*message).number;
        return number == 0 ? Step::kDone : fail(number);
      }
      visit(*message);
    }
    return Step::kMore;
  }
  /// errno of a step that failed. ENOENT: the kernel has no diag for this protocol.
  int error() const noexcept { return error_; }

 private:
  explicit DiagDump(NetlinkSocket socket);
  Result<Bytes> receive();
  Step fail(int number) noexcept {
    error_ = number;
    return Step::kFailed;
  }

  NetlinkSocket socket_;
  std::unique_ptr<uint8_t[]> buffer_;
  uint32_t sequence_ = 0;
  uint8_t protocol_ = 0;
  int error_ = 0;
};

}  // namespace nettrace
