#include "native/meter/egress_tap.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "native/meter/bpf_call.h"
#include "native/meter/generated/egress.skel.h"
#include "native/meter/meter_error.h"
#include "native/meter/own_namespaces.h"
#include "native/meter/program_set.h"

namespace nettrace {
namespace {

constexpr size_t kTableBytes = METER_TAPS * sizeof(meter_tap);

Error failed(const char* call) {
  return classify_meter_error(Error::from_errno(ErrorCode::kMeterFailed, call, std::string(kEgressImage.name)));
}

UniqueFd make_ring(size_t size) noexcept {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_RINGBUF;
  attributes.max_entries = static_cast<uint32_t>(size);
  std::memcpy(attributes.map_name, "nettrace_frames", sizeof "nettrace_frames");
  return UniqueFd(bpf_call(BPF_MAP_CREATE, attributes));
}

}  // namespace

EgressTap::EgressTap(Skeleton skeleton, UniqueFd link, meter_tap* taps) noexcept
    : skeleton_(std::move(skeleton)), link_(std::move(link)), taps_(taps) {}

EgressTap::~EgressTap() {
  ::munmap(taps_, kTableBytes);
}

Result<std::shared_ptr<const EgressTap>> EgressTap::open() {
  auto skeleton = Skeleton::load(kEgressImage);
  if (!skeleton) return classify_meter_error(std::move(skeleton.error()));
  const uint32_t first = 0;
  const meter_egress globals{own_network_namespace(), 0};
  if (!bpf_update(skeleton.value().map("bss"), &first, &globals)) return failed("bpf");
  void* const taps = ::mmap(nullptr, kTableBytes, PROT_READ | PROT_WRITE, MAP_SHARED, skeleton.value().map("taps"), 0);
  if (taps == MAP_FAILED) return failed("mmap");
  UniqueFd link = bpf_attach_tracepoint(skeleton.value().program("frame_leaves"));
  if (!link) {
    Error error = attach_error("frame_leaves");
    ::munmap(taps, kTableBytes);
    return error;
  }
  return std::shared_ptr<const EgressTap>(
      new EgressTap(std::move(skeleton).value(), std::move(link), static_cast<meter_tap*>(taps)));
}

Result<EgressRing> EgressTap::watch(const EgressOptions& options) const {
  const uint32_t index = options.device_index;
  if (index >= METER_TAPS) return Error{ErrorCode::kMeterUnsupported, "", 0, {}, "the device's index is too high"};
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t size = std::bit_floor(std::max(options.ring_bytes, page));
  UniqueFd ring = make_ring(size);
  if (!ring) return failed("bpf");
  auto reader = RingReader::open(ring.get(), size);
  if (!reader) return std::move(reader.error());
  const int fd = ring.get();
  if (!bpf_update(skeleton_.map("rings"), &index, &fd)) return failed("bpf");
  taps_[index] = {
      0, METER_TAP_SILENT, 0, std::min<uint32_t>(options.keep_named, METER_NAMED_BYTES - 4), options.has_link, 0, 0};
  EgressRing made(shared_from_this(), index, std::move(ring), std::move(reader).value(), size);
  __atomic_store_n(&taps_[index].keep, std::min(options.keep, kMostKept), __ATOMIC_RELEASE);
  return made;
}

EgressRing::EgressRing(std::shared_ptr<const EgressTap> tap, uint32_t device_index, UniqueFd ring, RingReader reader,
                       size_t size) noexcept
    : tap_(std::move(tap)),
      device_index_(device_index),
      ring_(std::move(ring)),
      reader_(std::move(reader)),
      size_(size) {}

EgressRing::~EgressRing() {
  if (tap_ == nullptr) return;  // moved from
  __atomic_store_n(&state().keep, 0, __ATOMIC_RELEASE);
  bpf_delete(tap_->skeleton_.map("rings"), &device_index_);
}

meter_tap& EgressRing::state() const noexcept {
  return tap_->taps_[device_index_];
}

bool EgressRing::peek(EgressFrame& frame) noexcept {
  const std::span<const uint8_t> record = reader_.peek();
  if (record.size() < sizeof frame.head) return false;
  std::memcpy(&frame.head, record.data(), sizeof frame.head);
  frame.bytes = record.subspan(sizeof frame.head, std::min<size_t>(frame.head.kept, record.size() - sizeof frame.head));
  return true;
}

void EgressRing::wake_at(size_t bytes) noexcept {
  __atomic_store_n(&state().wake_at, static_cast<uint32_t>(bytes), __ATOMIC_SEQ_CST);
}

uint64_t EgressRing::lost() const noexcept {
  return __atomic_load_n(&state().lost, __ATOMIC_RELAXED);
}

}  // namespace nettrace
