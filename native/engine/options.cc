#include "native/engine/options.h"

#include <pcap/pcap.h>

#include "native/capture/filter.h"

namespace nettrace {
namespace {

Result<void> check_range(const char* name, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return {};
  return Error{ErrorCode::kInvalidOption, "", 0, name,
               std::string(name) + " must be between " + std::to_string(least) + " and " + std::to_string(most)};
}

}  // namespace

Result<void> check_options(const EngineOptions& options) {
  struct Range {
    const char* name;
    int64_t value;
    int64_t least;
    int64_t most;
  };
  const Range ranges[] = {
      {"snaplen", options.snaplen, 96, 65'535},
      {"ringBytes", options.ring_bytes, 1024 * 1024, 1024 * 1024 * 1024},
      {"timeoutMs", options.timeout_ms, 0, 1000},
      {"maxFlows", options.max_flows, 1024, 4'000'000},
      {"lookupsPerSecond", options.lookups_per_second, 1, 1'000'000},
  };
  for (const Range& range : ranges) {
    if (auto result = check_range(range.name, range.value, range.least, range.most); !result) return result;
  }
  if (!options.file.empty() && (!options.devices.empty() || options.all)) {
    return Error{ErrorCode::kInvalidOption, "", 0, "file", "a capture file and devices cannot be read together"};
  }
  if (options.light && options.engine == EngineChoice::kClassic) {
    return Error{ErrorCode::kInvalidOption, "", 0, "light", "without capture there is only the socket meter to count"};
  }
  if (options.light && (!options.file.empty() || !options.filter.empty())) {
    return Error{ErrorCode::kInvalidOption, "", 0, "light", "files and filters need a capture"};
  }
  // The link type is not known yet; an expression that is wrong for Ethernet is wrong for nearly all.
  if (!options.filter.empty()) {
    return check_filter(DLT_EN10MB, static_cast<int>(options.snaplen), options.filter);
  }
  return {};
}

}  // namespace nettrace
