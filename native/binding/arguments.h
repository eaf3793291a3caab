// Owns: reading an engine's options from a JavaScript object; a wrong type is named in a sentence.
// Knows nothing of: ranges, which engine/options.h checks.
#pragma once

#include <napi.h>

#include "native/engine/options.h"

namespace nettrace {

/// Throws a NativeError kInvalidOption for a value of the wrong type; absent options keep their default.
EngineOptions read_options(const Napi::Value& value);

}  // namespace nettrace
