// Owns: what the tests of frame sources share: all frames of a source as sums, as on the wire and as tapped.
// Knows nothing of: what is tested.
#pragma once

#include <poll.h>

#include <vector>

#include "native/capture/frame_source.h"
#include "native/decode/decode.h"
#include "native/dev/sums.h"
#include "native/dev/test.h"

namespace nettrace::test {

struct Seen {
  Sums wire;
  Sums tapped;
  std::vector<PacketView> packets;  ///< the first ones
};

/// Everything that comes until nothing has come for a while; `lost` frames are counted as dropped.
inline Seen read_all(FrameSource& source, uint64_t lost = 0) {
  constexpr int kQuietMs = 200;
  Seen seen;
  const FrameCallback count = [](void* context, const Frame& frame) {
    auto& sum = *static_cast<Seen*>(context);
    const PacketView view = decode_frame(frame);
    const bool sent = view.packet_type == PacketType::kOutgoing;
    sum.wire.add(sent, view.wire_length, view.segments);
    sum.tapped.add(sent, view.frame_length, 1);
    if (sum.packets.size() < 1000) sum.packets.push_back(view);
  };
  for (;;) {
    const auto read = source.read(256, count, &seen);
    CHECK(read.ok());
    if (!read) break;
    if (read.value().frames > 0) continue;
    pollfd one{source.ready_fd(), POLLIN, 0};
    if (::poll(&one, 1, kQuietMs) <= 0) break;
  }
  CHECK_EQ(source.loss().kernel_drops, lost);
  return seen;
}

}  // namespace nettrace::test
