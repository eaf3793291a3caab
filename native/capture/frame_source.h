// Owns: the shape that a live device and a capture file share: frames in, loss beside them.
// Knows nothing of: decoding, threads, and what a frame means.
#pragma once

#include <cstddef>
#include <cstdint>

#include "native/base/result.h"
#include "native/decode/frame.h"

namespace nettrace {

/// Called for every frame. `context` is the pointer given to read().
using FrameCallback = void (*)(void* context, const Frame& frame);

/// Frames lost before they could be read, cumulative since the source was opened (pcap_stats(3PCAP)).
struct CaptureLoss {
  uint64_t kernel_drops = 0;     ///< the ring was full
  uint64_t interface_drops = 0;  ///< dropped by the device or its driver
  friend bool operator==(const CaptureLoss&, const CaptureLoss&) = default;
};

struct ReadResult {
  size_t frames = 0;
  bool end = false;  ///< a file has no more frames; a live source never ends
};

/// Where frames come from. One thread at a time uses a source; no call waits for frames.
class FrameSource {
 public:
  FrameSource() = default;
  FrameSource(const FrameSource&) = delete;
  FrameSource& operator=(const FrameSource&) = delete;
  virtual ~FrameSource() = default;

  /// Hands over at most `limit` frames that are ready, without waiting. None does not mean the end.
  /// Errors: kDeviceVanished, kCaptureFailed; of a file: kFileTruncated (after the last whole frame), kFileUnreadable
  /// (damaged), kFileNotACapture, kFilterInvalid.
  virtual Result<ReadResult> read(size_t limit, FrameCallback callback, void* context) = 0;
  /// Descriptor that becomes readable when frames are ready; -1 for a file, which is always ready (a pipe is not).
  virtual int ready_fd() const noexcept = 0;
  virtual CaptureLoss loss() = 0;
  /// LINKTYPE_ value of the source as a whole; -1 while a pcapng file has shown none.
  virtual int link_type() const noexcept = 0;
};

}  // namespace nettrace
