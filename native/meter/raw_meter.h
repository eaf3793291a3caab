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
  /// Why it is this one.
  void note_better(Error error) { status_.better = std::move(error); }
  /// There are no events: everything is told by dump().
  void poll(MeterSink&) override {}
  Result<void> dump(MeterSink& sink) override;
  void set_mtus(std::span<const InterfaceMtu> mtus) override;
  void place(std::span<const uint64_t> cookies) override;
  MeterLosses losses() const override;
  int fd() const noexcept override { return never_.get(); }

 private:
  struct Lane {
    uint32_t interface_index = 0;
    RawCounters counters;
  };
  struct Socket {
    RawCreator creator;  ///< who made it, under `user` who uses it
    ProcessKey owner;    ///< the user, else the maker
    uint32_t netns = 0;
    bool seen = false;    ///< being made
    bool kernel = false;  ///< a thread of the kernel uses it
    bool told = false;    ///< of its owner
    int64_t told_ns = 0;  ///< the time of the last record
    bool closed = false;
    int64_t closed_ns = 0;  ///< when that was read
    int64_t moved_ns = 0;   ///< when its counters were last seen to have changed
    std::vector<Lane> lanes;
  };

  RawMeter(RawPrograms programs, bool alone);
  void learn_own_namespace();
  Result<void> read_creators(int64_t now_ns);
  void take_creator(uint64_t cookie, const RawCreator& creator, int64_t now_ns);
  void take_user(Socket& socket, const RawCreator& creator, int64_t now_ns);
  void take_counters(const RawKey& key, const RawCounters& counters, int64_t now_ns, MeterSink& sink);
  bool to_be_reaped(const Socket& socket, int64_t now_ns, bool crowded) const noexcept;
  void reap(uint64_t cookie, Socket& socket, int64_t now_ns, MeterSink& sink);
  MeteredProcess process(const Socket& socket) const noexcept;

  RawPrograms programs_;
  bool alone_;  ///< nobody else looks for owners: a reason is given where there is none
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
