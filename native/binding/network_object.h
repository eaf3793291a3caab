// Owns: the exports listLinks and listRoutes.
// Knows nothing of: how the kernel is asked.
#pragma once

#include <napi.h>

namespace nettrace {

Napi::Value list_links_js(const Napi::CallbackInfo& info);
Napi::Value list_routes_js(const Napi::CallbackInfo& info);

}  // namespace nettrace
