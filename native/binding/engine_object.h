// Owns: the JavaScript class Engine.
// Knows nothing of: what is in a snapshot.
#pragma once

#include <napi.h>

#include <memory>

#include "native/engine/engine.h"

namespace nettrace {

/// Wraps an engine; its methods are declared in src/native/addon.ts. The environment's end stops the engine.
class EngineObject final : public Napi::ObjectWrap<EngineObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit EngineObject(const Napi::CallbackInfo& info);

 private:
  void start(const Napi::CallbackInfo& info);
  Napi::Value snapshot(const Napi::CallbackInfo& info);
  void stop(const Napi::CallbackInfo& info);

  /// Shared with the clean-up hook, which may run after the garbage collector took this object, or before.
  std::shared_ptr<Engine> engine_;
};

}  // namespace nettrace
