// Owns: which tier the meter takes where the better one does not load, and what probing says of it.
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>

#include "native/meter/meter_fixture.h"

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

}  // namespace
}  // namespace nettrace
