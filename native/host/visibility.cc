#include "native/host/visibility.h"

#include <linux/capability.h>

#include <array>

#include "native/host/text_fields.h"

namespace nettrace {

bool may_read_all_descriptors(std::string_view status) noexcept {
  auto line = labelled_line(status, "CapEff:");
  if (!line) return true;
  const uint64_t set = parse_unsigned<uint64_t>(next_field(*line), 16).value_or(0);
  const auto has = [&](int capability) { return (set >> capability & 1) != 0; };
  return has(CAP_SYS_PTRACE) && (has(CAP_DAC_READ_SEARCH) || has(CAP_DAC_OVERRIDE));
}

bool in_initial_user_namespace(const ProcRoot& proc) noexcept {
  // PROC_USER_INIT_INO in include/linux/proc_ns.h.
  constexpr std::string_view kInitial = "user:[4026531837]";
  std::array<char, 64> target;
  const FileText link = read_link_at(proc.fd(), "self/ns/user", target);
  return link.error != 0 || link.text == kInitial;
}

bool in_initial_pid_namespace(const ProcRoot& proc) noexcept {
  // Its inode is fixed: PROC_PID_INIT_INO in include/linux/proc_ns.h.
  constexpr std::string_view kInitial = "pid:[4026531836]";
  std::array<char, 64> target;
  const FileText link = read_link_at(proc.fd(), "self/ns/pid", target);
  return link.error != 0 || link.text == kInitial;
}

bool sees_all_processes(const ProcRoot& proc) noexcept {
  std::array<char, 4096> status;
  if (!may_read_all_descriptors(proc.read("self/status", status).text)) return false;
  return in_initial_user_namespace(proc) && in_initial_pid_namespace(proc);
}

}  // namespace nettrace
