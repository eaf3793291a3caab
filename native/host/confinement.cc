#include "native/host/confinement.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nettrace {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "confinement knows the system calls of x86-64 and AArch64"
#endif

/// x86-64 takes the calls of x32 under this bit (asm/unistd_x32.h); they would pass a list of plain numbers.
constexpr uint32_t kX32Bit = 0x40000000;
/// clone3 and openat2 take their flags by pointer, which a filter cannot read: without them libc uses the older calls.
constexpr uint32_t kClone3 = 435;
constexpr uint32_t kOpenat2 = 437;

constexpr uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
constexpr uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;
constexpr uint32_t kKill = SECCOMP_RET_KILL_PROCESS;

constexpr uint32_t kNumberAt = offsetof(seccomp_data, nr);
constexpr uint32_t kArchitectureAt = offsetof(seccomp_data, arch);

/// Low half of an argument, on these little-endian machines.
constexpr uint32_t argument_at(unsigned place) {
  return static_cast<uint32_t>(offsetof(seccomp_data, args) + place * sizeof(uint64_t));
}

using Program = std::vector<sock_filter>;

void load(Program& program, uint32_t offset) {
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}
void answer(Program& program, uint32_t action) {
  program.push_back(BPF_STMT(BPF_RET | BPF_K, action));
}
/// If the value is `number`: `action`.
void on_number(Program& program, uint32_t number, uint32_t action) {
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
  answer(program, action);
}

/// For one call: refused if any of `bits` is set in an argument. The number is in the accumulator before and after.
void refuse_bits(Program& program, uint32_t number, unsigned argument, uint32_t bits) {
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4));
  load(program, argument_at(argument));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
  answer(program, kRefuse);
  answer(program, kAllow);
}

/// For one call: refused unless one of `bits` is set in an argument.
void require_bits(Program& program, uint32_t number, unsigned argument, uint32_t bits) {
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4));
  load(program, argument_at(argument));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0));
  answer(program, kRefuse);
  answer(program, kAllow);
}

Program make_filter() {
  constexpr uint32_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
  Program program;
  load(program, kArchitectureAt);
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0));
  answer(program, kKill);
  load(program, kNumberAt);
#if defined(__x86_64__)
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 0, 1));
  answer(program, kKill);
#endif
#define DENIED(name) on_number(program, static_cast<uint32_t>(__NR_##name), kRefuse);
#define DENIED_NUMBER(number) on_number(program, number, kRefuse);
#include "native/host/denied_calls.def"
#undef DENIED
#undef DENIED_NUMBER
  on_number(program, kClone3, kUnknown);
  on_number(program, kOpenat2, kUnknown);
  // Threads, no processes.
  require_bits(program, __NR_clone, 0, CLONE_THREAD);
  refuse_bits(program, __NR_openat, 2, kWriting);
#ifdef __NR_open
  refuse_bits(program, __NR_open, 1, kWriting);
#endif
  answer(program, kAllow);
  return program;
}

Error failed(const char* syscall) {
  return Error::from_errno(ErrorCode::kConfineFailed, syscall);
}

/// glibc makes these calls on every thread (nptl(7)).
Result<void> become(const Identity& identity) {
  if (setgroups(0, nullptr) != 0) return failed("setgroups");
  if (setresgid(identity.gid, identity.gid, identity.gid) != 0) return failed("setresgid");
  if (setresuid(identity.uid, identity.uid, identity.uid) != 0) return failed("setresuid");
  return {};
}

/// The calling thread alone: the others have none after become(), or never had any.
Result<void> drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3]{};
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (syscall(SYS_capset, &header, none) != 0) return failed("capset");
  return {};
}

Result<void> filter_all_threads() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("prctl");
  Program program = make_filter();
  const sock_fprog loaded{static_cast<unsigned short>(program.size()), program.data()};
  const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &loaded);
  if (result == 0) return {};
  // A positive result is the thread that could not follow.
  if (result > 0) errno = EBUSY;
  return failed("seccomp");
}

}  // namespace

Result<void> confine(const std::optional<Identity>& identity) {
  if (identity) {
    if (auto became = become(*identity); !became) return became;
  }
  if (auto dropped = drop_capabilities(); !dropped) return dropped;
  return filter_all_threads();
}

Result<void> hand_on_capabilities(bool on) {
  if (!on && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return failed("prctl");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capget, &header, data) != 0) return failed("capget");
  // The inheritable set goes through execve on its own, and every thread of the new process has it.
  for (auto& half : data) half.inheritable = on ? half.permitted : 0;
  if (syscall(SYS_capset, &header, data) != 0) return failed("capset");
  if (!on) return {};
  for (unsigned capability = 0; capability < 64; ++capability) {
    if ((data[capability / 32].permitted >> (capability % 32) & 1U) == 0) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) return failed("prctl");
  }
  return {};
}

}  // namespace nettrace
