#include "native/doctor/source_probe.h"

#include <cstring>

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

std::vector<SourceProbe> probe_sources() {
  std::vector<SourceProbe> probes;
  probe_capture(probes);
  probe_sockets(probes);
  probe_processes(probes);
  probe_socket_meter(probes);
  return probes;
}

}  // namespace nettrace
