// Owns: the engine's options and the one place where they are checked.
// Knows nothing of: JavaScript and the command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/capture/device_source.h"

namespace nettrace {

/// How owners are found.
enum class EngineChoice : uint8_t {
  kAuto,     ///< the best that loads
  kBpf,      ///< the socket meter, or no start
  kClassic,  ///< sock_diag and /proc alone
};

struct EngineOptions {
  std::vector<std::string> devices;  ///< empty: all that are up, running and not loopback
  bool all = false;                  ///< loopback and those without a carrier too
  std::string file;                  ///< read this capture instead of devices; "-" is standard input
  std::string filter;                ///< pcap-filter(7)
  bool promiscuous = false;
  CaptureChoice capture = CaptureChoice::kAuto;
  EngineChoice engine = EngineChoice::kAuto;
  bool names = true;   ///< names of hosts are read from DNS answers and from what clients call their servers
  bool light = false;  ///< the socket meter alone: nothing is captured
  int64_t snaplen = 128;
  int64_t ring_bytes = 16 * 1024 * 1024;  ///< all capture rings together
  int64_t timeout_ms = 0;                 ///< longest wait of a frame in its ring; 0: by the number of devices
  int64_t max_flows = 200'000;
  int64_t lookups_per_second = 10'000;
  std::string proc_root = "/proc";
};

/// Ranges of the numbers, whether the filter compiles, whether a file and devices were both named.
/// Errors: kInvalidOption with a sentence as detail, kFilterInvalid.
Result<void> check_options(const EngineOptions& options);

}  // namespace nettrace
