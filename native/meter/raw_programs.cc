#include "native/meter/raw_programs.h"

#include <linux/bpf.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "native/base/signals_held_back.h"
#include "native/meter/assembler.h"
#include "native/meter/bpf_call.h"
#include "native/meter/raw_packet.h"

namespace nettrace {
namespace {

/// Connections that are being asked for at once; the oldest is forgotten.
constexpr uint32_t kRequests = 16384;
constexpr uint32_t kMtus = 1024;

std::vector<bpf_insn> create_program(const RawMaps& maps) {
  constexpr int kCookie = -8;
  constexpr int kCreator = kCookie - static_cast<int>(sizeof(RawCreator));
  Assembler a;
  const auto done = a.label();
  const auto field = [](size_t offset) { return kCreator + static_cast<int>(offset); };
  a.move(R6, R1);
  a.clear(kCreator, sizeof(RawCreator));
  a.call(BPF_FUNC_get_socket_cookie);
  a.store(BPF_DW, kFrame, kCookie, R0);
  a.move(R1, R6);
  a.call(BPF_FUNC_get_netns_cookie);
  a.store(BPF_DW, kFrame, field(offsetof(RawCreator, netns_cookie)), R0);
  a.call(BPF_FUNC_ktime_get_ns);
  a.store(BPF_DW, kFrame, field(offsetof(RawCreator, time_ns)), R0);
  a.call(BPF_FUNC_get_current_pid_tgid);
  a.compute(BPF_RSH, R0, 32);
  a.store(BPF_W, kFrame, field(offsetof(RawCreator, tgid)), R0);
  a.call(BPF_FUNC_get_current_uid_gid);
  a.store(BPF_W, kFrame, field(offsetof(RawCreator, uid)), R0);
  a.address_of(R1, field(offsetof(RawCreator, name)));
  a.move(R2, sizeof(RawCreator::name));
  a.call(BPF_FUNC_get_current_comm);
  a.load_map(R1, maps.creators);
  a.address_of(R2, kCookie);
  a.address_of(R3, kCreator);
  a.move(R4, BPF_ANY);
  a.call(BPF_FUNC_map_update_elem);
  a.jump_if(BPF_JEQ, R0, 0, done);
  a.move(R1, 1);
  a.load_map_value(R2, maps.losses);
  a.add_to(R2, offsetof(RawLosses, sockets), R1);
  a.place(done);
  a.leave(kRawAllow);
  return a.finish();
}

/// A socket that was not seen being made gets an entry too: its end has to be known.
std::vector<bpf_insn> release_program(const RawMaps& maps) {
  constexpr int kCookie = -8;
  constexpr int kCreator = kCookie - static_cast<int>(sizeof(RawCreator));
  Assembler a;
  const auto unseen = a.label();
  a.call(BPF_FUNC_get_socket_cookie);
  a.store(BPF_DW, kFrame, kCookie, R0);
  a.call(BPF_FUNC_ktime_get_ns);
  a.move(R6, R0);
  a.load_map(R1, maps.creators);
  a.address_of(R2, kCookie);
  a.call(BPF_FUNC_map_lookup_elem);
  a.jump_if(BPF_JEQ, R0, 0, unseen);
  a.store(BPF_DW, R0, offsetof(RawCreator, closed_ns), R6);
  a.leave(kRawAllow);
  a.place(unseen);
  a.clear(kCreator, sizeof(RawCreator));
  a.store(BPF_DW, kFrame, kCreator + static_cast<int>(offsetof(RawCreator, closed_ns)), R6);
  a.load_map(R1, maps.creators);
  a.address_of(R2, kCookie);
  a.address_of(R3, kCreator);
  a.move(R4, BPF_NOEXIST);
  a.call(BPF_FUNC_map_update_elem);
  a.leave(kRawAllow);
  return a.finish();
}

/// Before Linux 5.11 maps count as locked memory, of which 64 KiB are allowed.
void allow_locked_memory() noexcept {
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

UniqueFd make_map(bpf_map_type type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags = 0) noexcept {
  bpf_attr attributes{};
  attributes.map_type = type;
  attributes.key_size = key;
  attributes.value_size = value;
  attributes.max_entries = entries;
  attributes.map_flags = flags;
  constexpr std::string_view kName = "nettrace_raw";
  std::copy(kName.begin(), kName.end(), attributes.map_name);
  UniqueFd map(bpf_call(BPF_MAP_CREATE, attributes));
  if (!map && errno == EPERM) {
    allow_locked_memory();
    map.reset(bpf_call(BPF_MAP_CREATE, attributes));
  }
  return map;
}

UniqueFd load_program(std::string_view name, const std::vector<bpf_insn>& instructions, bpf_prog_type type,
                      bpf_attach_type attach) noexcept {
  bpf_attr attributes{};
  attributes.prog_type = type;
  attributes.expected_attach_type = attach;
  attributes.insns = reinterpret_cast<uintptr_t>(instructions.data());
  attributes.insn_cnt = static_cast<uint32_t>(instructions.size());
  attributes.license = reinterpret_cast<uintptr_t>("Dual BSD/GPL");
  std::copy(name.begin(), name.end(), attributes.prog_name);
  const SignalsHeldBack held_back;  // the verifier gives up as soon as a signal is pending
  return UniqueFd(bpf_call(BPF_PROG_LOAD, attributes));
}

Error failed(const char* step) {
  Error error = Error::from_errno(ErrorCode::kMeterFailed, "bpf");
  error.detail = step;
  return error;
}

}  // namespace

Result<RawPrograms> RawPrograms::open(int cgroup, bool groups) {
  RawPrograms made;
  made.creators = make_map(BPF_MAP_TYPE_HASH, sizeof(uint64_t), sizeof(RawCreator), kRawSockets, BPF_F_NO_PREALLOC);
  made.counters = make_map(BPF_MAP_TYPE_HASH, sizeof(RawKey), sizeof(RawCounters), kRawSockets, BPF_F_NO_PREALLOC);
  made.requests = make_map(BPF_MAP_TYPE_LRU_HASH, sizeof(RawRequest), sizeof(uint64_t), kRequests);
  made.mtus = make_map(BPF_MAP_TYPE_HASH, sizeof(RawMtuKey), sizeof(uint32_t), kMtus);
  made.losses = make_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(RawLosses), 1);
  if (!made.creators || !made.counters || !made.requests || !made.mtus || !made.losses) return failed("making a map");
  const RawMaps maps{made.creators.get(), made.counters.get(), made.requests.get(), made.mtus.get(), made.losses.get()};

  struct Hook {
    const char* name;
    std::vector<bpf_insn> instructions;
    bpf_prog_type type;
    bpf_attach_type attach;
  };
  // Endings first, the first packet last: what is counted has a maker, and its end is seen.
  const Hook hooks[] = {
      {"raw_release", release_program(maps), BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE},
      {"raw_create", create_program(maps), BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE},
      {"raw_egress", raw_packet_program(maps, true, groups), BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS},
      {"raw_ingress", raw_packet_program(maps, false, groups), BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS}};
  for (const Hook& hook : hooks) {
    const UniqueFd program = load_program(hook.name, hook.instructions, hook.type, hook.attach);
    UniqueFd link = program ? bpf_attach_cgroup(program.get(), cgroup, hook.attach) : UniqueFd();
    const bool ending = hook.attach == BPF_CGROUP_INET_SOCK_RELEASE;
    if (!link && !ending) return failed(hook.name);
    if (ending) made.sees_endings = static_cast<bool>(link);
    if (link) made.links.push_back(std::move(link));
  }
  return made;
}

}  // namespace nettrace
