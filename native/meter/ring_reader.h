// Owns: reading a BPF ring buffer (Documentation/bpf/ringbuf.rst) through its memory maps.
// Knows nothing of: what records hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "native/base/result.h"

namespace nettrace {

/// The only reader of one ring.
class RingReader {
 public:
  RingReader() noexcept = default;
  /// Maps the ring; `size` is the map's max_entries. Errors: kMeterFailed with mmap's errno.
  static Result<RingReader> open(int map, size_t size);
  RingReader(RingReader&& other) noexcept;
  RingReader& operator=(RingReader&& other) noexcept;
  RingReader(const RingReader&) = delete;
  RingReader& operator=(const RingReader&) = delete;
  ~RingReader();

  /// Position behind the last record so far.
  uint64_t end() const noexcept;
  /// Position behind the last of those records that are complete, up to the first that is still being written.
  uint64_t complete_end() const noexcept;
  /// Calls `visit(std::span<const uint8_t>)` for each complete record before `end`, and gives its room back.
  template <typename Visit>
  void read_until(uint64_t end, Visit&& visit) {
    for (;;) {
      const Record record = next(end);
      if (!record.present) return;
      if (!record.bytes.empty()) visit(record.bytes);
      release(record.next);
    }
  }

  /// The oldest complete record after those that were passed; empty where there is none.
  std::span<const uint8_t> peek() noexcept;
  /// Passes it. Its room is given back by give_back(): told for each record, writers on other CPUs would wait for it.
  void pass() noexcept;
  void give_back() noexcept;
  /// Bytes that have not been passed.
  size_t waiting() const noexcept { return static_cast<size_t>(end() - passed_); }

 private:
  struct Record {
    bool present = false;
    std::span<const uint8_t> bytes;  ///< empty: discarded by the program
    uint64_t next = 0;
  };
  Record next(uint64_t end) const noexcept { return at(position(), end); }
  Record at(uint64_t position, uint64_t end) const noexcept;
  uint64_t position() const noexcept;
  void release(uint64_t position) noexcept;
  void close() noexcept;

  size_t size_ = 0;
  uint64_t passed_ = 0;          ///< by pass(); what read_until() has read is not counted
  uint8_t* consumer_ = nullptr;  ///< one page: our position
  uint8_t* producer_ = nullptr;  ///< one page: the kernel's position; then the ring twice, so that no record is cut
};

}  // namespace nettrace
