#include "native/host/process_visit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace nettrace {
namespace {

/// Below this many descriptors reading them all costs no more than reading schedstat.
constexpr uint32_t kWitnessPays = 6;
/// Links between two looks at the clock.
constexpr int kLinksPerCheck = 16;

ProcessVisit::State failed(int error) noexcept {
  switch (error) {
    case EACCES:
    case EPERM:
      return ProcessVisit::State::kHidden;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ProcessVisit::State::kExhausted;
    default:
      return ProcessVisit::State::kGone;  // ENOENT, ESRCH
  }
}

}  // namespace

std::optional<ProcessStat> ProcessVisit::read_stat() {
  const FileText stat = read_file_at(process_.get(), "stat", text_);
  errno = stat.error;
  return stat.error == 0 ? parse_process_stat(stat.text) : std::nullopt;
}

/// A process that shares its descriptors with another one (CLONE_FILES without CLONE_THREAD) would fool the witness;
/// so would several threads, which is why they have none.
std::optional<RunWitness> ProcessVisit::read_witness(const ProcessStat& stat) {
  if (stat.threads != 1 || (stat.state != 'S' && stat.state != 'T')) return std::nullopt;
  const FileText schedstat = read_file_at(process_.get(), "schedstat", text_);
  return schedstat.error == 0 ? parse_schedstat(schedstat.text) : std::nullopt;
}

ProcessVisit::State ProcessVisit::begin(const ProcRoot& proc, uint32_t pid, const ProcessFiles* known) {
  pid_ = pid;
  files_ = ProcessFiles{};
  process_ = proc.process(pid);
  if (!process_) return failed(errno);
  const auto stat = read_stat();
  if (!stat) return errno == 0 ? State::kGone : failed(errno);
  if (stat->ended()) return State::kGone;
  struct stat owner {};
  if (::fstat(process_.get(), &owner) != 0) return State::kGone;
  files_.start_time = stat->start_time;
  files_.name = stat->name;
  files_.uid = owner.st_uid;
  files_.kernel_thread = stat->kernel_thread();
  if (files_.kernel_thread) return State::kRead;
  if (stat->state == 'Z') {
    // Its main thread has ended: /proc/PID/fd is gone, although other threads still use the descriptors.
    files_.readable = false;
    return State::kHidden;
  }
  const bool same = known != nullptr && known->start_time == stat->start_time && known->readable;
  if (!same || known->links >= kWitnessPays) {
    // Taken before the descriptors are read: what happens in between makes the next comparison fail.
    files_.witness = read_witness(*stat);
    if (same && files_.witness && known->witness == files_.witness) {
      files_ = *known;
      return State::kUnchanged;
    }
  }
  return open_descriptors();
}

ProcessVisit::State ProcessVisit::open_descriptors() {
  UniqueFd directory(::openat(process_.get(), "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) {
    const State state = failed(errno);
    files_.readable = state != State::kHidden;
    return state;
  }
  descriptors_ = NumberedDirectory(std::move(directory));
  return State::kMore;
}

ProcessVisit::State ProcessVisit::step(int64_t (*clock)() noexcept, int64_t deadline_ns, uint64_t& links_read) {
  for (int count = 1;; ++count) {
    const auto fd = descriptors_.next();
    if (!fd) return finish();
    std::array<char, 32> target;
    const FileText link = read_link_at(descriptors_.fd(), NumberName(*fd).c_str(), target);
    ++links_read;
    ++files_.links;
    if (link.error == EACCES || link.error == EPERM) files_.readable = false;
    if (const auto inode = parse_socket_link(link.text)) files_.sockets.push_back({*fd, *inode});
    if (count % kLinksPerCheck == 0 && clock() >= deadline_ns) return State::kMore;
  }
}

/// The directory pins the process: if it has ended meanwhile, the second reading of its start time fails.
ProcessVisit::State ProcessVisit::finish() {
  descriptors_ = NumberedDirectory();
  const auto stat = files_.sockets.empty() ? std::nullopt : read_stat();
  const bool same = files_.sockets.empty() || (stat && stat->start_time == files_.start_time);
  process_.reset();
  if (!same) return State::kGone;
  return files_.readable ? State::kRead : State::kHidden;
}

}  // namespace nettrace
