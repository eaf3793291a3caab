// Owns: which tier the meter takes where the better one does not load, and what probing says of it.
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>

#include "native/meter/meter_error.h"
#include "native/meter/meter_fixture.h"
#include "native/meter/probe.h"

namespace nettrace {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace)

/// From now on this command of bpf(2) fails in this process as it would on an older kernel.
void forbid(bpf_cmd command) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(command), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(filter), filter};
  CHECK(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

/// Runs `body` in a child that cannot do this; its checks count.
void without(bpf_cmd command, const std::function<void()>& body) {
  const bool permitted = in_own_network([&] {
    Network().set_up("lo", true);
    forbid(command);
    body();
  });
  if (!permitted) SKIP("no right to make a network namespace");
}

TEST("where the programs with type information do not load, those without are taken, and count") {
  if (!meter_missing().empty()) SKIP(meter_missing());
  without(BPF_PROG_RUN, [] {
    auto meter = SocketMeter::open({});
    CHECK(meter.ok());
    if (!meter) return;
    CHECK(meter.value()->status().tier == MeterTier::kCgroup);
    CHECK(meter.value()->status().better.has_value());  // and it is said why
    Books books;
    const UniqueFd receiver = bound_v4(SOCK_DGRAM);
    const UniqueFd sender = connected_v4(SOCK_DGRAM, local_port(receiver.get()));
    send_bytes(sender.get(), 55);
    read_all(*meter.value(), books);
    CHECK_EQ(books.by_pid[static_cast<uint32_t>(::getpid())].sent.payload_bytes, 55u);
  });
}

TEST("a tier that is asked for is not replaced by another") {
  if (!meter_missing().empty()) SKIP(meter_missing());
  without(BPF_PROG_RUN, [] {
    for (const MeterTier tier : {MeterTier::kReceiveLength, MeterTier::kReceiveStream}) {
      const auto meter = SocketMeter::open({.tier = tier});
      CHECK(!meter.ok());
      CHECK(!meter.ok() && meter.error().code == ErrorCode::kMeterUnsupported);
    }
  });
}

TEST("where no program loads at all, the error is that of the best one") {
  if (!meter_missing().empty()) SKIP(meter_missing());
  without(BPF_PROG_LOAD, [] {
    const auto meter = SocketMeter::open({});
    CHECK(!meter.ok());
    CHECK(!meter.ok() && meter.error().subject.starts_with("accounting"));
  });
}

TEST("probing finds that everything works where the meter does, and says how the cgroup root was found") {
  if (!meter_missing().empty()) SKIP(meter_missing());
  auto meter = SocketMeter::open({});
  CHECK(meter.ok());
  const auto results = probe_meter();
  CHECK_EQ(results.size(), 6u);
  for (const ProbeResult& result : results) {
    if (result.label == "socket-accounting-length" && meter.value()->status().tier != MeterTier::kReceiveLength)
      continue;
    CHECK_EQ(probe_outcome_label(result.outcome), "works");
    CHECK_EQ(result.advice, "");
  }
  CHECK_EQ(results.front().how, meter.value()->status().cgroup);
}

TEST("probing tells what is not supported from what works, and what to do") {
  if (!meter_missing().empty()) SKIP(meter_missing());
  without(BPF_PROG_RUN, [] {
    for (const ProbeResult& result : probe_meter()) {
      const bool simple = result.label == "cgroup-root" || result.label == "socket-accounting-cgroup";
      CHECK_EQ(probe_outcome_label(result.outcome), simple ? "works" : "not-supported");
      CHECK_EQ(result.error.number, simple ? 0 : EINVAL);
      CHECK_EQ(result.advice.empty(), simple);
    }
  });
}

TEST("a program that the verifier refuses for want of a right is not permitted, rather than not supported") {
  if (::geteuid() != 0) SKIP("needs root to begin with");
  int status = 0;
  ::waitpid(in_child([] {
              const auto code_of = [](int number) {
                return classify_meter_error({ErrorCode::kMeterFailed, "bpf", number, {}, {}}).code;
              };
              const bool before = code_of(EINVAL) == ErrorCode::kMeterUnsupported;
              (void)!::setresuid(65534, 65534, 65534);
              const bool after = code_of(EINVAL) == ErrorCode::kNotPermitted;
              ::_exit(before && after ? 0 : 1);
            }),
            &status, 0);
  CHECK_EQ(WEXITSTATUS(status), 0);
}

TEST("probing without rights says `not permitted`, and which rights") {
  if (::geteuid() != 0) SKIP("needs root to begin with");
  int status = 0;
  ::waitpid(in_child([] {
              (void)!::setresuid(65534, 65534, 65534);
              for (const ProbeResult& result : probe_meter()) {
                if (result.label == "cgroup-root") continue;  // anybody may open a mount that is there
                if (result.outcome != ProbeOutcome::kNotPermitted) ::_exit(1);
                if (result.advice.find("CAP_BPF") == std::string_view::npos) ::_exit(2);
              }
            }),
            &status, 0);
  CHECK_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace nettrace
