#include "native/host/process_events.h"

#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "native/base/clock.h"
#include "native/base/unique_fd.h"
#include "native/host/process_stat.h"

namespace nettrace {
namespace {

constexpr int kReceiveBuffer = 4 * 1024 * 1024;
constexpr int64_t kPatience = 50 * kNanosPerMilli;
constexpr size_t kBatch = 64;
/// Events read in one call; keeps a storm from holding the thread.
constexpr size_t kMaxBatches = 64;
constexpr int kAncestors = 16;
constexpr size_t kDatagram = 256;  // 76 bytes and alignment

// What linux/cn_proc.h names differently over the years.
constexpr uint32_t kListen = 1, kIgnore = 2;
constexpr uint32_t kNone = 0, kFork = 1, kExec = 2, kExit = 0x80000000;

/// struct proc_input of Linux 6.6. Older kernels know only its first word, and pass over a message of another length.
struct Input {
  uint32_t operation;
  uint32_t events;
};

constexpr size_t kBeforeEvent = sizeof(nlmsghdr) + sizeof(cn_msg);

/// The fixed part of struct proc_event and the longest of the events that are read.
struct EventBytes {
  uint32_t what;
  uint32_t cpu;
  uint64_t time_ns;
  std::array<uint32_t, 6> data;
};
static_assert(offsetof(EventBytes, data) == offsetof(proc_event, event_data));

bool is_of_connector(Bytes datagram) noexcept {
  cn_msg message{};
  return datagram.copy(sizeof(nlmsghdr), &message, sizeof message) && message.id.idx == CN_IDX_PROC &&
         message.id.val == CN_VAL_PROC;
}

EventBytes read_event(Bytes datagram) noexcept {
  EventBytes event{};
  const size_t length = datagram.size() - kBeforeEvent;
  datagram.copy(kBeforeEvent, &event, length < sizeof event ? length : sizeof event);
  return event;
}

/// The kernel answers with the number that follows on `number`.
bool send_request(int fd, uint32_t number, Input input, size_t length) noexcept {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<uint32_t>(kBeforeEvent + length);
  header.nlmsg_type = NLMSG_DONE;
  cn_msg message{};
  message.id = {CN_IDX_PROC, CN_VAL_PROC};
  message.ack = number;
  message.len = static_cast<uint16_t>(length);
  std::array<uint8_t, kBeforeEvent + sizeof(Input)> request{};
  std::memcpy(request.data(), &header, sizeof header);
  std::memcpy(request.data() + sizeof header, &message, sizeof message);
  std::memcpy(request.data() + kBeforeEvent, &input, sizeof input);
  return ::send(fd, request.data(), header.nlmsg_len, 0) >= 0;
}

std::string pid_path(uint32_t pid) {
  return std::to_string(pid) + "/stat";
}

Error not_supported() {
  return Error{ErrorCode::kNetlinkFailed, "", EOPNOTSUPP, "proc connector", {}};
}

}  // namespace

struct ProcessEvents::Buffers {
  std::array<std::array<uint8_t, kDatagram>, kBatch> data;
  std::array<iovec, kBatch> vectors;
  std::array<sockaddr_nl, kBatch> senders;
  std::array<mmsghdr, kBatch> headers;

  /// Datagrams of the kernel that have come, at most one batch; `visit(Bytes)` gets each. False where none is left.
  template <typename Visit>
  bool receive(int fd, int& error, Visit&& visit) {
    for (size_t i = 0; i < kBatch; ++i) {
      vectors[i] = {data[i].data(), data[i].size()};
      headers[i] = {};
      headers[i].msg_hdr.msg_name = &senders[i];
      headers[i].msg_hdr.msg_namelen = sizeof senders[i];
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int got = ::recvmmsg(fd, headers.data(), kBatch, MSG_DONTWAIT, nullptr);
    error = got < 0 ? errno : 0;
    for (int i = 0; i < got; ++i) {
      const auto at = static_cast<size_t>(i);
      if (senders[at].nl_pid == 0) visit(Bytes(data[at].data(), std::min<size_t>(headers[at].msg_len, kDatagram)));
    }
    return got == static_cast<int>(kBatch) || error == ENOBUFS || error == EINTR;
  }
};

std::optional<ProcessEvent> parse_process_event(Bytes datagram) noexcept {
  if (!datagram.has(0, kBeforeEvent + offsetof(EventBytes, data) + 8) || !is_of_connector(datagram)) {
    return std::nullopt;
  }
  const EventBytes bytes = read_event(datagram);
  ProcessEvent event;
  event.time_ns = static_cast<int64_t>(bytes.time_ns & INT64_MAX);
  // Each pid is followed by its tgid; a thread has another tgid than its pid.
  const auto& data = bytes.data;
  switch (bytes.what) {
    case kFork:
      if (data[2] != data[3] || data[2] == 0) return std::nullopt;
      event.kind = ProcessEvent::Kind::kFork;
      event.pid = data[3];
      event.parent = data[1];
      return event;
    case kExec:  // the thread that calls exec(2) becomes the main one
    case kExit:
      if (data[0] != data[1] || data[0] == 0) return std::nullopt;
      event.kind = bytes.what == kExec ? ProcessEvent::Kind::kExec : ProcessEvent::Kind::kExit;
      event.pid = data[1];
      return event;
    default:
      return std::nullopt;
  }
}

ProcessEvents::ProcessEvents(NetlinkSocket socket)
    : socket_(std::move(socket)), buffers_(std::make_unique<Buffers>()) {}

ProcessEvents::ProcessEvents(ProcessEvents&&) noexcept = default;
ProcessEvents& ProcessEvents::operator=(ProcessEvents&&) noexcept = default;

ProcessEvents::~ProcessEvents() {
  if (socket_.fd() >= 0) send_request(socket_.fd(), 0, {kIgnore, 0}, sizeof(uint32_t));
}

Result<ProcessEvents> ProcessEvents::open(const ProcRoot& proc) {
  auto opened = open_here();
  if (opened || opened.error().code == ErrorCode::kNotPermitted) return opened;
  const UniqueFd here(::openat(proc.fd(), "thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!here) return opened;
  std::array<char, 1024> text;
  uint32_t pid = 1;
  for (int depth = 0; depth < kAncestors && pid != 0; ++depth) {
    const UniqueFd process = proc.process(pid);
    const UniqueFd there(::openat(process.get(), "ns/net", O_RDONLY | O_CLOEXEC));
    if (there && ::setns(there.get(), CLONE_NEWNET) == 0) {
      auto elsewhere = open_here();
      // Whoever cannot come back would watch the wrong network.
      if (::setns(here.get(), CLONE_NEWNET) != 0) std::abort();
      if (elsewhere) return elsewhere;
    }
    const auto stat = parse_process_stat(proc.read(depth == 0 ? "self/stat" : pid_path(pid).c_str(), text).text);
    pid = stat ? stat->parent_pid : 0;
  }
  return opened;
}

Result<ProcessEvents> ProcessEvents::open_here() {
  auto socket =
      NetlinkSocket::open({.protocol = NETLINK_CONNECTOR, .groups = CN_IDX_PROC, .receive_buffer = kReceiveBuffer});
  if (!socket && socket.error().number == EPROTONOSUPPORT) return not_supported();
  if (!socket) return socket.error();
  ProcessEvents events(std::move(socket).value());
  // First without a filter: what is filtered is the kernel's answer too.
  const auto number = static_cast<uint32_t>(::getpid()) << 8;
  if (!send_request(events.fd(), number, {kListen, 0}, sizeof(uint32_t))) {
    return errno == EPERM ? Error::from_errno(ErrorCode::kNotPermitted, "send", "proc connector") : not_supported();
  }
  const auto answer = events.await_answer(number + 1);
  if (!answer) return answer.error();
  // Before Linux 6.6 a message of this length means nothing, and all events come.
  send_request(events.fd(), number, {kListen, kFork | kExec | kExit}, sizeof(Input));
  return events;
}

/// The kernel acknowledges with an event of its own, to all who listen: the number tells whose it is.
Result<void> ProcessEvents::await_answer(uint32_t number) {
  std::optional<uint32_t> answer;
  const int64_t limit = monotonic_nanos() + kPatience;
  for (int64_t now = monotonic_nanos(); !answer && now < limit; now = monotonic_nanos()) {
    pollfd one{fd(), POLLIN, 0};
    ::poll(&one, 1, static_cast<int>((limit - now) / kNanosPerMilli) + 1);
    int error = 0;
    buffers_->receive(fd(), error, [&](Bytes datagram) {
      if (!datagram.has(0, kBeforeEvent + offsetof(EventBytes, data) + 4) || !is_of_connector(datagram)) return;
      cn_msg message{};
      datagram.copy(sizeof(nlmsghdr), &message, sizeof message);
      const EventBytes event = read_event(datagram);
      if (event.what == kNone && message.ack == number) answer = event.data[0];
    });
  }
  if (!answer) return not_supported();
  if (*answer == 0) return {};
  const auto refusal = static_cast<int>(*answer);
  const ErrorCode code = refusal == EPERM ? ErrorCode::kNotPermitted : ErrorCode::kNetlinkFailed;
  return Error{code, "", refusal, "proc connector", {}};
}

void ProcessEvents::read(std::vector<ProcessEvent>& events) {
  for (size_t i = 0; i < kMaxBatches; ++i) {
    int error = 0;
    const bool more = buffers_->receive(fd(), error, [&](Bytes datagram) {
      if (const auto event = parse_process_event(datagram)) events.push_back(*event);
    });
    if (error == ENOBUFS) ++overruns_;
    if (!more) return;
  }
}

}  // namespace nettrace
