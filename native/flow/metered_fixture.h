// Owns: a meter that also gets the kernel's counts of two processes' sockets, for the tests of both counts together.
// Knows nothing of: real sockets.
#pragma once

#include "native/base/clock.h"
#include "native/flow/meter_fixture.h"

namespace nettrace::test {

constexpr int64_t kNow = 1'000 * kNanosPerSecond;

/// A meter with the kernel's counts, and two processes.
struct Metered : MeterFixture {
  Metered() {
    meter.set_metered();
    learn(1, 10);
    learn(2, 20);
  }
  OwnerSlot owner(uint32_t pid) {
    OwnerSlot slot = 0;
    meter.ledger().find_process({pid, uint64_t{pid} * 10}, slot);
    return slot;
  }
  /// The kernel has counted this much sent by a socket of the process, which was made a millisecond before.
  void charge(uint32_t pid, const FiveTuple& tuple, uint64_t bytes, uint64_t packets, int64_t time_ns = kNow,
              bool last = false) {
    Counters counters;
    counters.sent = {bytes, packets, bytes - 14 * packets, 0, bytes, packets};
    meter.charge_socket({0, tuple, owner(pid), counters, time_ns, last, pid, time_ns - kNanosPerMilli});
  }
  uint64_t sent_by(uint32_t pid) { return of_process(pid, uint64_t{pid} * 10).sent.bytes; }
  Way recovered() const { return meter.interfaces()[0].recovered.sent; }
};

/// A packet whose link and IP lengths are told as a decoder would.
inline PacketView sent_packet(uint8_t protocol, uint16_t local, uint16_t remote, uint32_t length,
                              int64_t time_ns = kNow) {
  PacketView view = packet(protocol, local, remote, length);
  view.frame_length = length;
  view.ip_length = length - 14;
  view.timestamp_ns = time_ns;
  return view;
}

inline FiveTuple tuple_of(const PacketView& view) {
  return {{view.source, view.source_port}, {view.destination, view.destination_port}, view.protocol};
}

inline FiveTuple unconnected(const PacketView& view) {
  return {{{}, view.source_port}, {}, view.protocol};
}

}  // namespace nettrace::test
