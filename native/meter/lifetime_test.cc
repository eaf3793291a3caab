// Owns: that nothing of the meter stays in the kernel, and that it starts where cgroups are out of sight or forbidden.
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/time.h>

#include <csignal>

#include "native/meter/bpf_call.h"
#include "native/meter/cgroup_root.h"
#include "native/meter/meter_error.h"
#include "native/meter/meter_fixture.h"

namespace nettrace {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace)

/// A program, map or link by the number that the kernel gave it.
struct KernelObject {
  bpf_cmd get = BPF_PROG_GET_FD_BY_ID;
  uint32_t id = 0;
};

/// Those that this process holds, from /proc/self/fdinfo.
std::vector<KernelObject> held_objects() {
  constexpr std::pair<const char*, bpf_cmd> kLabels[] = {
      {"prog_id:", BPF_PROG_GET_FD_BY_ID}, {"map_id:", BPF_MAP_GET_FD_BY_ID}, {"link_id:", BPF_LINK_GET_FD_BY_ID}};
  std::vector<KernelObject> objects;
  for (int fd = 0; fd < 256; ++fd) {
    std::FILE* file = std::fopen(("/proc/self/fdinfo/" + std::to_string(fd)).c_str(), "r");
    std::array<char, 256> line;
    while (file != nullptr && std::fgets(line.data(), line.size(), file) != nullptr) {
      for (const auto& [label, get] : kLabels) {
        if (std::strncmp(line.data(), label, std::strlen(label)) != 0) continue;
        objects.push_back({get, static_cast<uint32_t>(std::strtoul(line.data() + std::strlen(label), nullptr, 10))});
      }
    }
    if (file != nullptr) std::fclose(file);
  }
  return objects;
}

bool exists(const KernelObject& object) {
  bpf_attr attributes{};
  attributes.prog_id = object.id;
  const UniqueFd fd(bpf_call(object.get, attributes));
  return static_cast<bool>(fd);
}

/// The kernel frees them some time after the last descriptor, once nobody can be running them.
bool all_gone(const std::vector<KernelObject>& objects) {
  for (int i = 0; i < 2000; ++i) {
    bool left = false;
    for (const KernelObject& object : objects) left = left || exists(object);
    if (!left) return true;
    ::usleep(25'000);
  }
  return false;
}

/// In a chroot / may be no mount point, and then the tree of mounts cannot be made private, as ip-netns(8) does.
static bool root_is_a_mount() {
  std::FILE* mounts = std::fopen("/proc/self/mountinfo", "r");
  std::array<char, 1024> line;
  bool found = false;
  while (mounts != nullptr && std::fgets(line.data(), line.size(), mounts) != nullptr) {
    std::array<char, 256> where{};
    // proc(5): mount id, parent id, device, root, mount point
    if (std::sscanf(line.data(), "%*d %*d %*s %*s %255s", where.data()) == 1 && std::strcmp(where.data(), "/") == 0) {
      found = true;
    }
  }
  if (mounts != nullptr) std::fclose(mounts);
  return found;
}
constexpr const char* kNoRootMount = "/ is not a mount point here (a chroot)";

/// A child that has a meter is killed; `least`: how many objects it holds at least.
void check_killed(const SocketMeterOptions& options, size_t least) {
  if (!meter_missing().empty()) SKIP(meter_missing());
  int ends[2];
  CHECK(::pipe(ends) == 0);
  const pid_t child = in_child([&] {
    auto meter = SocketMeter::open(options);
    const auto objects = held_objects();
    (void)!::write(ends[1], objects.data(), objects.size() * sizeof(KernelObject));
    ::pause();
  });
  std::vector<KernelObject> objects(256);
  const ssize_t got = ::read(ends[0], objects.data(), objects.size() * sizeof(KernelObject));
  objects.resize(got > 0 ? static_cast<size_t>(got) / sizeof(KernelObject) : 0);
  CHECK(objects.size() >= least);
  for (const KernelObject& object : objects) CHECK(exists(object));
  ::kill(child, SIGKILL);
  wait_for(child);
  CHECK(all_gone(objects));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST("after kill -9 no program, map or link is left") {
  check_killed({}, 25);
}

TEST("after kill -9 no program, map or link is left of the meter without type information") {
  check_killed({.tier = MeterTier::kCgroup}, 12);
}

TEST("a meter that is closed leaves nothing behind, and loading does not either") {
  if (!meter_missing().empty()) SKIP(meter_missing());
  std::vector<KernelObject> objects;
  {
    auto meter = SocketMeter::open({});
    CHECK(meter.ok());
    objects = held_objects();
  }
  CHECK(objects.size() > 25);
  CHECK(all_gone(objects));
  CHECK(held_objects().empty());
}

TEST("signals that rain on the process while it starts do not make it a lesser meter") {
  if (!meter_missing().empty()) SKIP(meter_missing());
  struct sigaction quiet {};
  struct sigaction before {};
  quiet.sa_handler = [](int) {};
  ::sigaction(SIGALRM, &quiet, &before);
  const itimerval rain{{0, 500}, {0, 500}};  // microseconds
  CHECK(::setitimer(ITIMER_REAL, &rain, nullptr) == 0);
  auto meter = SocketMeter::open({});
  const itimerval dry{};
  ::setitimer(ITIMER_REAL, &dry, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
  CHECK(meter.ok());
  CHECK(meter.value()->status().tier == MeterTier::kReceiveLength);
  CHECK(meter.value()->status().processes.works);
}

TEST("inside `ip netns exec`, where no cgroup2 is in sight, it counts through a private mount that nobody sees") {
  if (!meter_missing().empty()) SKIP(meter_missing());
  if (!root_is_a_mount()) SKIP(kNoRootMount);
  const bool permitted = in_own_network([] {
    // As ip-netns(8) does it: a mount namespace with a /sys of the new network namespace.
    const bool ready = ::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", "none", MS_SLAVE | MS_REC, nullptr) == 0 &&
                       ::umount2("/sys", MNT_DETACH) == 0 && ::mount("none", "/sys", "sysfs", 0, nullptr) == 0;
    CHECK(ready);
    CHECK(open_cgroup_root().ok());
    Network().set_up("lo", true);
    auto meter = SocketMeter::open({});
    CHECK(meter.ok());
    if (!meter) return;
    CHECK_EQ(meter.value()->status().cgroup, "a private mount");
    std::FILE* mounts = std::fopen("/proc/self/mounts", "r");
    std::array<char, 512> line;
    while (mounts != nullptr && std::fgets(line.data(), line.size(), mounts) != nullptr) {
      CHECK(std::strstr(line.data(), "cgroup2") == nullptr);
    }
    std::fclose(mounts);
    Books books;
    const UniqueFd receiver = bound_v4(SOCK_DGRAM);
    const UniqueFd sender = connected_v4(SOCK_DGRAM, local_port(receiver.get()));
    send_bytes(sender.get(), 55);
    read_all(*meter.value(), books);
    CHECK_EQ(books.by_pid[static_cast<uint32_t>(::getpid())].sent.payload_bytes, 55u);
  });
  if (!permitted) SKIP("no right to make a network namespace");
}

TEST("in a pid namespace of its own it names processes by the pids that are seen there") {
  if (!meter_missing().empty()) SKIP(meter_missing());
  if (!root_is_a_mount()) SKIP(kNoRootMount);
  const bool permitted = in_own_network([] {
    Network().set_up("lo", true);
    if (::unshare(CLONE_NEWPID) != 0) return;
    const pid_t first = in_child([] {
      if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", "none", MS_SLAVE | MS_REC, nullptr) != 0) ::_exit(1);
      if (::mount("proc", "/proc", "proc", 0, nullptr) != 0) ::_exit(1);
      auto meter = SocketMeter::open({});
      if (!meter) ::_exit(1);
      Books books;
      const UniqueFd receiver = bound_v4(SOCK_DGRAM);
      const UniqueFd sender = connected_v4(SOCK_DGRAM, local_port(receiver.get()));
      send_bytes(sender.get(), 55);
      read_all(*meter.value(), books);
      ::_exit(::getpid() == 1 && books.by_pid[1].sent.payload_bytes == 55 ? 0 : 2);
    });
    int status = 0;
    ::waitpid(first, &status, 0);
    CHECK_EQ(WEXITSTATUS(status), 0);
  });
  if (!permitted) SKIP("no right to make a network namespace");
}

TEST("without the rights the answer is `not permitted`, also for root of a user namespace") {
  if (::geteuid() != 0) SKIP("needs root to begin with");
  const auto ask = [] {
    const auto meter = SocketMeter::open({});
    ::_exit(meter.ok() ? 1 : meter.error().code == ErrorCode::kNotPermitted ? 0 : 2);
  };
  int status = 0;
  ::waitpid(in_child([&] {
              (void)!::setresuid(65534, 65534, 65534);
              ask();
            }),
            &status, 0);
  CHECK_EQ(WEXITSTATUS(status), 0);
  ::waitpid(in_child([&] {
              if (::unshare(CLONE_NEWUSER) != 0) ::_exit(0);
              ask();
            }),
            &status, 0);
  CHECK_EQ(WEXITSTATUS(status), 0);
}

TEST("missing rights are named; CAP_SYS_ADMIN alone is enough") {
  CHECK_EQ(missing_rights("Name:\tx\nCapEff:\t0000000000000000\n"), "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN");
  CHECK_EQ(missing_rights("CapEff:\t0000000000200000\n"), "");
  CHECK_EQ(missing_rights("CapEff:\t000000c000001000\n"), "");
  CHECK_EQ(missing_rights("CapEff:\t0000008000001000\n"), "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN");
}

TEST("the root of the cgroup hierarchy is told from other mounts, and from a mount of a part of it") {
  CHECK_EQ(find_cgroup2_mount("30 24 0:26 / /sys/fs/cgroup ro,nosuid shared:4 - tmpfs tmpfs ro\n"
                              "41 30 0:35 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"),
           "/sys/fs/cgroup/unified");
  CHECK_EQ(find_cgroup2_mount("41 30 0:35 / /odd\\040place rw - cgroup2 none rw"), "/odd place");
  CHECK_EQ(find_cgroup2_mount("41 30 0:35 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup rw"), "");
  CHECK_EQ(find_cgroup2_mount("41 30 0:35 /\n\n 1 2 - cgroup2 "), "");
}

}  // namespace
}  // namespace nettrace
