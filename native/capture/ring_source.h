// Owns: capturing from a live device with an own TPACKET_V3 ring that tells how super-frames are cut, as a FrameSource.
// Knows nothing of: libpcap's ring (live_source.h), which devices to watch, threads.
#pragma once

#include <memory>

#include "native/base/result.h"
#include "native/capture/frame_source.h"
#include "native/capture/live_source.h"

namespace nettrace {

/// As open_live(), but every Frame has its segmentation and the kernel's word on its direction. A loopback device shows
/// each packet once, as an incoming one. Limit: the kernel drops, and counts as drops, super-frames that the virtio
/// header cannot name (SCTP; UDP fragmentation offload from a guest), since it is asked for that header.
/// Errors: as open_live(); kLinkTypeUnknown where libpcap has to take over.
Result<std::unique_ptr<FrameSource>> open_ring(const LiveOptions& options);

}  // namespace nettrace
