// Owns: turning an Error of the core into a JavaScript NativeError (src/native/addon.ts).
// Knows nothing of: which call failed.
#pragma once

#include <napi.h>

#include "native/base/result.h"

namespace nettrace {

/// An Error object with code, syscall, errno, subject and detail; its message is the code's text.
inline Napi::Error to_js_error(Napi::Env env, const Error& error) {
  Napi::Error js = Napi::Error::New(env, std::string(error_code_text(error.code)));
  Napi::Object object = js.Value();
  object.Set("code", std::string(error_code_name(error.code)));
  object.Set("syscall", error.syscall);
  object.Set("errno", error.number);
  // Foreign text crosses as bytes: it need not be UTF-8, and the data boundary in TypeScript sanitises it.
  object.Set("subject", Napi::Buffer<char>::Copy(env, error.subject.data(), error.subject.size()));
  object.Set("detail", Napi::Buffer<char>::Copy(env, error.detail.data(), error.detail.size()));
  return js;
}

}  // namespace nettrace
