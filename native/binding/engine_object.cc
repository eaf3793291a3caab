#include "native/binding/engine_object.h"

#include "native/binding/arguments.h"
#include "native/binding/errors.h"

namespace nettrace {

Napi::Function EngineObject::define(Napi::Env env) {
  return DefineClass(
      env, "Engine",
      {InstanceMethod<&EngineObject::start>("start"), InstanceMethod<&EngineObject::snapshot>("snapshot"),
       InstanceMethod<&EngineObject::stop>("stop")});
}

EngineObject::EngineObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EngineObject>(info) {
  auto engine = Engine::create(read_options(info[0]));
  if (!engine) throw to_js_error(info.Env(), engine.error());
  engine_ = std::move(engine).value();
  info.Env().AddCleanupHook([weak = std::weak_ptr<Engine>(engine_)] {
    if (const auto alive = weak.lock()) alive->stop();
  });
}

void EngineObject::start(const Napi::CallbackInfo& info) {
  if (auto started = engine_->start(); !started) throw to_js_error(info.Env(), started.error());
}

Napi::Value EngineObject::snapshot(const Napi::CallbackInfo& info) {
  SnapshotBuffer buffer = engine_->snapshot(info[0].ToBoolean());
  if (buffer.size == 0) throw to_js_error(info.Env(), Error{ErrorCode::kResourceExhausted, "malloc"});
  void* data = buffer.data.release();
  return Napi::ArrayBuffer::New(info.Env(), data, buffer.size, [](Napi::Env, void* memory) { std::free(memory); });
}

void EngineObject::stop(const Napi::CallbackInfo&) {
  engine_->stop();
}

}  // namespace nettrace
