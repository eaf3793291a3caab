// Owns: an engine: start, snapshot, stop; the only place that knows all parts.
// Knows nothing of: JavaScript.
#pragma once

#include <memory>
#include <optional>

#include "native/engine/capture_thread.h"
#include "native/engine/control.h"
#include "native/engine/device_watch.h"
#include "native/engine/options.h"
#include "native/engine/shared_state.h"
#include "native/snapshot/engine_view.h"

namespace nettrace {

/// One run: devices or a file. start(), snapshot() and stop() are called from one thread.
class Engine {
 public:
  /// Checks the options; opens nothing. Errors: as check_options().
  static Result<std::unique_ptr<Engine>> create(EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Opens handles and starts threads. May be called once. Errors: as DeviceWatch::open() and open_file().
  Result<void> start();
  /// A consistent copy of everything; never waits for I/O.
  SnapshotBuffer snapshot(bool flows);
  /// Reads what the rings hold, answers what can be answered at once, joins the threads. Idempotent.
  void stop();

 private:
  explicit Engine(EngineOptions options);
  Result<void> start_file();
  Result<std::unique_ptr<Metering>> open_metering();
  Result<void> open_devices();
  bool may_do_without_capture(const Error& refusal) const;
  std::optional<Error> degradation(const Metering& metering, const std::optional<Error>& refusal) const;
  Result<void> start_devices();

  EngineOptions options_;
  SharedState shared_;
  std::unique_ptr<DeviceWatch> devices_;
  std::unique_ptr<Control> control_;
  std::unique_ptr<CaptureThread> file_;
};

}  // namespace nettrace
