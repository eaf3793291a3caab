// Owns: the socket meter for kernels without type information (MeterTier::kCgroup): reading its tables, and reaping
// them. Knows nothing of: what the programs do (raw_packet.cc).
#pragma once

#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "native/meter/creators.h"
#include "native/meter/raw_programs.h"
#include "native/meter/socket_meter.h"

namespace nettrace {

class RawMeter final : public SocketMeter {
 public:
  static Result<std::unique_ptr<RawMeter>> open(const SocketMeterOptions& options);

  const MeterStatus& status() const noexcept override { return status_; }
  /// There are no events: everything is told by dump().
  void poll(MeterSink&) override {}
  Result<void> dump(MeterSink& sink) override;
  void set_mtus(std::span<const InterfaceMtu> mtus) override;
  MeterLosses losses() const override;
  int fd() const noexcept override { return never_.get(); }

 private:
  struct Lane {
    uint32_t interface_index = 0;
    RawCounters counters;
  };
  struct Socket {
    RawCreator creator;  ///< its own, or that of its listener where `inherited`
    ProcessKey owner;
    uint32_t netns = 0;
    bool seen = false;       ///< being made
    bool inherited = false;  ///< from the listener
    bool told = false;       ///< of its owner
    bool closed = false;
    int64_t closed_ns = 0;  ///< when that was read
    int64_t moved_ns = 0;   ///< when its counters were last seen to have changed
    std::vector<Lane> lanes;
  };

  explicit RawMeter(RawPrograms programs);
  void learn_own_namespace();
  Result<void> read_creators(int64_t now_ns);
  void take_creator(uint64_t cookie, const RawCreator& creator, int64_t now_ns);
  void inherit(Socket& socket, uint64_t listener);
  void take_counters(const RawKey& key, const RawCounters& counters, int64_t now_ns, MeterSink& sink);
  bool to_be_reaped(const Socket& socket, int64_t now_ns, bool crowded) const noexcept;
  void reap(uint64_t cookie, Socket& socket, int64_t now_ns, MeterSink& sink);
  MeteredProcess process(const Socket& socket) const noexcept;

  RawPrograms programs_;
  Creators creators_;
  MeterStatus status_;
  uint64_t own_netns_cookie_ = 0;
  UniqueFd never_;  ///< never readable
  std::unordered_map<uint64_t, Socket> sockets_;
  std::vector<uint8_t> keys_;
  std::vector<uint8_t> values_;
  std::vector<uint8_t> creator_keys_;
  std::vector<uint8_t> creator_values_;
};

}  // namespace nettrace
