// Owns: the JavaScript class SelfTest and the function probeSources, as declared in src/native/addon.ts.
// Knows nothing of: what is made of the answers.
#pragma once

#include <napi.h>

#include <memory>

#include "native/doctor/self_test_stage.h"

namespace nettrace {

Napi::Value probe_sources_js(const Napi::CallbackInfo& info);

class SelfTestObject final : public Napi::ObjectWrap<SelfTestObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit SelfTestObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  Napi::Value device(const Napi::CallbackInfo& info);
  Napi::Value v6(const Napi::CallbackInfo& info);
  SelfTest& opened(Napi::Env env);

  std::unique_ptr<SelfTest> test_;
};

}  // namespace nettrace
