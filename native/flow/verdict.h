// Owns: the answer to "who owns this flow?".
// Knows nothing of: how the answer was found.
#pragma once

#include "native/flow/five_tuple.h"
#include "native/flow/owner.h"

namespace nettrace {

/// An answer. A verdict that is not final may be followed by a better one for the same flow.
struct Verdict {
  FlowId flow;
  ProcessKey process;  ///< set where reason == kNone
  Reason reason = Reason::kPending;
  MatchQuality quality = MatchQuality::kNone;
  bool final = false;
  int64_t found_ns = 0;  ///< CLOCK_REALTIME by which the look-up had been made; 0: not known
  /// CLOCK_REALTIME just before the kernel was asked, where it knew no socket; 0: not known. Whoever has the port after
  /// that moment may be another one.
  int64_t gone_ns = 0;
};

}  // namespace nettrace
