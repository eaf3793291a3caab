#include "native/binding/doctor_object.h"

#include <array>

#include "native/binding/errors.h"
#include "native/doctor/source_probe.h"

namespace nettrace {
namespace {

constexpr std::array kPhases{"short-lives", "bulk", "burst"};
constexpr std::array kKinds{"tcp", "udp", "one-shot", "bulk", "burst"};

Napi::Object process_row(Napi::Env env, const KnownProcess& process) {
  Napi::Object row = Napi::Object::New(env);
  row.Set("pid", process.pid);
  row.Set("kind", kKinds.at(static_cast<size_t>(process.kind)));
  row.Set("v6", process.v6);
  row.Set("done", process.done);
  row.Set("sentBytes", static_cast<double>(process.sent_bytes));
  row.Set("receivedBytes", static_cast<double>(process.received_bytes));
  row.Set("packets", static_cast<double>(process.packets));
  return row;
}

}  // namespace

Napi::Value probe_sources_js(const Napi::CallbackInfo& info) {
  Napi::Array list = Napi::Array::New(info.Env());
  for (const SourceProbe& probe : probe_sources()) {
    Napi::Object row = Napi::Object::New(info.Env());
    row.Set("name", probe.name);
    row.Set("state", source_state_label(probe.state));
    row.Set("reason", probe.reason);
    row.Set("advice", probe.advice);
    list.Set(list.Length(), row);
  }
  return list;
}

Napi::Function SelfTestObject::define(Napi::Env env) {
  return DefineClass(
      env, "SelfTest",
      {InstanceMethod<&SelfTestObject::run>("run"), InstanceMethod<&SelfTestObject::counters>("counters"),
       InstanceMethod<&SelfTestObject::close>("close"), InstanceAccessor<&SelfTestObject::device>("device"),
       InstanceAccessor<&SelfTestObject::v6>("v6")});
}

SelfTestObject::SelfTestObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SelfTestObject>(info) {
  auto test = SelfTest::open();
  if (!test) throw to_js_error(info.Env(), test.error());
  test_ = std::move(test).value();
}

SelfTest& SelfTestObject::opened(Napi::Env env) {
  if (!test_) throw to_js_error(env, Error{ErrorCode::kInternal, "", 0, {}, "the self-test has been closed"});
  return *test_;
}

Napi::Value SelfTestObject::run(const Napi::CallbackInfo& info) {
  const std::string word = info[0].ToString().Utf8Value();
  for (size_t i = 0; i < kPhases.size(); ++i) {
    if (word != kPhases.at(i)) continue;
    const auto processes = opened(info.Env()).run(static_cast<TrafficPhase>(i));
    if (!processes) throw to_js_error(info.Env(), processes.error());
    Napi::Array list = Napi::Array::New(info.Env());
    for (const KnownProcess& process : processes.value()) list.Set(list.Length(), process_row(info.Env(), process));
    return list;
  }
  throw to_js_error(info.Env(), Error{ErrorCode::kInvalidOption, "", 0, "phase", "no such phase"});
}

Napi::Value SelfTestObject::counters(const Napi::CallbackInfo& info) {
  const auto counters = opened(info.Env()).counters();
  if (!counters) throw to_js_error(info.Env(), counters.error());
  Napi::Object row = Napi::Object::New(info.Env());
  row.Set("sentBytes", static_cast<double>(counters.value().tx_bytes));
  row.Set("receivedBytes", static_cast<double>(counters.value().rx_bytes));
  row.Set("sentPackets", static_cast<double>(counters.value().tx_packets));
  row.Set("receivedPackets", static_cast<double>(counters.value().rx_packets));
  return row;
}

void SelfTestObject::close(const Napi::CallbackInfo&) {
  test_.reset();
}

Napi::Value SelfTestObject::device(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), SelfTest::kDevice);
}

Napi::Value SelfTestObject::v6(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), opened(info.Env()).v6());
}

}  // namespace nettrace
