// Owns: a netlink socket: request and answer in parts, and multicast events. netlink(7), rtnetlink(7), sock_diag(7).
// Knows nothing of: what messages mean; visitors get them one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "native/base/netlink_message.h"
#include "native/base/result.h"
#include "native/base/unique_fd.h"

namespace nettrace {

struct NetlinkOptions {
  int protocol = 0;              ///< NETLINK_ROUTE, NETLINK_SOCK_DIAG, ...
  uint32_t groups = 0;           ///< RTMGRP_ bits to join; 0 for a request-only socket
  int receive_buffer = 0;        ///< bytes; SO_RCVBUFFORCE where permitted, else SO_RCVBUF; 0 keeps the default
  int timeout_ms = 1000;         ///< longest wait for one datagram of an answer
  bool strict_checking = false;  ///< NETLINK_GET_STRICT_CHK: dumps honour filters in the request (Linux 4.20)
};

/// How an exchange went that did not fail.
struct NetlinkReply {
  size_t messages = 0;
  bool interrupted = false;  ///< NLM_F_DUMP_INTR: the table changed during the dump; ask again for a consistent one
};

/// What a reading of events brought.
struct NetlinkEvents {
  size_t messages = 0;
  bool overrun = false;  ///< ENOBUFS: events were lost; dump everything again
};

/// One socket, used by one thread, in the network namespace that was current when it was opened.
class NetlinkSocket {
 public:
  /// Errors: kNetlinkFailed, kNotPermitted, kResourceExhausted.
  static Result<NetlinkSocket> open(const NetlinkOptions& options);

  /// Sends the request and calls `visit(const NetlinkMessage&)` for every message of the answer, waiting for its end.
  /// Errors: kNetlinkFailed with the kernel's errno in `number` (ENOENT: an exact lookup found nothing; ETIMEDOUT;
  /// ENOBUFS: part of the answer was lost) and the kernel's sentence, if it gave one, in `detail`.
  template <typename Visit>
  Result<NetlinkReply> exchange(NetlinkRequest& request, Visit&& visit) {
    return exchange_erased(
        request, [](void* context, const NetlinkMessage& message) { (*static_cast<Pointer<Visit>>(context))(message); },
        erase(visit));
  }

  /// Visits the events that have arrived, without waiting; for sockets with `groups`.
  template <typename Visit>
  Result<NetlinkEvents> events(Visit&& visit) {
    return events_erased(
        [](void* context, const NetlinkMessage& message) { (*static_cast<Pointer<Visit>>(context))(message); },
        erase(visit));
  }

  int fd() const noexcept { return fd_.get(); }

 private:
  using Visitor = void (*)(void* context, const NetlinkMessage& message);
  template <typename Visit>
  using Pointer = std::remove_reference_t<Visit>*;
  template <typename Visit>
  static void* erase(Visit& visit) noexcept {
    return const_cast<void*>(static_cast<const void*>(std::addressof(visit)));
  }

  Result<NetlinkReply> exchange_erased(NetlinkRequest& request, Visitor visitor, void* context);
  Result<NetlinkEvents> events_erased(Visitor visitor, void* context);
  Result<void> send(std::span<const uint8_t> bytes);
  Result<Bytes> receive(int flags);
  void discard_late_answers();

  UniqueFd fd_;
  std::unique_ptr<uint8_t[]> buffer_;
  uint32_t port_ = 0;
  uint32_t sequence_ = 0;
  bool answer_pending_ = false;  ///< the last exchange ended early; its answer may still arrive
};

}  // namespace nettrace
