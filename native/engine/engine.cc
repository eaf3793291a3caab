#include "native/engine/engine.h"

#include <pcap/pcap.h>
#include <sys/random.h>

#include "native/base/clock.h"
#include "native/capture/file_source.h"
#include "native/decode/decode.h"
#include "native/host/visibility.h"

namespace nettrace {
namespace {

MeterOptions meter_options(const EngineOptions& options) {
  MeterOptions meter;
  meter.max_flows = static_cast<size_t>(options.max_flows);
  // Fails only for a wrong pointer or before the kernel has any entropy, when it waits.
  [[maybe_unused]] const auto filled = getrandom(meter.hash_key.data(), sizeof meter.hash_key, 0);
  return meter;
}

Ownership ownership_of(MeterTier tier) noexcept {
  switch (tier) {
    case MeterTier::kReceiveLength:
      return Ownership::kBpf;
    case MeterTier::kReceiveStream:
      return Ownership::kStream;
    case MeterTier::kCgroup:
      return Ownership::kCgroup;
    case MeterTier::kSockDiag:
      return Ownership::kSockDiag;
  }
  return Ownership::kNone;
}

/// What is missing, as detail of an error (src/native/native-error.ts).
constexpr const char* kInitialUserNamespace = "the initial user namespace";
constexpr const char* kOtherProcesses = "the processes of others";

bool in_user_namespace() {
  const auto proc = ProcRoot::open("/proc");
  return proc && !in_initial_user_namespace(proc.value());
}

/// Most hosts do not translate, and then the kernel has nothing to ask.
std::optional<Conntrack> open_conntrack(const std::string& proc_root) {
  auto proc = ProcRoot::open(proc_root);
  if (!proc) return std::nullopt;
  auto conntrack = Conntrack::open(proc.value());
  if (!conntrack) return std::nullopt;
  return std::move(conntrack).value();
}

std::string file_name(const std::string& path) {
  if (path == "-") return "stdin";
  return path.substr(path.find_last_of('/') + 1);
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::create(EngineOptions options) {
  if (auto checked = check_options(options); !checked) return std::move(checked.error());
  return std::unique_ptr<Engine>(new Engine(std::move(options)));
}

Engine::Engine(EngineOptions options) : options_(std::move(options)), shared_(meter_options(options_)) {}

Engine::~Engine() {
  stop();
}

Result<void> Engine::start() {
  auto result = options_.file.empty() ? start_devices() : start_file();
  if (!result) return result;
  const std::lock_guard lock(shared_.mutex);
  shared_.view.state = EngineState::kRunning;
  shared_.view.started_realtime_ns = realtime_nanos();
  return {};
}

Result<void> Engine::start_file() {
  auto source = open_file({options_.file, options_.filter});
  if (!source) return std::move(source.error());
  const int link_type = source.value()->link_type();
  const InterfaceSlot slot = shared_.meter.add_interface({0, 0, 0, false, true});
  WatchedInterface& interface = shared_.view.interfaces.emplace_back();
  interface.name = file_name(options_.file);
  interface.state = InterfaceState::kCapturing;
  interface.link_type = link_type;
  interface.capture = CaptureKind::kFile;
  const char* name = link_type < 0 ? nullptr : pcap_datalink_val_to_name(link_type);
  interface.link_type_name = name != nullptr ? name : "";
  interface.decoded = link_type < 0 || link_type_is_decoded(link_type);
  file_ = std::make_unique<CaptureThread>(shared_, slot, std::move(source).value(), options_.names);
  file_->start();
  return {};
}

/// Null where owners are to be found in the classic way; the reason, if it is not the user's wish, is in the faults.
Result<std::unique_ptr<Metering>> Engine::open_metering() {
  if (options_.engine == EngineChoice::kClassic) return std::unique_ptr<Metering>();
  MeteringOptions wanted;
  wanted.proc_root = options_.proc_root;
  wanted.light = options_.light;
  wanted.everywhere = options_.devices.empty();
  wanted.charges = options_.filter.empty();
  wanted.streams = options_.engine == EngineChoice::kAuto;
  auto metering = Metering::open(wanted);
  if (metering || options_.engine == EngineChoice::kBpf || options_.light) return metering;
  shared_.view.faults.push_back(metering.error());
  return std::unique_ptr<Metering>();
}

Result<void> Engine::open_devices() {
  devices_ = std::make_unique<DeviceWatch>(shared_, options_);
  auto opened = devices_->open();
  if (!opened && opened.error().code == ErrorCode::kNotPermitted && in_user_namespace()) {
    opened.error().detail = kInitialUserNamespace;  // a right that is held here does not hold there
  }
  return opened;
}

/// Capturing is refused, and nothing that was asked for needs packets: what sockets tell may be had all the same.
bool Engine::may_do_without_capture(const Error& refusal) const {
  return refusal.code == ErrorCode::kNotPermitted && !options_.light && options_.engine == EngineChoice::kAuto &&
         options_.filter.empty() && !options_.promiscuous && options_.capture == CaptureChoice::kAuto;
}

/// What is degraded where nothing is captured; nothing where that is what was asked for and works as it should.
std::optional<Error> Engine::degradation(const Metering& metering, const std::optional<Error>& refusal) const {
  if (metering.status().tier != MeterTier::kSockDiag) return refusal;
  const auto proc = ProcRoot::open(options_.proc_root);
  Error error{ErrorCode::kStreamsOnly, "", 0, {}, {}};
  if (!proc || !sees_all_processes(proc.value())) {
    error.detail = in_user_namespace() ? kInitialUserNamespace : kOtherProcesses;
  }
  return error;
}

Result<void> Engine::start_devices() {
  auto metering = open_metering();
  if (!metering) return std::move(metering.error());
  std::optional<Error> refusal;
  if (auto opened = open_devices(); !opened) {
    if (!may_do_without_capture(opened.error())) return opened;
    refusal = opened.error();
    options_.light = true;
    metering.value().reset();  // before its programs are loaded anew
    metering = open_metering();
    if (!metering) return *refusal;
    if (auto again = open_devices(); !again) return again;
    shared_.view.faults.clear();
  }
  if (options_.light) {
    if (auto degraded = degradation(*metering.value(), refusal)) shared_.view.faults.push_back(std::move(*degraded));
  }
  shared_.view.light = options_.light;
  shared_.view.ownership = Ownership::kClassic;
  if (metering.value() != nullptr) {
    const std::lock_guard lock(shared_.mutex);
    shared_.meter.set_metered();
    shared_.view.ownership = ownership_of(metering.value()->status().tier);
  }
  AttributorOptions classic;
  classic.proc_root = options_.proc_root;
  classic.lookups_per_second = static_cast<uint32_t>(options_.lookups_per_second);
  classic.watch_births = metering.value() == nullptr;  // else the socket meter tells of them
  auto attributor = Attributor::open(classic);
  if (!attributor) shared_.view.faults.push_back(attributor.error());
  control_ = std::make_unique<Control>(shared_, *devices_, std::move(metering).value(),
                                       attributor.ok() ? std::move(attributor).value() : nullptr,
                                       open_conntrack(options_.proc_root));
  control_->start();
  return {};
}

SnapshotBuffer Engine::snapshot(bool flows) {
  const int64_t control_cpu = control_ ? control_->cpu_ns() : 0;
  const std::lock_guard lock(shared_.mutex);
  if (file_) shared_.view.capture_cpu_ns = file_->cpu_ns();
  shared_.view.attribution_cpu_ns = control_cpu;
  if (file_ && file_->finished() && shared_.view.state == EngineState::kRunning) {
    shared_.view.state = EngineState::kEnded;
  }
  return write_snapshot(shared_.view, shared_.meter, flows ? &shared_.names : nullptr, monotonic_nanos(),
                        realtime_nanos());
}

void Engine::stop() {
  if (file_) {
    file_->request_stop();
    file_->join();
  }
  if (control_) {
    control_->stop();
  } else if (devices_) {
    devices_->stop();
  }
  const std::lock_guard lock(shared_.mutex);
  if (shared_.view.state == EngineState::kRunning) shared_.view.state = EngineState::kStopped;
}

}  // namespace nettrace
