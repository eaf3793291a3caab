// Owns: what the addon does to processes, as declared in src/native/addon.ts.
// Knows nothing of: who asked.
#pragma once

#include <napi.h>

namespace nettrace {

/// signalProcess(pid, startTicks, signal): 'sent', 'gone' or 'other'. Throws a NativeError.
Napi::Value signal_process_js(const Napi::CallbackInfo& info);

}  // namespace nettrace
