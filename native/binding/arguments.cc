#include "native/binding/arguments.h"

#include <cmath>

#include "native/binding/errors.h"

namespace nettrace {
namespace {

[[noreturn]] void refuse(Napi::Env env, const char* name, const char* wanted) {
  throw to_js_error(env, Error{ErrorCode::kInvalidOption, "", 0, name, std::string(name) + " must be " + wanted});
}

/// The option, or an empty value where it is absent.
Napi::Value find(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  return value.IsUndefined() || value.IsNull() ? Napi::Value() : value;
}

void read(const Napi::Object& object, const char* name, std::string& target) {
  const Napi::Value value = find(object, name);
  if (value.IsEmpty()) return;
  if (!value.IsString()) refuse(object.Env(), name, "a string");
  target = value.As<Napi::String>().Utf8Value();
}

void read(const Napi::Object& object, const char* name, bool& target) {
  const Napi::Value value = find(object, name);
  if (value.IsEmpty()) return;
  if (!value.IsBoolean()) refuse(object.Env(), name, "true or false");
  target = value.As<Napi::Boolean>().Value();
}

void read(const Napi::Object& object, const char* name, int64_t& target) {
  const Napi::Value value = find(object, name);
  if (value.IsEmpty()) return;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!(std::floor(number) == number && std::fabs(number) < 9e15)) refuse(object.Env(), name, "a whole number");
  target = static_cast<int64_t>(number);
}

void read(const Napi::Object& object, const char* name, std::vector<std::string>& target) {
  const Napi::Value value = find(object, name);
  if (value.IsEmpty()) return;
  if (!value.IsArray()) refuse(object.Env(), name, "a list of strings");
  const auto list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value item = list.Get(i);
    if (!item.IsString()) refuse(object.Env(), name, "a list of strings");
    target.push_back(item.As<Napi::String>().Utf8Value());
  }
}

void read(const Napi::Object& object, const char* name, CaptureChoice& target) {
  std::string word;
  read(object, name, word);
  if (word == "ring") {
    target = CaptureChoice::kRing;
  } else if (word == "pcap") {
    target = CaptureChoice::kPcap;
  } else if (!word.empty() && word != "auto") {
    refuse(object.Env(), name, "auto, ring or pcap");
  }
}

void read(const Napi::Object& object, const char* name, EngineChoice& target) {
  std::string word;
  read(object, name, word);
  if (word == "bpf") {
    target = EngineChoice::kBpf;
  } else if (word == "classic") {
    target = EngineChoice::kClassic;
  } else if (!word.empty() && word != "auto") {
    refuse(object.Env(), name, "auto, bpf or classic");
  }
}

}  // namespace

EngineOptions read_options(const Napi::Value& value) {
  EngineOptions options;
  if (value.IsUndefined()) return options;
  if (!value.IsObject()) refuse(value.Env(), "options", "an object");
  const auto object = value.As<Napi::Object>();
  read(object, "devices", options.devices);
  read(object, "all", options.all);
  read(object, "file", options.file);
  read(object, "filter", options.filter);
  read(object, "promiscuous", options.promiscuous);
  read(object, "capture", options.capture);
  read(object, "engine", options.engine);
  read(object, "names", options.names);
  read(object, "light", options.light);
  read(object, "snaplen", options.snaplen);
  read(object, "ringBytes", options.ring_bytes);
  read(object, "timeoutMs", options.timeout_ms);
  read(object, "maxFlows", options.max_flows);
  read(object, "lookupsPerSecond", options.lookups_per_second);
  read(object, "procRoot", options.proc_root);
  return options;
}

}  // namespace nettrace
