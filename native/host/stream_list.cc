#include "native/host/stream_list.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace nettrace {
namespace {

/// Neither listening nor without a socket of its own (SYN_RECV, TIME_WAIT).
constexpr uint32_t kStates = state_bit(SocketState::kEstablished) | state_bit(SocketState::kSynSent) |
                             state_bit(SocketState::kFinWait1) | state_bit(SocketState::kFinWait2) |
                             state_bit(SocketState::kCloseWait) | state_bit(SocketState::kLastAck) |
                             state_bit(SocketState::kClosing);

std::optional<Bytes> info_of(const NetlinkMessage& message) noexcept {
  NetlinkAttributes attributes = message.attributes(sizeof(inet_diag_msg));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == INET_DIAG_INFO) return attribute->payload;
  }
  return std::nullopt;
}

Error failed(int number) {
  const bool refused = number == EPERM || number == EACCES;
  return Error{refused ? ErrorCode::kNotPermitted : ErrorCode::kNetlinkFailed, "sock_diag", number, {}, {}};
}

}  // namespace

Result<StreamList> StreamList::open() {
  auto dump = DiagDump::open();
  if (!dump) return std::move(dump.error());
  return StreamList(std::move(dump).value());
}

Result<void> StreamList::read(std::vector<StreamReading>& streams) {
  if (auto v4 = read_family(AF_INET, streams); !v4) return v4;
  return read_family(AF_INET6, streams);
}

Result<void> StreamList::read_family(uint8_t family, std::vector<StreamReading>& streams) {
  if (auto begun = dump_.begin(family, IPPROTO_TCP, kStates, 1 << (INET_DIAG_INFO - 1)); !begun) return begun;
  bool too_old = false;
  const auto visit = [&](const NetlinkMessage& message) {
    const auto socket = parse_diag_socket(message, IPPROTO_TCP);
    const auto info = info_of(message);
    if (!socket || !info) return;
    too_old |= !tells_bytes_sent(*info);
    streams.push_back({*socket, read_stream_counts(*info)});
  };
  for (;;) {
    switch (dump_.step_messages(visit)) {
      case DiagDump::Step::kMore:
        continue;
      case DiagDump::Step::kFailed:
        return failed(dump_.error());
      case DiagDump::Step::kDone:
        break;
    }
    break;
  }
  if (!too_old) return {};
  return Error{ErrorCode::kMeterUnsupported, "", 0, {}, "TCP counts what it sends only since Linux 4.19"};
}

}  // namespace nettrace
