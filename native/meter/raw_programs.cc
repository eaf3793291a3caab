#include "native/meter/raw_programs.h"

#include <linux/bpf.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

#include "native/base/signals_held_back.h"
#include "native/meter/assembler.h"
#include "native/meter/bpf_call.h"
#include "native/meter/raw_packet.h"
#include "native/meter/raw_users.h"

namespace nettrace {
namespace {

/// Connections that are being asked for at once; the oldest is forgotten.
constexpr uint32_t kRequests = 16384;
constexpr uint32_t kMtus = 1024;

std::vector<bpf_insn> create_program(const RawMaps& maps) {
  constexpr int kCookie = -8;
  constexpr int kCreator = kCookie - static_cast<int>(sizeof(RawCreator));
  constexpr int kAddress = kCreator - 8;
  Assembler a;
  const auto made = a.label();
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
  a.jump_if(BPF_JEQ, R0, 0, made);
  a.move(R1, 1);
  a.load_map_value(R2, maps.losses);
  a.add_to(R2, offsetof(RawLosses, sockets), R1);
  a.place(made);
  if (maps.addresses >= 0) {  // what the program is given is the socket itself
    a.store(BPF_DW, kFrame, kAddress, R6);
    a.load_map(R1, maps.addresses);
    a.address_of(R2, kAddress);
    a.address_of(R3, kCookie);
    a.move(R4, BPF_ANY);
    a.call(BPF_FUNC_map_update_elem);
  }
  a.leave(kRawAllow);
  return a.finish();
}

/// A socket that was not seen being made gets an entry too: its end has to be known.
std::vector<bpf_insn> release_program(const RawMaps& maps) {
  constexpr int kCookie = -8;
  constexpr int kCreator = kCookie - static_cast<int>(sizeof(RawCreator));
  constexpr int kAddress = kCreator - 8;
  Assembler a;
  const auto unseen = a.label();
  a.move(R7, R1);
  if (maps.addresses >= 0) {
    a.store(BPF_DW, kFrame, kAddress, R7);
    a.load_map(R1, maps.addresses);
    a.address_of(R2, kAddress);
    a.call(BPF_FUNC_map_delete_elem);
  }
  a.move(R1, R7);
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

/// A tracepoint that this kernel does not have is no error.
UniqueFd open_tracepoint(const RawTracepoint& hook) noexcept {
  // The tracepoint's own name is longer than a program's may be.
  const UniqueFd program = load_program("raw_user", hook.instructions, BPF_PROG_TYPE_RAW_TRACEPOINT, bpf_attach_type{});
  return program ? bpf_attach_raw_tracepoint(program.get(), hook.name) : UniqueFd();
}

/// Tried with an empty program: the others are not to be loaded in vain.
bool tells_users() noexcept {
  Assembler nothing;
  nothing.leave(0);
  return static_cast<bool>(open_tracepoint({kSendTracepoint, nothing.finish()}));
}

/// Both or none: who only receives has to be known, too.
void watch_users(RawPrograms& made, const RawMaps& maps) {
  std::vector<UniqueFd> links;
  for (const RawTracepoint& hook : raw_user_programs(maps)) {
    links.push_back(open_tracepoint(hook));
    if (!links.back()) return;
  }
  std::ranges::move(links, std::back_inserter(made.links));
  made.sees_users = true;
}

Result<RawPrograms> open_programs(int cgroup, bool groups, bool users) {
  RawPrograms made;
  made.creators = make_map(BPF_MAP_TYPE_HASH, sizeof(uint64_t), sizeof(RawCreator), kRawSockets, BPF_F_NO_PREALLOC);
  made.counters = make_map(BPF_MAP_TYPE_HASH, sizeof(RawKey), sizeof(RawCounters), kRawSockets, BPF_F_NO_PREALLOC);
  if (users) made.addresses = make_map(BPF_MAP_TYPE_LRU_HASH, sizeof(uint64_t), sizeof(uint64_t), kRawSockets);
  made.requests = make_map(BPF_MAP_TYPE_LRU_HASH, sizeof(RawRequest), sizeof(uint64_t), kRequests);
  made.mtus = make_map(BPF_MAP_TYPE_HASH, sizeof(RawMtuKey), sizeof(uint32_t), kMtus);
  made.losses = make_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(RawLosses), 1);
  if (!made.creators || !made.counters || !made.requests || !made.mtus || !made.losses) return failed("making a map");
  const RawMaps maps{made.creators.get(), made.counters.get(), made.addresses.get(),
                     made.requests.get(), made.mtus.get(),     made.losses.get()};

  struct Hook {
    const char* name;
    std::vector<bpf_insn> instructions;
    bpf_prog_type type;
    bpf_attach_type attach;
  };
  if (made.addresses) watch_users(made, maps);
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

}  // namespace

Result<RawPrograms> RawPrograms::open(int cgroup, bool groups, bool users) {
  if (users && tells_users()) {
    auto made = open_programs(cgroup, groups, true);
    if (made && made.value().sees_users) return made;
  }
  return open_programs(cgroup, groups, false);
}

}  // namespace nettrace
