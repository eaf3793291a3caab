// Owns: what is found out about one source of the engine: whether it works here, why not, and what to do about it.
// Knows nothing of: how that is printed.
#pragma once

#include <string>
#include <vector>

#include "native/base/result.h"

namespace nettrace {

enum class SourceState : uint8_t {
  kWorks,
  kNotSupported,  ///< by this kernel or this system, whoever asks
  kNotPermitted,  ///< to this process
};

/// "works", "not-supported", "not-permitted".
const char* source_state_label(SourceState state) noexcept;

struct SourceProbe {
  std::string name;  ///< stable, e.g. "packet-ring"
  SourceState state = SourceState::kNotSupported;
  std::string reason;  ///< one clause: how it works, or why it does not; may hold text of the kernel or of a library
  std::string advice;  ///< one clause: what is missing without it, and what to do; empty where it works
};

/// A source that works; `how` in one clause, may be empty.
SourceProbe source_works(std::string name, std::string how = {});
/// A source that failed; what the error says decides between the two other states.
SourceProbe source_failed(std::string name, const Error& error, std::string advice);

/// Really opens every source once and lets it go again; takes some tenths of a second. Nothing is left behind. Always
/// the same names in the same order. No errors: they are the results.
std::vector<SourceProbe> probe_sources();

/// The parts of probe_sources(): each appends what it found.
void probe_capture(std::vector<SourceProbe>& probes);
void probe_sockets(std::vector<SourceProbe>& probes);
void probe_processes(std::vector<SourceProbe>& probes);
void probe_socket_meter(std::vector<SourceProbe>& probes);

}  // namespace nettrace
