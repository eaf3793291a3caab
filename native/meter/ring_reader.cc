#include "native/meter/ring_reader.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace nettrace {
namespace {

size_t page_size() noexcept {
  static const auto size = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

uint64_t load(const uint8_t* position) noexcept {
  return __atomic_load_n(reinterpret_cast<const unsigned long*>(position), __ATOMIC_ACQUIRE);
}

}  // namespace

Result<RingReader> RingReader::open(int map, size_t size) {
  RingReader reader;
  reader.size_ = size;
  void* consumer = ::mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
  if (consumer == MAP_FAILED) return Error::from_errno(ErrorCode::kMeterFailed, "mmap");
  reader.consumer_ = static_cast<uint8_t*>(consumer);
  void* producer = ::mmap(nullptr, page_size() + 2 * size, PROT_READ, MAP_SHARED, map, static_cast<off_t>(page_size()));
  if (producer == MAP_FAILED) return Error::from_errno(ErrorCode::kMeterFailed, "mmap");
  reader.producer_ = static_cast<uint8_t*>(producer);
  return reader;
}

RingReader::RingReader(RingReader&& other) noexcept
    : size_(other.size_),
      passed_(other.passed_),
      consumer_(std::exchange(other.consumer_, nullptr)),
      producer_(std::exchange(other.producer_, nullptr)) {}

RingReader& RingReader::operator=(RingReader&& other) noexcept {
  if (this == &other) return *this;
  close();
  size_ = other.size_;
  passed_ = other.passed_;
  consumer_ = std::exchange(other.consumer_, nullptr);
  producer_ = std::exchange(other.producer_, nullptr);
  return *this;
}

RingReader::~RingReader() {
  close();
}

void RingReader::close() noexcept {
  if (consumer_ != nullptr) ::munmap(consumer_, page_size());
  if (producer_ != nullptr) ::munmap(producer_, page_size() + 2 * size_);
}

uint64_t RingReader::end() const noexcept {
  return producer_ == nullptr ? 0 : load(producer_);
}

uint64_t RingReader::position() const noexcept {
  return consumer_ == nullptr ? 0 : load(consumer_);
}

uint64_t RingReader::complete_end() const noexcept {
  const uint64_t last = end();
  uint64_t complete = position();
  for (Record record = at(complete, last); record.present; record = at(complete, last)) complete = record.next;
  return complete;
}

std::span<const uint8_t> RingReader::peek() noexcept {
  const uint64_t last = end();
  for (;;) {
    const Record record = at(passed_, last);
    if (!record.present) return {};
    if (!record.bytes.empty()) return record.bytes;
    passed_ = record.next;
  }
}

void RingReader::pass() noexcept {
  const Record record = at(passed_, end());
  if (record.present) passed_ = record.next;
}

void RingReader::give_back() noexcept {
  if (passed_ != position()) release(passed_);
}

RingReader::Record RingReader::at(uint64_t position, uint64_t end) const noexcept {
  Record record;
  if (consumer_ == nullptr || position >= end) return record;
  const uint8_t* header = producer_ + page_size() + (position & (size_ - 1));
  const uint32_t word = __atomic_load_n(reinterpret_cast<const uint32_t*>(header), __ATOMIC_ACQUIRE);
  if ((word & BPF_RINGBUF_BUSY_BIT) != 0) return record;
  const uint32_t length = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
  record.present = true;
  record.next = position + ((uint64_t{length} + BPF_RINGBUF_HDR_SZ + 7) & ~uint64_t{7});
  if ((word & BPF_RINGBUF_DISCARD_BIT) == 0) record.bytes = {header + BPF_RINGBUF_HDR_SZ, length};
  return record;
}

void RingReader::release(uint64_t position) noexcept {
  __atomic_store_n(reinterpret_cast<unsigned long*>(consumer_), position, __ATOMIC_RELEASE);
}

}  // namespace nettrace
