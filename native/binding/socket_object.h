// Owns: the exports socketTable and socketOwners: reading on libuv's threads, columns as the answer.
// Knows nothing of: where sockets and holders are read.
#pragma once

#include <napi.h>

namespace nettrace {

/// socketTable(request: SocketTableRequest): Promise<SocketTable>.
Napi::Value socket_table_js(const Napi::CallbackInfo& info);
/// socketOwners(procRoot?: string): Promise<SocketOwners>.
Napi::Value socket_owners_js(const Napi::CallbackInfo& info);

}  // namespace nettrace
