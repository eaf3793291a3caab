// Owns: the addon's exports, as declared in src/native/addon.ts.
// Knows nothing of: what they do.
#include <malloc.h>
#include <napi.h>
#include <pcap/pcap.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "native/base/result.h"
#include "native/binding/doctor_object.h"
#include "native/binding/engine_object.h"
#include "native/binding/errors.h"
#include "native/binding/network_object.h"
#include "native/binding/process_object.h"
#include "native/binding/service_object.h"
#include "native/binding/socket_object.h"
#include "native/binding/terminal_guard.h"
#include "native/capture/filter.h"
#include "native/capture/interfaces.h"
#include "native/decode/packet_view.h"
#include "native/flow/owner.h"
#include "native/snapshot/schema.h"

namespace nettrace {
namespace {

constexpr int kDefaultSnaplen = 128;

Napi::Value list_interfaces_js(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto interfaces = list_interfaces();
  if (!interfaces) throw to_js_error(env, interfaces.error());
  Napi::Array list = Napi::Array::New(env);
  for (const Interface& interface : interfaces.value()) {
    Napi::Object row = Napi::Object::New(env);
    row.Set("name", Napi::Buffer<char>::Copy(env, interface.name.data(), interface.name.size()));
    row.Set("index", interface.index);
    row.Set("up", interface.up);
    row.Set("running", interface.running);
    row.Set("loopback", interface.loopback);
    Napi::Array addresses = Napi::Array::New(env);
    for (const AssignedAddress& address : interface.addresses) {
      addresses.Set(addresses.Length(), address.address.text());
    }
    row.Set("addresses", addresses);
    list.Set(list.Length(), row);
  }
  return list;
}

void check_filter_js(const Napi::CallbackInfo& info) {
  const std::string expression = info[0].ToString().Utf8Value();
  if (auto checked = check_filter(DLT_EN10MB, kDefaultSnaplen, expression); !checked) {
    throw to_js_error(info.Env(), checked.error());
  }
}

void arm_terminal_restore(const Napi::CallbackInfo& info) {
  const std::string leave = info[0].ToString().Utf8Value();
  arm_terminal_guard(leave.data(), leave.size());
}

void disarm_terminal_restore(const Napi::CallbackInfo&) {
  disarm_terminal_guard();
}

void release_buffer(const Napi::CallbackInfo& info) {
  if (info[0].IsArrayBuffer()) info[0].As<Napi::ArrayBuffer>().Detach();
}

/// Large blocks go back to the system as soon as they are free. Without this the first one that is freed raises the
/// size from which blocks are mapped, to that of a snapshot, and the heap keeps holes of many of them (mallopt(3)).
void return_large_blocks() {
#ifdef __GLIBC__
  constexpr int kLargeBlock = 128 * 1024;
  constexpr int kHeaps = 2;
  mallopt(M_MMAP_THRESHOLD, kLargeBlock);
  mallopt(M_TRIM_THRESHOLD, kLargeBlock);
  mallopt(M_ARENA_MAX, kHeaps);
#endif
}

/// CPU time by getrusage(2), resident memory by /proc/self/statm (proc(5)).
Napi::Value self_usage(const Napi::CallbackInfo& info) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto millis = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  // "size resident shared ...", in pages.
  std::array<char, 128> line{};
  unsigned long resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fgets(line.data(), line.size(), file) != nullptr) {
      char* after_size = nullptr;
      std::strtoul(line.data(), &after_size, 10);
      resident = std::strtoul(after_size, nullptr, 10);
    }
    std::fclose(file);
  }
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("cpuMs", millis(usage.ru_utime) + millis(usage.ru_stime));
  result.Set("rssBytes", static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  return result;
}

Napi::Array labels(Napi::Env env, size_t count, auto label, auto text) {
  Napi::Array list = Napi::Array::New(env, count);
  for (uint32_t i = 0; i < count; ++i) {
    Napi::Object row = Napi::Object::New(env);
    row.Set("label", std::string(label(i)));
    row.Set("text", std::string(text(i)));
    list.Set(i, row);
  }
  return list;
}

Napi::Object define_exports(Napi::Env env, Napi::Object exports) {
  return_large_blocks();
  exports.Set("schemaVersion", kSchemaVersion);
  Napi::Array schema = Napi::Array::New(env);
  for (const std::string& line : schema_lines()) schema.Set(schema.Length(), line);
  exports.Set("schema", schema);
  exports.Set("reasons", labels(
                             env, kReasonCount, [](uint32_t i) { return reason_label(static_cast<Reason>(i)); },
                             [](uint32_t i) { return reason_text(static_cast<Reason>(i)); }));
  exports.Set("outcomes", labels(
                              env, kOutcomeCount, [](uint32_t i) { return outcome_label(static_cast<Outcome>(i)); },
                              [](uint32_t i) { return outcome_text(static_cast<Outcome>(i)); }));
  exports.Set("Engine", EngineObject::define(env));
  exports.Set("listInterfaces", Napi::Function::New(env, list_interfaces_js, "listInterfaces"));
  exports.Set("checkFilter", Napi::Function::New(env, check_filter_js, "checkFilter"));
  exports.Set("armTerminalRestore", Napi::Function::New(env, arm_terminal_restore, "armTerminalRestore"));
  exports.Set("disarmTerminalRestore", Napi::Function::New(env, disarm_terminal_restore, "disarmTerminalRestore"));
  exports.Set("probeSources", Napi::Function::New(env, probe_sources_js, "probeSources"));
  exports.Set("SelfTest", SelfTestObject::define(env));
  exports.Set("listLinks", Napi::Function::New(env, list_links_js, "listLinks"));
  exports.Set("listRoutes", Napi::Function::New(env, list_routes_js, "listRoutes"));
  exports.Set("socketTable", Napi::Function::New(env, socket_table_js, "socketTable"));
  exports.Set("socketOwners", Napi::Function::New(env, socket_owners_js, "socketOwners"));
  exports.Set("signalProcess", Napi::Function::New(env, signal_process_js, "signalProcess"));
  exports.Set("releaseBuffer", Napi::Function::New(env, release_buffer, "releaseBuffer"));
  exports.Set("selfUsage", Napi::Function::New(env, self_usage, "selfUsage"));
  define_service(env, exports);
  return exports;
}

}  // namespace
}  // namespace nettrace

// The macro builds a name from its second argument, which therefore cannot be qualified.
static Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  return nettrace::define_exports(env, exports);
}
NODE_API_MODULE(nettrace, initialise)
