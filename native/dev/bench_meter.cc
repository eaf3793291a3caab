// Owns: the cost of the socket meter in a flood of 64-byte UDP frames. Knows nothing of: the engine.
// bench_meter [rounds=9] [packets=400000] prints a JSON line; null: could not be had. Every setting has its turn in
// every round; medians are told.
#include <linux/bpf.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "native/base/clock.h"
#include "native/dev/test_pair.h"
#include "native/meter/assembler.h"
#include "native/meter/bpf_call.h"
#include "native/meter/cgroup_root.h"
#include "native/meter/socket_meter.h"

namespace nettrace {
namespace {

using test::Network;

constexpr size_t kBatch = 64;
constexpr size_t kPayload = 22;  // 64 bytes with the headers of Ethernet, IP and UDP

struct Setting {
  int rounds = 9;
  uint64_t packets = 400'000;
};

/// What runs while the sender sends.
struct Way {
  const char* name;
  bool meter = true;
  SocketMeterOptions options{};
};
const Way kWays[] = {{"none", false, {}},
                     {"meter", true, {.injection = false}},
                     {"injection", true, {}},
                     {"own", true, {.injection = false, .own_namespace_alone = true}},
                     {"cgroup", true, {.injection = false, .tier = MeterTier::kCgroup}}};

/// CPU nanoseconds of this thread for each packet: sending, and receiving in the softirq that it enters.
double send_all(uint64_t count) {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto to = test::address_of("10.9.0.2", test::kDatagramPort);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return NAN;
  std::array<char, kPayload> payload{};
  iovec vector{payload.data(), payload.size()};
  std::array<mmsghdr, kBatch> messages{};
  for (mmsghdr& message : messages) message.msg_hdr.msg_iov = &vector, message.msg_hdr.msg_iovlen = 1;
  const int64_t start = clock_nanos(CLOCK_THREAD_CPUTIME_ID);
  for (uint64_t sent = 0; sent < count;) {
    const auto batch = static_cast<unsigned>(std::min<uint64_t>(kBatch, count - sent));
    const int n = sendmmsg(fd.get(), messages.data(), batch, 0);
    if (n > 0) sent += static_cast<uint64_t>(n);
  }
  return static_cast<double>(clock_nanos(CLOCK_THREAD_CPUTIME_ID) - start) / static_cast<double>(count);
}

/// Nanoseconds for each run of the programs that this process holds, by name; statistics are on as long as `body` runs.
template <typename Body>
std::map<std::string, double> run_times(Body&& body) {
  bpf_attr attributes{};
  attributes.enable_stats.type = BPF_STATS_RUN_TIME;
  const UniqueFd statistics(bpf_call(BPF_ENABLE_STATS, attributes));  // Linux 5.8
  body();
  std::set<uint32_t> programs;
  for (int fd = 0; fd < 256; ++fd) {
    std::FILE* file = std::fopen(("/proc/self/fdinfo/" + std::to_string(fd)).c_str(), "r");
    std::array<char, 256> line;
    uint32_t id = 0;
    while (file != nullptr && std::fgets(line.data(), line.size(), file) != nullptr) {
      if (std::sscanf(line.data(), "prog_id: %" SCNu32, &id) == 1) programs.insert(id);
    }
    if (file != nullptr) std::fclose(file);
  }
  std::map<std::string, double> times;
  for (const uint32_t id : programs) {
    bpf_attr get{};
    get.prog_id = id;
    const UniqueFd program(bpf_call(BPF_PROG_GET_FD_BY_ID, get));
    bpf_prog_info info{};
    bpf_attr ask{};
    ask.info.bpf_fd = static_cast<uint32_t>(program.get());
    ask.info.info = reinterpret_cast<uintptr_t>(&info);
    ask.info.info_len = sizeof info;
    if (!program || bpf_call(BPF_OBJ_GET_INFO_BY_FD, ask) != 0 || info.run_cnt < 1000) continue;
    times[info.name] = static_cast<double>(info.run_time_ns) / static_cast<double>(info.run_cnt);
  }
  return times;
}

/// What a program that does nothing is said to take: the price of the statistics themselves.
double price_of_statistics(uint64_t packets) {
  auto root = open_cgroup_root();
  Assembler assembler;
  assembler.leave(1);
  const std::vector<bpf_insn> instructions = assembler.finish();
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_SKB;
  attributes.expected_attach_type = BPF_CGROUP_INET_EGRESS;
  attributes.insns = reinterpret_cast<uintptr_t>(instructions.data());
  attributes.insn_cnt = static_cast<uint32_t>(instructions.size());
  attributes.license = reinterpret_cast<uintptr_t>("GPL");
  std::snprintf(attributes.prog_name, sizeof attributes.prog_name, "nothing");
  const UniqueFd program(bpf_call(BPF_PROG_LOAD, attributes));
  if (!root || !program) return NAN;
  const UniqueFd link = bpf_attach_cgroup(program.get(), root.value().fd.get(), BPF_CGROUP_INET_EGRESS);
  const auto times = run_times([&] { send_all(packets); });
  const auto found = times.find("nothing");
  return found == times.end() ? NAN : found->second;
}

double median(std::vector<double> values) {
  if (values.empty()) return NAN;
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double turn(const Way& way, uint64_t packets) {
  if (!way.meter) return send_all(packets);
  const auto meter = SocketMeter::open(way.options);
  return meter ? send_all(packets) : NAN;
}

std::map<std::string, double> times_of(const Way& way, const Setting& setting) {
  std::map<std::string, std::vector<double>> all;
  for (int i = 0; i < std::min(setting.rounds, 5); ++i) {
    const auto meter = SocketMeter::open(way.options);
    if (!meter) return {};
    for (const auto& [name, time] : run_times([&] { send_all(setting.packets / 2); })) all[name].push_back(time);
  }
  std::map<std::string, double> times;
  for (auto& [name, values] : all) times[name] = median(std::move(values));
  return times;
}

void print(const char* name, double value, bool more = true) {
  if (std::isfinite(value)) {
    std::printf("\"%s\":%.2f%s", name, value, more ? "," : "");
  } else {
    std::printf("\"%s\":null%s", name, more ? "," : "");
  }
}

double found(const std::map<std::string, double>& times, const char* name) {
  const auto one = times.find(name);
  return one == times.end() ? NAN : one->second;
}

void measure(const Setting& setting) {
  std::array<std::vector<double>, std::size(kWays)> costs;
  send_all(setting.packets);  // warm up
  for (int round = 0; round < setting.rounds; ++round) {
    for (size_t i = 0; i < std::size(kWays); ++i) {
      const size_t way = (i + static_cast<size_t>(round)) % std::size(kWays);  // none of them always comes first
      costs[way].push_back(turn(kWays[way], setting.packets));
    }
  }
  const double base = median(costs[0]);
  std::printf("{\"packets\":%" PRIu64 ",\"rounds\":%d,", setting.packets, setting.rounds);
  print("sender_ns", base);
  for (size_t i = 1; i < std::size(kWays); ++i) {
    // Each turn is compared with the one without a meter in its round: the machine's load is nearly the same in both.
    std::vector<double> slower;
    for (size_t round = 0; round < costs[i].size(); ++round) {
      slower.push_back(100 * (costs[i][round] / costs[0][round] - 1));
    }
    print((std::string(kWays[i].name) + "_percent").c_str(), median(std::move(slower)));
  }
  print("statistics_ns", price_of_statistics(setting.packets / 2));
  const auto best = times_of(kWays[2], setting);
  print("egress_ns", found(best, "egress"));
  print("ingress_ns", found(best, "ingress"));
  print("injection_ns", found(best, "frame_queued"));
  print("own_ingress_ns", found(times_of(kWays[3], setting), "ingress"));
  const auto raw = times_of(kWays[4], setting);
  print("cgroup_egress_ns", found(raw, "raw_egress"));
  print("cgroup_ingress_ns", found(raw, "raw_ingress"), false);
  std::puts("}");
}

int run(const Setting& setting) {
  if (unshare(CLONE_NEWNET) != 0) {
    std::perror("bench_meter: unshare");
    return 1;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(std::max(0, sched_getcpu()), &one);
  sched_setaffinity(0, sizeof one, &one);
  test::without_ipv6();
  Network network;
  network.add_pair("left", "right");
  network.add_address("left", 0x0a090001, 24);
  network.set_up("left", true);
  // Nobody reads what is received there: the meter's hook runs before the queue of the socket.
  const test::Peer peer(network, true, 0, [](Network& inner) {
    inner.add_address("right", 0x0a090002, 24);
    inner.set_up("right", true);
  });
  measure(setting);
  return 0;
}

}  // namespace
}  // namespace nettrace

int main(int argc, char** argv) {
  nettrace::Setting setting;
  if (argc > 1) setting.rounds = std::max(1, std::atoi(argv[1]));
  if (argc > 2) setting.packets = std::max(10'000ULL, std::strtoull(argv[2], nullptr, 10));
  return nettrace::run(setting);
}
