// Owns: the work of one capture thread: wait, read, decode, hand over batches; loss beside them.
// Knows nothing of: flows, locks, and starting threads (native/engine does).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "native/base/result.h"
#include "native/capture/frame_source.h"
#include "native/decode/packet_view.h"
#include "native/names/clue_reader.h"

namespace nettrace {

/// What a packet says about the name of a host.
struct NamedPacket {
  PacketView packet;
  NameClue clue;
};

/// Receives what a capture thread reads; all calls come from that thread.
class BatchSink {
 public:
  virtual ~BatchSink() = default;
  /// At most CaptureLoop::kBatchSize packets, in the order of capture; valid during the call.
  virtual void packets(std::span<const PacketView> batch) = 0;
  /// The clues in the batch that follows, at most CaptureLoop::kMostClues; only called when there are some.
  virtual void names(std::span<const NamedPacket>) {}
  /// Cumulative since the source was opened; only called when it has changed.
  virtual void loss(const CaptureLoss& total) = 0;
  /// The last call. Without an error: stopped, or the end of the file.
  virtual void ended(const Result<void>& result) = 0;
};

/// Runs one source to its end or until it is stopped.
class CaptureLoop {
 public:
  static constexpr size_t kBatchSize = 256;
  static constexpr size_t kMostClues = 64;

  /// `drain_ns`: how long frames that were captured before a stop may take to become readable (the time after which a
  /// ring block that is not full is handed over, and some). `names`: payloads are looked into for names of hosts.
  CaptureLoop(std::unique_ptr<FrameSource> source, BatchSink& sink, int64_t drain_ns = 0, bool names = false)
      : source_(std::move(source)), sink_(sink), drain_ns_(drain_ns) {
    if (names) names_ = std::make_unique<Names>();
  }

  /// Returns after `stop_fd` (an eventfd, left as it is) has become readable, at the end of a file, or after an error.
  /// What a live source captured before the stop is still read, for at most `drain_ns`. No lock is held.
  void run(int stop_fd);

 private:
  /// What became of one round of reading.
  enum class Round : uint8_t {
    kFull,      ///< more may be ready
    kEmptied,   ///< all that was ready has been read
    kFinished,  ///< the end, or an error
  };

  struct Names {
    ClueReader reader;
    std::vector<NamedPacket> found;  ///< in the present batch
  };

  Round read_batch();
  void drain();
  void report_loss(int64_t now_ns);
  bool wait(int stop_fd, int timeout_ms) const noexcept;
  static void decode(void* context, const Frame& frame);
  void look_for_name(const Frame& frame, const PacketView& view);

  std::unique_ptr<FrameSource> source_;
  BatchSink& sink_;
  int64_t drain_ns_;
  std::unique_ptr<Names> names_;  ///< none where nobody wants names
  Result<void> result_;
  CaptureLoss reported_;
  int64_t loss_read_ns_ = 0;
  size_t batch_length_ = 0;
  std::array<PacketView, kBatchSize> batch_;  ///< reused: stays in the second-level cache
};

}  // namespace nettrace
