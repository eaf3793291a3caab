// Owns: which sources of the socket meter work on this machine, found out by really loading them.
// Knows nothing of: how that is printed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/result.h"

namespace nettrace {

enum class ProbeOutcome : uint8_t {
  kWorks,
  kNotSupported,  ///< by this kernel, or it forbids it to everybody
  kNotPermitted,  ///< to us
  kNotKnown,      ///< it could not be tried, such as for want of memory
};

/// Stable label, e.g. "not-permitted"; used in JSON.
std::string_view probe_outcome_label(ProbeOutcome outcome) noexcept;

struct ProbeResult {
  std::string_view label;  ///< stable, e.g. "socket-accounting"
  std::string_view text;   ///< what the source tells, for people
  ProbeOutcome outcome = ProbeOutcome::kNotKnown;
  std::string how{};        ///< which way it works, where there are several
  Error error{};            ///< why it does not; of no meaning where it works
  std::string_view advice;  ///< one sentence, what to do and what is missing otherwise; empty where it works
};

/// Loads each set of programs, attaches it, and lets it go again; takes about a tenth of a second. Always the same
/// labels in the same order: cgroup-root, socket-accounting-length, socket-accounting-stream, socket-accounting-cgroup,
/// process-events, packet-injection. No errors: they are the results.
std::vector<ProbeResult> probe_meter();

}  // namespace nettrace
