// Owns: which devices are captured from: follows rtnetlink, attaches, detaches, tries again.
// Knows nothing of: attribution and snapshots. Used by one thread at a time: first the starter, then control.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "native/capture/device_selection.h"
#include "native/capture/device_source.h"
#include "native/capture/interfaces.h"
#include "native/engine/capture_thread.h"
#include "native/engine/options.h"
#include "native/engine/shared_state.h"
#include "native/meter/egress_tap.h"
#include "native/meter/socket_meter.h"

namespace nettrace {

class DeviceWatch {
 public:
  DeviceWatch(SharedState& shared, const EngineOptions& options) : shared_(shared), options_(options) {}

  /// Subscribes to rtnetlink and attaches every selected device. Errors: kDeviceNotFound, kNoDevice, kNotPermitted,
  /// kFilterInvalid, kCaptureFailed, kNetlinkFailed: what would make the whole run pointless.
  Result<void> open();
  /// Readable when update() has something to do.
  int fd() const noexcept { return monitor_->fd(); }
  /// Handles events, joins threads that have ended, attaches what can be attached now. True if an interface changed.
  bool update(int64_t now_ns);
  /// Monotonic time of the next try to attach; INT64_MAX if none is due.
  int64_t next_deadline() const noexcept;
  /// Reads the interfaces' own counters into the view.
  void refresh_counters();
  /// The largest IP packets of all interfaces, as last told.
  std::vector<InterfaceMtu> mtus() const;
  /// A capture filter leaves packets out: the interfaces' own counters say nothing about what is counted.
  bool filtered() const noexcept { return !options_.filter.empty(); }
  /// How long a packet may be on its way through a capture.
  int64_t drain_ns() const noexcept;
  /// Ends all threads, after they have read what their rings hold, and waits for them.
  void stop();
  int64_t cpu_ns() const noexcept;

 private:
  struct Attached {
    uint32_t index = 0;
    std::unique_ptr<CaptureThread> thread;  ///< none where nothing is captured
  };
  struct Retry {
    std::string name;
    int64_t at_ns = 0;
    int64_t delay_ns = 0;
  };

  /// `devices`: how many share the memory for rings.
  Result<void> attach(const SelectedDevice& device, size_t devices);
  Result<DeviceSource> open_source(const LiveOptions& live, uint32_t index);
  void attach_uncaptured(const SelectedDevice& device, InterfaceSlot slot);
  /// The device's row, made where it has none; nothing where there can be no more.
  std::optional<InterfaceSlot> slot_for(const SelectedDevice& device);
  void describe_interfaces();
  void forget_gone(int64_t now_ns);
  Vantage vantage_of(const WatchedInterface& watched, const Interface& interface) const;
  /// Named devices that are down get a row too.
  void show_waiting();
  void attach_missing(int64_t now_ns);
  void reap();
  bool attached(uint32_t index) const noexcept;
  int ring_bytes(size_t devices) const noexcept;
  int timeout_ms(size_t devices) const noexcept;
  Retry& retry_for(const std::string& name);

  SharedState& shared_;
  EngineOptions options_;
  std::optional<Result<std::shared_ptr<const EgressTap>>> tap_;  ///< nothing before it was tried
  std::unique_ptr<InterfaceMonitor> monitor_;
  std::vector<Attached> attached_;
  std::vector<Retry> retries_;
  std::vector<std::pair<InterfaceSlot, int64_t>> gone_;  ///< since when, monotonic; the first to go first
  bool full_ = false;                                    ///< there can be no more rows, which was said
  int64_t past_cpu_ns_ = 0;                              ///< of threads that have ended
};

}  // namespace nettrace
