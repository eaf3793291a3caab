#include "native/doctor/self_test_stage.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>

#include "native/capture/interfaces.h"
#include "native/doctor/network_setup.h"
#include "native/doctor/traffic_wire.h"

namespace nettrace {
namespace {

// Addresses for documentation (RFC 5737, RFC 3849): nobody has them, and nobody else sees them.
constexpr uint32_t kNear = 0xC0000201, kFar = 0xC0000202;
constexpr std::array<uint8_t, 16> kNearV6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr std::array<uint8_t, 16> kFarV6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
constexpr const char* kFarDevice = "ntdoctor1";
constexpr int kPatienceMs = 30'000;
constexpr size_t kShortClients = 200;
constexpr size_t kAtOnce = 8;
constexpr char kAccount = 'a';
constexpr char kFirstPhase = '0';

Error last_error(const char* syscall) {
  return Error::from_errno(errno == EPERM ? ErrorCode::kNotPermitted : ErrorCode::kResourceExhausted, syscall);
}

/// A child keeps only what it needs: it must not hold the output of its parent open.
void close_all_but(int one, int other) {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= 2; ++fd) ::dup2(nothing, fd);
  const long most = ::sysconf(_SC_OPEN_MAX);
  for (int fd = 3; fd < std::min(most, 65'536L); ++fd) {
    if (fd != one && fd != other) ::close(fd);
  }
}

/// `device` with its addresses, up. Gives whether it has one of IPv6.
Result<bool> give_addresses(NetworkSetup& setup, const char* device, uint32_t v4, const std::array<uint8_t, 16>& v6) {
  if (auto added = setup.add_address(device, IpAddress::v4(v4), 24); !added) return std::move(added.error());
  if (auto up = setup.set_up(device); !up) return std::move(up.error());
  return setup.add_address(device, IpAddress::v6_bytes(v6.data()), 64).ok();
}

TrafficAim far_end() {
  TrafficAim aim;
  aim.v4.sin_family = AF_INET;
  aim.v4.sin_addr.s_addr = htonl(kFar);
  aim.v6.sin6_family = AF_INET6;
  std::copy(kFarV6.begin(), kFarV6.end(), aim.v6.sin6_addr.s6_addr);
  return aim;
}

/// Asks until the far end has answered: while one of them is not active yet the kernel drops what it sends, and asks
/// for an address only once a second.
Result<void> await_answer(const TrafficAim& aim, bool v6) {
  constexpr int kAgainMs = 50;
  const Greeting greeting{kMaxClients - 1, 1};  // a row that no client has
  sockaddr_in v4_end = aim.v4;
  sockaddr_in6 v6_end = aim.v6;
  v4_end.sin_port = v6_end.sin6_port = htons(kAnswerPort);
  const auto* to = v6 ? reinterpret_cast<const sockaddr*>(&v6_end) : reinterpret_cast<const sockaddr*>(&v4_end);
  const UniqueFd fd(::socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), to, v6 ? sizeof v6_end : sizeof v4_end) != 0) return last_error("connect");
  for (int waited = 0; waited < kPatienceMs; waited += kAgainMs) {
    [[maybe_unused]] const auto sent = ::send(fd.get(), &greeting, sizeof greeting, 0);
    pollfd one{fd.get(), POLLIN, 0};
    if (::poll(&one, 1, kAgainMs) == 1 && (one.revents & POLLERR) == 0) return {};
  }
  return Error{ErrorCode::kInternal, "poll", ETIMEDOUT, {}, "the far end of the self-test does not answer"};
}

KnownKind kind_of(TrafficPhase phase, size_t index) noexcept {
  constexpr std::array kShort{KnownKind::kTcp, KnownKind::kUdp, KnownKind::kOneShot, KnownKind::kTcp};
  if (phase == TrafficPhase::kBulk) return KnownKind::kBulk;
  return phase == TrafficPhase::kBurst ? KnownKind::kBurst : kShort[index / 2 % kShort.size()];
}

/// The clients of a phase, in rows from the first; gives how many.
size_t plan(KnownClients& clients, TrafficPhase phase, bool v6) {
  const size_t count = phase == TrafficPhase::kShortLives ? kShortClients : 1;
  for (size_t i = 0; i < count; ++i) {
    KnownClient* row = new (&clients[i]) KnownClient;
    row->kind = kind_of(phase, i);
    row->v6 = v6 && i % 2 == 1;
  }
  return count;
}

/// Starts the clients, some at once, and waits for the last. The process has the namespace that is watched.
void conduct(KnownClients& clients, TrafficPhase phase, bool v6) {
  const TrafficAim aim = far_end();
  const size_t count = plan(clients, phase, v6);
  size_t running = 0;
  for (size_t i = 0; i < count; ++i) {
    if (running == kAtOnce && ::wait(nullptr) > 0) --running;
    const pid_t child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      run_client(clients, static_cast<uint32_t>(i), aim);
    }
    if (child > 0) ++running;
  }
  while (::wait(nullptr) > 0) {
  }
}

[[noreturn]] void run_conductor(KnownClients& clients, bool v6, int commands, int reports) {
  char command = 0;
  while (::read(commands, &command, 1) == 1) {
    conduct(clients, static_cast<TrafficPhase>(command - kFirstPhase), v6);
    if (::write(reports, &command, 1) != 1) break;
  }
  ::_exit(0);
}

}  // namespace

/// A child that ends with this process and has two pipes to it.
template <typename Body>
Result<SelfTest::Child> SelfTest::start(Body body) {
  std::array<int, 2> commands{-1, -1};
  std::array<int, 2> reports{-1, -1};
  if (::pipe2(commands.data(), O_CLOEXEC) != 0) return last_error("pipe2");
  const UniqueFd read_commands(commands[0]);
  Child child{-1, UniqueFd(commands[1]), UniqueFd()};
  if (::pipe2(reports.data(), O_CLOEXEC) != 0) return last_error("pipe2");
  child.reports.reset(reports[0]);
  const UniqueFd write_reports(reports[1]);
  const pid_t parent = ::getpid();
  child.pid = ::fork();
  if (child.pid < 0) return last_error("fork");
  if (child.pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, "nettrace-doctor");
    if (::getppid() != parent) ::_exit(1);  // it has gone already
    ::signal(SIGPIPE, SIG_IGN);
    close_all_but(commands[0], reports[1]);
    body(commands[0], reports[1]);
    ::_exit(0);
  }
  return child;
}

Result<void> SelfTest::ask(const Child& child, char command) {
  pollfd waiting{child.reports.get(), POLLIN, 0};
  char answer = 0;
  if (command != 0 && ::write(child.commands.get(), &command, 1) != 1) return last_error("write");
  if (::poll(&waiting, 1, kPatienceMs) == 1 && ::read(child.reports.get(), &answer, 1) == 1) return {};
  return Error{ErrorCode::kInternal, "poll", ETIMEDOUT, {}, "the traffic of the self-test did not come to its end"};
}

Result<std::unique_ptr<SelfTest>> SelfTest::open() {
  std::unique_ptr<SelfTest> test(new SelfTest);
  // Whoever started us ends: so do we, and with us all of it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::unshare(CLONE_NEWNET) != 0) return last_error("unshare");
  void* memory = ::mmap(nullptr, sizeof(KnownClients), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return last_error("mmap");
  test->clients_ = new (memory) KnownClients;
  if (auto furnished = test->furnish(); !furnished) return std::move(furnished.error());
  return test;
}

Result<void> SelfTest::furnish() {
  auto server = start([clients = clients_](int commands, int reports) {
    char token = 0;
    const bool moved = ::unshare(CLONE_NEWNET) == 0 && ::write(reports, "n", 1) == 1;
    if (!moved || ::read(commands, &token, 1) != 1) ::_exit(1);
    auto setup = NetworkSetup::open();
    if (!setup) ::_exit(1);
    const auto v6 = give_addresses(setup.value(), kFarDevice, kFar, kFarV6);
    if (!v6) ::_exit(1);
    run_server(*clients, v6.value(), commands, reports);
  });
  if (!server) return std::move(server.error());
  server_ = std::move(server).value();
  if (auto own = ask(server_, 0); !own) return own;
  auto setup = NetworkSetup::open();
  if (!setup) return std::move(setup.error());
  if (auto made = setup.value().add_pair(kDevice, kFarDevice, static_cast<uint32_t>(server_.pid)); !made) return made;
  auto v6 = give_addresses(setup.value(), kDevice, kNear, kNearV6);
  if (!v6) return std::move(v6.error());
  v6_ = v6.value();
  if (auto ready = ask(server_, kAccount); !ready) return ready;
  for (const bool family : {false, true}) {
    if (family && !v6_) continue;
    if (auto answered = await_answer(far_end(), family); !answered) return answered;
  }
  without_selective_acknowledgements();
  auto conductor = start([clients = clients_, has_v6 = v6_](int commands, int reports) {
    run_conductor(*clients, has_v6, commands, reports);
  });
  if (!conductor) return std::move(conductor.error());
  conductor_ = std::move(conductor).value();
  return {};
}

SelfTest::~SelfTest() {
  for (const Child* child : {&conductor_, &server_}) {
    if (child->pid < 0) continue;
    ::kill(child->pid, SIGKILL);
    ::waitpid(child->pid, nullptr, 0);
  }
  if (clients_ != nullptr) ::munmap(clients_, sizeof(KnownClients));
}

Result<std::vector<KnownProcess>> SelfTest::run(TrafficPhase phase) {
  for (KnownClient& row : *clients_) row.pid = 0;
  if (auto conducted = ask(conductor_, static_cast<char>(kFirstPhase + static_cast<char>(phase))); !conducted)
    return std::move(conducted.error());
  if (auto accounted = ask(server_, kAccount); !accounted) return std::move(accounted.error());
  std::vector<KnownProcess> processes;
  for (const KnownClient& row : *clients_) {
    if (row.pid == 0) continue;
    processes.push_back({row.pid, row.kind, row.v6, row.done, row.sent_bytes, row.received_bytes, row.packets});
  }
  return processes;
}

Result<InterfaceCounters> SelfTest::counters() const {
  auto interfaces = list_interfaces();
  if (!interfaces) return std::move(interfaces.error());
  for (const Interface& interface : interfaces.value()) {
    if (interface.name == kDevice) return interface.counters;
  }
  return Error{ErrorCode::kDeviceVanished, "", 0, kDevice, {}};
}

}  // namespace nettrace
