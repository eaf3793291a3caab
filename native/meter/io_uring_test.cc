// Owns: whose bytes are those that are sent through io_uring(7), by the caller or by the kernel's polling thread.
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "native/meter/meter_fixture.h"

namespace nettrace {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace)

/// A ring for one request at a time.
class Ring {
 public:
  explicit Ring(uint32_t flags) {
    parameters_.flags = flags;
    parameters_.sq_thread_idle = 1000;
    fd_.reset(static_cast<int>(::syscall(SYS_io_uring_setup, 4, &parameters_)));
    if (!fd_) return;
    submissions_ = map(IORING_OFF_SQ_RING, parameters_.sq_off.array + parameters_.sq_entries * sizeof(uint32_t));
    completions_ = map(IORING_OFF_CQ_RING, parameters_.cq_off.cqes + parameters_.cq_entries * sizeof(io_uring_cqe));
    entries_ = map(IORING_OFF_SQES, parameters_.sq_entries * sizeof(io_uring_sqe));
  }
  bool works() const { return static_cast<bool>(fd_); }

  /// Sends, and waits until that is done.
  int send(int socket, const std::vector<char>& bytes) {
    io_uring_sqe& entry = *reinterpret_cast<io_uring_sqe*>(entries_);
    entry = {};
    entry.opcode = IORING_OP_SEND;
    entry.fd = socket;
    entry.addr = reinterpret_cast<uintptr_t>(bytes.data());
    entry.len = static_cast<uint32_t>(bytes.size());
    *word(submissions_, parameters_.sq_off.array + (tail_ & 3) * sizeof(uint32_t)) = 0;
    __atomic_store_n(word(submissions_, parameters_.sq_off.tail), ++tail_, __ATOMIC_RELEASE);
    const uint32_t flags =
        IORING_ENTER_GETEVENTS | ((parameters_.flags & IORING_SETUP_SQPOLL) != 0 ? IORING_ENTER_SQ_WAKEUP : 0);
    ::syscall(SYS_io_uring_enter, fd_.get(), 1, 1, flags, nullptr, 0);
    const uint32_t head = *word(completions_, parameters_.cq_off.head);
    const auto* done = reinterpret_cast<io_uring_cqe*>(completions_ + parameters_.cq_off.cqes);
    const int result = done[head & (parameters_.cq_entries - 1)].res;
    __atomic_store_n(word(completions_, parameters_.cq_off.head), head + 1, __ATOMIC_RELEASE);
    return result;
  }

 private:
  uint8_t* map(off_t offset, size_t size) const {
    return static_cast<uint8_t*>(
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_.get(), offset));
  }
  static uint32_t* word(uint8_t* ring, size_t offset) { return reinterpret_cast<uint32_t*>(ring + offset); }

  io_uring_params parameters_{};
  UniqueFd fd_;
  uint8_t* submissions_ = nullptr;
  uint8_t* completions_ = nullptr;
  uint8_t* entries_ = nullptr;
  uint32_t tail_ = 0;
};

/// A child sends on a socket that it has inherited.
void send_in_child(uint32_t flags) {
  metered([flags](SocketMeter& meter, Books& books) {
    if (!Ring(flags).works()) SKIP("io_uring is not available");
    const UniqueFd receiver = bound_v4(SOCK_DGRAM);
    const UniqueFd sender = connected_v4(SOCK_DGRAM, local_port(receiver.get()));
    const pid_t child = in_child([&] {
      Ring ring(flags);
      for (int i = 0; i < 10; ++i) {
        if (ring.send(sender.get(), std::vector<char>(120, 'u')) != 120) ::_exit(1);
      }
    });
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK_EQ(WEXITSTATUS(status), 0);
    read_all(meter, books);
    CHECK_EQ(books.by_pid[static_cast<uint32_t>(child)].sent.payload_bytes, 1200u);
  });
}

TEST("what is sent through io_uring is the caller's") {
  send_in_child(0);
}

TEST("what io_uring's polling thread sends is its process's") {
  send_in_child(IORING_SETUP_SQPOLL);
}

}  // namespace
}  // namespace nettrace
