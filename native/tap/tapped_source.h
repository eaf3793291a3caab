// Owns: capturing from a live device with two rings: what comes in by a packet socket, what leaves by a BPF program.
// Knows nothing of: which devices to watch, threads, decoding.
#pragma once

#include <memory>

#include "native/base/result.h"
#include "native/capture/frame_source.h"
#include "native/capture/live_source.h"
#include "native/meter/egress_tap.h"

namespace nettrace {

/// Whether the program knows how to keep frames for these options: without a filter, and as short as it keeps them.
bool can_tap(const LiveOptions& options) noexcept;

/// As open_ring(): the same frames in the order of time, at less than half of what a packet socket costs whoever sends.
/// A frame that left waits for those that came in before it and are still in the kernel's block: `timeout_ms` and some.
/// Not for loopback, where nothing leaves, and not with a filter or a snaplen that the program does not know. Errors:
/// as open_ring(); kMeterUnsupported and kMeterFailed where open_ring() may do.
Result<std::unique_ptr<FrameSource>> open_tapped(const LiveOptions& options,
                                                 const std::shared_ptr<const EgressTap>& tap);

}  // namespace nettrace
