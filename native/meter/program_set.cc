#include "native/meter/program_set.h"

#include <linux/bpf.h>

#include <string>

#include "native/meter/bpf_call.h"
#include "native/meter/generated/injection.skel.h"
#include "native/meter/generated/processes.skel.h"
#include "native/meter/meter_error.h"
#include "native/meter/own_namespaces.h"

namespace nettrace {
namespace {

constexpr uint32_t kFirst = 0;  ///< the key of the global variables

}  // namespace

Error attach_error(const char* program) {
  Error error = Error::from_errno(ErrorCode::kMeterFailed, "bpf", program);
  error.detail = "attaching a program";
  return classify_meter_error(std::move(error));
}

Result<ProgramSet> ProgramSet::load(const SkeletonImage& image, const SocketMeterOptions& options) {
  auto skeleton = Skeleton::load(image);
  if (!skeleton) return classify_meter_error(std::move(skeleton.error()));
  meter_globals globals{};
  globals.pid_namespace = own_pid_namespace();
  globals.groups = options.groups ? 1 : 0;
  globals.round = 1;
  globals.netns = options.own_namespace_alone ? own_network_namespace() : 0;
  if (!bpf_update(skeleton.value().map("bss"), &kFirst, &globals)) {
    return Error::from_errno(ErrorCode::kMeterFailed, "bpf", std::string(image.name));
  }
  return ProgramSet{std::move(skeleton).value(), {}};
}

Result<void> ProgramSet::attach_tracepoints(std::initializer_list<const char*> programs) {
  for (const char* name : programs) {
    const int program = skeleton.program(name);
    if (program < 0) continue;  // not in this variant
    links.push_back(bpf_attach_tracepoint(program));
    if (!links.back()) return attach_error(name);
  }
  return {};
}

Result<void> ProgramSet::attach_cgroup(int cgroup) {
  struct Hook {
    const char* program;
    bpf_attach_type type;
  };
  // Endings first, the first packet last: what is counted has an owner and is reported when it ends.
  constexpr Hook kHooks[] = {{"sock_gone", BPF_CGROUP_INET_SOCK_RELEASE},
                             {"sock_create", BPF_CGROUP_INET_SOCK_CREATE},
                             {"egress", BPF_CGROUP_INET_EGRESS},
                             {"ingress", BPF_CGROUP_INET_INGRESS}};
  for (const Hook& hook : kHooks) {
    links.push_back(bpf_attach_cgroup(skeleton.program(hook.program), cgroup, hook.type));
    if (!links.back()) return attach_error(hook.program);
  }
  return {};
}

Result<ProgramSet> ProgramSet::open_accounting(const SkeletonImage& image, int cgroup,
                                               const SocketMeterOptions& options) {
  auto set = load(image, options);
  if (!set) return set;
  auto attached = set.value().attach_tracepoints({"stream_gone", "receive_length", "receive_stream"});
  if (attached) attached = set.value().attach_cgroup(cgroup);
  if (!attached) return std::move(attached.error());
  return set;
}

Result<ProgramSet> ProgramSet::open_processes() {
  auto set = load(kProcessesImage);
  if (!set) return set;
  auto attached = set.value().attach_tracepoints({"process_exit", "process_exec", "process_fork", "process_rename"});
  if (!attached) return std::move(attached.error());
  return set;
}

Result<ProgramSet> ProgramSet::open_injection() {
  auto set = load(kInjectionImage);
  if (!set) return set;
  auto attached = set.value().attach_tracepoints({"frame_queued"});
  if (!attached) return std::move(attached.error());
  return set;
}

/// The kernel rounds values up to eight bytes.
meter_globals ProgramSet::globals() const noexcept {
  meter_globals globals{};
  static_assert(sizeof globals % 8 == 0);
  bpf_lookup(skeleton.map("bss"), &kFirst, &globals);
  return globals;
}

}  // namespace nettrace
