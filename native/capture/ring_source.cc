// Owns: the own ring as a FrameSource.
#include "native/capture/ring_source.h"

#include <utility>

#include "native/capture/packet_ring.h"
#include "native/capture/packet_socket.h"

namespace nettrace {
namespace {

class RingSource final : public FrameSource {
 public:
  RingSource(PacketSocket socket, const std::string& device) : ring_(std::move(socket), device) {}

  Result<ReadResult> read(size_t limit, FrameCallback callback, void* context) override {
    ReadResult result;
    for (Frame frame; result.frames < limit && ring_.next(frame); ++result.frames) callback(context, frame);
    if (result.frames > 0) return result;
    if (auto well = ring_.check(); !well) return std::move(well.error());
    return result;
  }

  int ready_fd() const noexcept override { return ring_.fd(); }
  int link_type() const noexcept override { return ring_.format().link_type; }
  CaptureLoss loss() override { return ring_.loss(); }

 private:
  PacketRing ring_;
};

}  // namespace

Result<std::unique_ptr<FrameSource>> open_ring(const LiveOptions& options) {
  auto socket = open_packet_socket(options);
  if (!socket) return std::move(socket.error());
  return std::unique_ptr<FrameSource>(std::make_unique<RingSource>(std::move(socket).value(), options.device));
}

}  // namespace nettrace
