#include "native/doctor/source_probe.h"

#include <cstring>

#include "native/host/visibility.h"

namespace nettrace {

const char* source_state_label(SourceState state) noexcept {
  switch (state) {
    case SourceState::kWorks:
      return "works";
    case SourceState::kNotPermitted:
      return "not-permitted";
    case SourceState::kNotSupported:
      break;
  }
  return "not-supported";
}

SourceProbe source_works(std::string name, std::string how) {
  return {std::move(name), SourceState::kWorks, std::move(how), {}};
}

SourceProbe source_failed(std::string name, const Error& error, std::string advice) {
  const bool refused = error.code == ErrorCode::kNotPermitted || error.number == EPERM || error.number == EACCES;
  std::string reason(error_code_text(error.code));
  if (error.number != 0) reason = std::string(error.syscall) + ": " + std::strerror(error.number);
  if (!error.detail.empty()) reason += " (" + error.detail + ")";
  return {std::move(name), refused ? SourceState::kNotPermitted : SourceState::kNotSupported, std::move(reason),
          std::move(advice)};
}

namespace {

/// Rights that are held in a user namespace do not reach the host: more of them would not help.
void correct_advice(std::vector<SourceProbe>& probes) {
  const auto proc = ProcRoot::open("/proc");
  if (!proc || in_initial_user_namespace(proc.value())) return;
  for (SourceProbe& probe : probes) {
    const bool by_rights = probe.advice.find("sudo") != std::string::npos;
    if (probe.state == SourceState::kNotPermitted && by_rights) {
      probe.advice = "refused to a user namespace, whatever rights are held in it; run it with sudo outside of it";
    }
  }
}

}  // namespace

std::vector<SourceProbe> probe_sources() {
  std::vector<SourceProbe> probes;
  probe_capture(probes);
  probe_sockets(probes);
  probe_processes(probes);
  probe_socket_meter(probes);
  correct_advice(probes);
  return probes;
}

}  // namespace nettrace
