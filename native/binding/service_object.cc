#include "native/binding/service_object.h"

#include <optional>
#include <string>

#include "native/binding/errors.h"
#include "native/host/confinement.h"
#include "native/host/service_sockets.h"

namespace nettrace {
namespace {

Napi::Value listen_tcp_js(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto listener = listen_tcp(info[0].ToString().Utf8Value(), static_cast<uint16_t>(info[1].ToNumber().Uint32Value()));
  if (!listener) throw to_js_error(env, listener.error());
  Napi::Object result = Napi::Object::New(env);
  result.Set("fd", listener.value().fd.release());
  result.Set("port", listener.value().port);
  return result;
}

Napi::Value listen_unix_js(const Napi::CallbackInfo& info) {
  auto listener = listen_unix(info[0].ToString().Utf8Value());
  if (!listener) throw to_js_error(info.Env(), listener.error());
  return Napi::Number::New(info.Env(), listener.value().release());
}

Napi::Value socket_pair_js(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto pair = socket_pair();
  if (!pair) throw to_js_error(env, pair.error());
  Napi::Array ends = Napi::Array::New(env, 2);
  for (uint32_t i = 0; i < 2; ++i) ends.Set(i, pair.value()[i].release());
  return ends;
}

Napi::Value lock_folder_js(const Napi::CallbackInfo& info) {
  auto lock = lock_folder(info[0].ToString().Utf8Value());
  if (!lock) throw to_js_error(info.Env(), lock.error());
  return Napi::Number::New(info.Env(), lock.value().release());
}

void notify_manager_js(const Napi::CallbackInfo& info) {
  const auto told = notify_manager(info[0].ToString().Utf8Value(), info[1].ToString().Utf8Value());
  if (!told) throw to_js_error(info.Env(), told.error());
}

void confine_js(const Napi::CallbackInfo& info) {
  std::optional<Identity> identity;
  if (info[0].IsObject()) {
    const Napi::Object given = info[0].As<Napi::Object>();
    identity = Identity{given.Get("uid").ToNumber().Uint32Value(), given.Get("gid").ToNumber().Uint32Value()};
  }
  if (auto confined = confine(identity); !confined) throw to_js_error(info.Env(), confined.error());
}

void hand_on_capabilities_js(const Napi::CallbackInfo& info) {
  if (auto done = hand_on_capabilities(info[0].ToBoolean()); !done) throw to_js_error(info.Env(), done.error());
}

}  // namespace

void define_service(Napi::Env env, Napi::Object exports) {
  exports.Set("listenTcp", Napi::Function::New(env, listen_tcp_js, "listenTcp"));
  exports.Set("listenUnix", Napi::Function::New(env, listen_unix_js, "listenUnix"));
  exports.Set("socketPair", Napi::Function::New(env, socket_pair_js, "socketPair"));
  exports.Set("lockFolder", Napi::Function::New(env, lock_folder_js, "lockFolder"));
  exports.Set("notifyManager", Napi::Function::New(env, notify_manager_js, "notifyManager"));
  exports.Set("confine", Napi::Function::New(env, confine_js, "confine"));
  exports.Set("handOnCapabilities", Napi::Function::New(env, hand_on_capabilities_js, "handOnCapabilities"));
}

}  // namespace nettrace
