#include "native/binding/process_object.h"

#include "native/binding/errors.h"
#include "native/host/process_signal.h"

namespace nettrace {

Napi::Value signal_process_js(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto proc = ProcRoot::open("/proc");
  if (!proc) throw to_js_error(env, proc.error());
  const uint32_t pid = info[0].ToNumber().Uint32Value();
  const auto start = static_cast<uint64_t>(info[1].ToNumber().Int64Value());
  const auto outcome = signal_process(proc.value(), pid, start, info[2].ToNumber().Int32Value());
  if (!outcome) throw to_js_error(env, outcome.error());
  switch (outcome.value()) {
    case SignalOutcome::kSent:
      return Napi::String::New(env, "sent");
    case SignalOutcome::kGone:
      return Napi::String::New(env, "gone");
    case SignalOutcome::kOther:
      return Napi::String::New(env, "other");
  }
  return env.Undefined();
}

}  // namespace nettrace
