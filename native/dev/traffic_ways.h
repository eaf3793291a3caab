// Owns: other ways into the kernel than send and recv: sendfile, splice, io_uring, sendmmsg with recvmmsg, MPTCP.
// Knows nothing of: nettrace.
#pragma once

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

#include <atomic>

#include "native/dev/traffic_tcp.h"
#include "native/dev/traffic_udp.h"

namespace nettrace::traffic {

/// One operation at a time, by the system calls themselves: io_uring(7).
class Uring {
 public:
  Uring() {
    io_uring_params params{};
    fd_ = static_cast<int>(syscall(SYS_io_uring_setup, 4, &params));
    if (fd_ < 0) die("io_uring_setup");
    const size_t rings = std::max<size_t>(params.sq_off.array + params.sq_entries * sizeof(uint32_t),
                                          params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe));
    if ((params.features & IORING_FEAT_SINGLE_MMAP) == 0) die("io_uring of an old kernel");
    char* base = static_cast<char*>(map(rings, IORING_OFF_SQ_RING));
    entries_ = static_cast<io_uring_sqe*>(map(params.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
    const auto word = [base](uint32_t offset) { return reinterpret_cast<uint32_t*>(base + offset); };
    sq_tail_ = word(params.sq_off.tail);
    sq_mask_ = *word(params.sq_off.ring_mask);
    sq_array_ = word(params.sq_off.array);
    cq_head_ = word(params.cq_off.head);
    cq_mask_ = *word(params.cq_off.ring_mask);
    results_ = reinterpret_cast<io_uring_cqe*>(base + params.cq_off.cqes);
  }

  /// The result of the operation, a negative errno where it failed.
  int run(uint8_t operation, int fd, void* data, uint32_t size) {
    const uint32_t tail = *sq_tail_;
    io_uring_sqe& entry = entries_[tail & sq_mask_];
    entry = {};
    entry.opcode = operation;
    entry.fd = fd;
    entry.addr = reinterpret_cast<uint64_t>(data);
    entry.len = size;
    entry.msg_flags = MSG_NOSIGNAL;
    sq_array_[tail & sq_mask_] = tail & sq_mask_;
    std::atomic_ref(*sq_tail_).store(tail + 1, std::memory_order_release);
    while (syscall(SYS_io_uring_enter, fd_, 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0) < 0) {
      if (errno != EINTR) die("io_uring_enter");
    }
    const uint32_t head = *cq_head_;
    std::atomic_thread_fence(std::memory_order_acquire);
    const int result = results_[head & cq_mask_].res;
    std::atomic_ref(*cq_head_).store(head + 1, std::memory_order_release);
    return result;
  }

 private:
  void* map(size_t size, off_t what) const {
    void* area = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, what);
    if (area == MAP_FAILED) die("mmap");
    return area;
  }
  int fd_ = -1;
  io_uring_sqe* entries_ = nullptr;
  uint32_t* sq_tail_ = nullptr;
  uint32_t* sq_array_ = nullptr;
  uint32_t* cq_head_ = nullptr;
  io_uring_cqe* results_ = nullptr;
  uint32_t sq_mask_ = 0;
  uint32_t cq_mask_ = 0;
};

inline int file_of(uint64_t bytes) {
  const int fd = memfd_create("traffic", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, static_cast<off_t>(bytes)) != 0) die("memfd_create");
  return fd;
}

inline void send_by_sendfile(int fd, uint64_t bytes) {
  const int file = file_of(bytes);
  for (uint64_t left = bytes; left > 0;) {
    const ssize_t n = sendfile(fd, file, nullptr, left);
    if (n <= 0) die("sendfile");
    left -= static_cast<uint64_t>(n);
  }
  close(file);
}

inline void send_by_splice(int fd, uint64_t bytes) {
  const int file = file_of(bytes);
  int tube[2];
  if (pipe2(tube, O_CLOEXEC) != 0) die("pipe2");
  for (uint64_t left = bytes; left > 0;) {
    const ssize_t in = splice(file, nullptr, tube[1], nullptr, std::min<uint64_t>(left, 65536), 0);
    if (in <= 0) die("splice");
    for (ssize_t rest = in; rest > 0;) {
      const ssize_t out = splice(tube[0], nullptr, fd, nullptr, static_cast<size_t>(rest), 0);
      if (out <= 0) die("splice");
      rest -= out;
    }
    left -= static_cast<uint64_t>(in);
  }
  close(file);
}

/// stream ADDRESS PORT bytes=N [take=N] sendfile|splice|uring|mptcp: sends, takes, closes first. For MPTCP its own
/// count says nothing about options: its wire bytes are 0, and the device's counters are the truth.
inline int stream(const Address& address, const Options& options) {
  const bool mptcp = options.has("mptcp");
  const int fd = socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, mptcp ? IPPROTO_MPTCP : 0);
  if (fd < 0) die("socket");
  if (connect(fd, address.get(), address.length) != 0) die("connect");
  const uint64_t bytes = options.number("bytes", 0);
  Report report;
  if (options.has("sendfile")) {
    send_by_sendfile(fd, bytes);
  } else if (options.has("splice")) {
    send_by_splice(fd, bytes);
  } else if (options.has("uring")) {
    Uring ring;
    for (uint64_t left = bytes; left > 0;) {
      const int n = ring.run(IORING_OP_SEND, fd, buffer.data(), static_cast<uint32_t>(std::min<uint64_t>(left, 65536)));
      if (n <= 0) die("io_uring send");
      left -= static_cast<uint64_t>(n);
    }
    for (uint64_t left = options.number("take", 0); left > 0;) {
      const int n = ring.run(IORING_OP_RECV, fd, buffer.data(), static_cast<uint32_t>(buffer.size()));
      if (n <= 0) die("io_uring recv");
      left -= std::min(left, static_cast<uint64_t>(n));
    }
  } else {
    for (uint64_t left = bytes; left > 0;) {
      const ssize_t n = send(fd, buffer.data(), std::min<uint64_t>(left, buffer.size()), MSG_NOSIGNAL);
      if (n <= 0) die("send");
      left -= static_cast<uint64_t>(n);
    }
  }
  report.payload_sent = bytes;
  pause_ns(static_cast<int64_t>(options.number("hold", 0)) * 1'000'000);
  shutdown(fd, SHUT_WR);
  while (read(fd, buffer.data(), buffer.size()) > 0) {
  }
  if (!mptcp) report.add_tcp(fd, address.family());
  close(fd);
  report.print("stream");
  return 0;
}

/// batches ADDRESS PORT packets=N [size=N]: sendmmsg of 16, and recvmmsg until all their answers are there.
inline int batches(const Address& address, const Options& options) {
  constexpr size_t kBatch = 16;
  const int fd = open_socket(address.family(), SOCK_DGRAM);
  if (connect(fd, address.get(), address.length) != 0) die("connect");
  const size_t size = options.number("size", 1000);
  std::array<iovec, kBatch> data;
  std::array<mmsghdr, kBatch> messages{};
  for (size_t i = 0; i < kBatch; ++i) {
    data[i] = {buffer.data() + i * 4096, size};
    messages[i].msg_hdr.msg_iov = &data[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  Report report;
  for (uint64_t left = options.number("packets", kBatch); left > 0;) {
    const auto count = static_cast<unsigned>(std::min<uint64_t>(left, kBatch));
    if (sendmmsg(fd, messages.data(), count, 0) != static_cast<int>(count)) die("sendmmsg");
    left -= count;
    report.wire_sent += count * datagram_wire_bytes(size, address.family());
    for (unsigned taken = 0; taken < count;) {
      pollfd readable{fd, POLLIN, 0};
      if (poll(&readable, 1, 5000) <= 0) die("no answer");
      const int n = recvmmsg(fd, messages.data(), count - taken, MSG_DONTWAIT, nullptr);
      if (n < 0) die("recvmmsg");
      for (int i = 0; i < n; ++i) count_datagram(messages[static_cast<size_t>(i)].msg_len, address.family(), report);
      taken += static_cast<unsigned>(n);
    }
    pause_ns(1'000'000);
  }
  pause_ns(static_cast<int64_t>(options.number("hold", 0)) * 1'000'000);
  report.print("batches");
  return 0;
}

}  // namespace nettrace::traffic
