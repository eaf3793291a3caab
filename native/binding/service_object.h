// Owns: the exports of a service: listening sockets, the manager's notifications, confinement.
// Knows nothing of: what the service does.
#pragma once

#include <napi.h>

namespace nettrace {

/// Adds listenTcp, listenUnix, socketPair, notifyManager, confine and handOnCapabilities (src/native/service-calls.ts).
void define_service(Napi::Env env, Napi::Object exports);

}  // namespace nettrace
