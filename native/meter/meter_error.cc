#include "native/meter/meter_error.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "native/meter/bpf_call.h"

namespace nettrace {
namespace {

constexpr uint64_t bit(int capability) noexcept {
  return uint64_t{1} << capability;
}

/// A map that only a process with CAP_BPF in the initial user namespace may make.
bool refused_in_user_namespace() noexcept {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_RINGBUF;
  attributes.max_entries = static_cast<uint32_t>(::sysconf(_SC_PAGESIZE));
  const UniqueFd map(bpf_call(BPF_MAP_CREATE, attributes));
  return !map && errno == EPERM;
}

}  // namespace

std::string_view missing_rights(std::string_view status) noexcept {
  constexpr std::string_view kLabel = "CapEff:\t";
  const size_t at = status.find(kLabel);
  if (at == std::string_view::npos) return {};
  uint64_t rights = 0;
  std::from_chars(status.data() + at + kLabel.size(), status.data() + status.size(), rights, 16);
  if ((rights & bit(CAP_SYS_ADMIN)) != 0) return {};
  const uint64_t needed = bit(CAP_BPF) | bit(CAP_PERFMON) | bit(CAP_NET_ADMIN);
  return (rights & needed) == needed ? std::string_view() : "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN";
}

Error classify_meter_error(Error error) {
  error.code = ErrorCode::kMeterUnsupported;
  if (error.number == ENOMEM || error.number == EMFILE || error.number == ENFILE) {
    error.code = ErrorCode::kResourceExhausted;
  } else if (error.number == EPERM || error.number == EACCES || error.number == EINVAL) {
    // The verifier refuses a program with EINVAL or EACCES that it would take from somebody with CAP_PERFMON.
    std::array<char, 4096> status;
    const UniqueFd file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
    const ssize_t got = file ? ::read(file.get(), status.data(), status.size()) : 0;
    const auto missing = missing_rights({status.data(), got > 0 ? static_cast<size_t>(got) : 0});
    if (!missing.empty() || (error.number == EPERM && refused_in_user_namespace())) {
      error.code = ErrorCode::kNotPermitted;
      error.detail = missing.empty() ? "the initial user namespace" : missing;
    }
  }
  return error;
}

}  // namespace nettrace
