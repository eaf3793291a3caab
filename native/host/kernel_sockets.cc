#include "native/host/kernel_sockets.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace nettrace {
namespace {

constexpr uint32_t kAllStates = ~0u;
/// What a process may hold as a file. A flood of half-open connections or a backlog of TIME_WAIT makes no dump longer.
constexpr uint32_t kHeldStates =
    kAllStates & ~(state_bit(SocketState::kListen) | state_bit(SocketState::kSynReceived) |
                   state_bit(SocketState::kNewSynReceived) | state_bit(SocketState::kTimeWait));
constexpr size_t kReadSize = 65536;

bool in_scope(const SocketRecord& record, TableScope scope) {
  const uint32_t bit = 1u << (static_cast<uint8_t>(record.state) & 31);
  if (scope == TableScope::kListeners) return record.listening();
  return scope != TableScope::kStreams || (bit & kHeldStates) != 0;
}

/// errno values that will not change by asking again.
bool refused(int error) {
  return error == EPERM || error == EACCES || error == ECONNREFUSED || error == EOPNOTSUPP;
}

}  // namespace

KernelSockets::KernelSockets(const ProcRoot& proc, Clock clock) : proc_(proc), clock_(clock) {
  auto lookup = DiagLookup::open();
  auto dump = DiagDump::open();
  if (!lookup || !dump) return;
  lookup_ = std::move(lookup).value();
  dump_ = std::move(dump).value();
  for (const uint8_t protocol : {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_DCCP}) {
    diag_[protocol] = answers_diag(protocol);
  }
}

/// A kernel without the diag module of a protocol says ENOENT to every question about it, as if there were no socket.
/// A dump tells the two apart: without a module it ends in an error.
bool KernelSockets::answers_diag(uint8_t protocol) {
  if (!dump_->begin(AF_INET, protocol, state_bit(SocketState::kListen))) return false;
  for (;;) {
    const DiagDump::Step step = dump_->step([](const SocketRecord&) {});
    if (step != DiagDump::Step::kMore) return step == DiagDump::Step::kDone;
  }
}

bool KernelSockets::exact(uint8_t protocol) const noexcept {
  return (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) && diag_[protocol];
}

void KernelSockets::find(std::span<const SocketQuery> queries, std::span<SocketAnswer> answers) {
  if (!lookup_) {
    for (SocketAnswer& answer : answers) answer = SocketAnswer{LookupStatus::kFailed, ENOTCONN, {}};
    return;
  }
  lookup_->find(queries, answers);
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].status == LookupStatus::kFailed && refused(answers[i].error)) diag_[queries[i].protocol] = false;
  }
}

void KernelSockets::add_dumps(uint8_t protocol, uint32_t states) {
  for (const int family : {AF_INET, AF_INET6}) {
    parts_.push_back({static_cast<uint8_t>(family), protocol, states, nullptr, false, {}});
  }
}

/// Files of IPv6, and of protocols that may not be in the kernel, need not be there.
void KernelSockets::add_file(const char* file, ProcNetFormat format) {
  const bool always_there = !format.v6 && (format.protocol == IPPROTO_TCP || format.protocol == IPPROTO_UDP ||
                                           format.kind == SocketKind::kRaw);
  parts_.push_back({0, 0, 0, file, !always_there, format});
}

void KernelSockets::begin(TableScope scope) {
  using enum SocketKind;
  using Layout = ProcNetFormat::Layout;
  scope_ = scope;
  parts_.clear();
  part_ = 0;
  part_open_ = false;
  switch (scope) {
    case TableScope::kListeners:
    case TableScope::kStreams:
      if (diag_[IPPROTO_TCP]) {
        return add_dumps(IPPROTO_TCP, scope == TableScope::kListeners ? state_bit(SocketState::kListen) : kHeldStates);
      }
      add_file("thread-self/net/tcp", {Layout::kInet, kTransport, IPPROTO_TCP, false});
      return add_file("thread-self/net/tcp6", {Layout::kInet, kTransport, IPPROTO_TCP, true});
    case TableScope::kUdp:
      if (diag_[IPPROTO_UDP]) return add_dumps(IPPROTO_UDP, kAllStates);
      add_file("thread-self/net/udp", {Layout::kInet, kTransport, IPPROTO_UDP, false});
      return add_file("thread-self/net/udp6", {Layout::kInet, kTransport, IPPROTO_UDP, true});
    case TableScope::kUdpLite:
      if (diag_[IPPROTO_UDPLITE]) return add_dumps(IPPROTO_UDPLITE, kAllStates);
      add_file("thread-self/net/udplite", {Layout::kInet, kTransport, IPPROTO_UDPLITE, false});
      return add_file("thread-self/net/udplite6", {Layout::kInet, kTransport, IPPROTO_UDPLITE, true});
    case TableScope::kRaw:
      // Never by sock_diag: without CONFIG_INET_RAW_DIAG a raw dump is empty, without an error.
      add_file("thread-self/net/raw", {Layout::kInet, kRaw, 0, false});
      add_file("thread-self/net/raw6", {Layout::kInet, kRaw, 0, true});
      add_file("thread-self/net/icmp", {Layout::kInet, kPing, IPPROTO_ICMP, false});
      return add_file("thread-self/net/icmp6", {Layout::kInet, kPing, IPPROTO_ICMPV6, true});
    case TableScope::kSctp:
      if (diag_[IPPROTO_SCTP]) return add_dumps(IPPROTO_SCTP, kAllStates);
      add_file("thread-self/net/sctp/assocs", {Layout::kSctpAssociations, kTransport, IPPROTO_SCTP, false});
      return add_file("thread-self/net/sctp/eps", {Layout::kSctpEndpoints, kTransport, IPPROTO_SCTP, false});
    case TableScope::kDccp:
      if (diag_[IPPROTO_DCCP]) add_dumps(IPPROTO_DCCP, kAllStates);
      return;
  }
}

/// kMore: it is open. kDone: the kernel has no such file, so there is no such socket.
SocketSource::Step KernelSockets::begin_part(const Part& part) {
  if (part.file == nullptr) {
    return dump_->begin(part.family, part.protocol, part.states) ? Step::kMore : Step::kUnavailable;
  }
  if (text_.empty()) text_.resize(kReadSize);
  text_length_ = 0;
  file_.reset(::openat(proc_.fd(), part.file, O_RDONLY | O_CLOEXEC));
  if (file_) return Step::kMore;
  return errno == ENOENT && part.optional ? Step::kDone : Step::kUnavailable;
}

SocketSource::Step KernelSockets::step_file(const Part& part, SocketTable& table) {
  const ssize_t got = ::read(file_.get(), text_.data() + text_length_, text_.size() - text_length_);
  if (got < 0) return errno == EINTR ? Step::kMore : Step::kUnavailable;
  text_length_ += static_cast<size_t>(got);
  const bool last = got == 0;
  std::vector<SocketRecord>& records = table.records();
  const auto known = static_cast<std::ptrdiff_t>(records.size());
  const size_t used = parse_proc_net(std::string_view(text_.data(), text_length_), part.format, last, records);
  const auto elsewhere = [&](const SocketRecord& record) { return !in_scope(record, scope_); };
  records.erase(std::remove_if(records.begin() + known, records.end(), elsewhere), records.end());
  text_length_ -= used;
  std::memmove(text_.data(), text_.data() + used, text_length_);
  if (text_length_ == text_.size()) text_length_ = 0;  // a line longer than the buffer is none of the kernel's
  return last ? Step::kDone : Step::kMore;
}

SocketSource::Step KernelSockets::step_part(const Part& part, SocketTable& table) {
  if (part.file != nullptr) return step_file(part, table);
  const DiagDump::Step step = dump_->step([&](const SocketRecord& record) { table.records().push_back(record); });
  if (step == DiagDump::Step::kMore) return Step::kMore;
  return step == DiagDump::Step::kDone ? Step::kDone : Step::kUnavailable;
}

SocketSource::Step KernelSockets::step(int64_t deadline_ns, SocketTable& table) {
  while (part_ < parts_.size()) {
    const Part part = parts_[part_];
    Step step = part_open_ ? Step::kMore : begin_part(part);
    if (step == Step::kMore) step = step_part(part, table);
    part_open_ = step == Step::kMore;
    if (step == Step::kUnavailable && part.file == nullptr && (refused(dump_->error()) || dump_->error() == ENOENT)) {
      diag_[part.protocol] = false;
      table.records().clear();
      begin(scope_);  // now from /proc/net
      continue;
    }
    if (step == Step::kUnavailable) return step;  // half a table would say "no socket" of what is in the other half
    if (step == Step::kDone) ++part_;
    if (clock_() >= deadline_ns && part_ < parts_.size()) return Step::kMore;
  }
  file_.reset();
  return Step::kDone;
}

}  // namespace nettrace
