// Owns: a compiled capture filter (pcap-filter(7)) for one link type.
// Knows nothing of: devices and files.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "native/base/result.h"

struct bpf_program;

namespace nettrace {

/// A filter program in user space, for frames that no kernel has filtered.
class Filter {
 public:
  /// Compiles without a device. `link_type` is a DLT_ value. Names in the expression ("host www") are resolved, which
  /// may ask a name server. Error: kFilterInvalid with the expression as subject and libpcap's sentence as detail.
  static Result<Filter> compile(int link_type, int snaplen, const std::string& expression);

  /// True if the frame, of which `captured` is the beginning, passes.
  bool matches(std::span<const uint8_t> captured, uint32_t wire_length) const noexcept;

  const bpf_program& program() const noexcept { return *program_; }

 private:
  struct Free {
    void operator()(bpf_program* program) const noexcept;
  };
  std::unique_ptr<bpf_program, Free> program_;
};

/// Checks an expression before anything is opened. Error: kFilterInvalid.
Result<void> check_filter(int link_type, int snaplen, const std::string& expression);

}  // namespace nettrace
