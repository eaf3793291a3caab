// Owns: whether packets can be captured, by the own ring and by libpcap, and whether interfaces can be listed.
// Knows nothing of: which devices a run would watch.
#include <pcap/pcap.h>
#include <sys/socket.h>

#include <span>

#include "native/base/unique_fd.h"
#include "native/capture/interfaces.h"
#include "native/capture/live_source.h"
#include "native/capture/ring_source.h"
#include "native/doctor/source_probe.h"

namespace nettrace {
namespace {

constexpr int kRingBytes = 1024 * 1024;
constexpr const char* kRight = "run it with sudo, or give it CAP_NET_RAW";

/// Loopback first: every namespace has it, and nothing that it shows comes from elsewhere.
const Interface* device_to_try(std::span<const Interface> interfaces) {
  const Interface* found = nullptr;
  for (const Interface& interface : interfaces) {
    if (interface.up && (found == nullptr || interface.loopback)) found = &interface;
  }
  return found;
}

std::string how(const FrameSource& source, const std::string& device) {
  const char* link = pcap_datalink_val_to_name(source.link_type());
  return "tried on " + device + ", link type " + (link != nullptr ? link : std::to_string(source.link_type()));
}

using Open = Result<std::unique_ptr<FrameSource>> (*)(const LiveOptions&);

SourceProbe probe_device(const char* name, Open open, const std::string& device, const char* without) {
  LiveOptions options;
  options.device = device;
  options.ring_bytes = kRingBytes;
  const auto source = open(options);
  if (source) return source_works(name, how(*source.value(), device));
  SourceProbe failed = source_failed(name, source.error(), kRight);
  if (failed.state == SourceState::kNotSupported) failed.advice = without;
  return failed;
}

/// Where no device is up there is nothing to open; the right to do it can be seen all the same.
SourceProbe probe_right(const char* name) {
  const UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (fd) return source_works(name, "permitted; no device is up to try it on");
  return source_failed(name, Error::from_errno(ErrorCode::kCaptureFailed, "socket"), kRight);
}

}  // namespace

void probe_capture(std::vector<SourceProbe>& probes) {
  constexpr const char* kRing = "packet-ring";
  constexpr const char* kPcap = "libpcap";
  const auto interfaces = list_interfaces();
  const Interface* device = interfaces ? device_to_try(interfaces.value()) : nullptr;
  if (device != nullptr) {
    probes.push_back(probe_device(kRing, open_ring, device->name, "libpcap captures instead, super-frames uncut"));
    probes.push_back(probe_device(kPcap, open_live, device->name, "devices that the own ring knows are not affected"));
  } else {
    for (const char* name : {kRing, kPcap}) probes.push_back(probe_right(name));
  }
  probes.push_back(interfaces ? source_works("rtnetlink", "interfaces are listed, and changes heard of")
                              : source_failed("rtnetlink", interfaces.error(),
                                              "without it there is nothing to watch; does a sandbox forbid netlink?"));
}

}  // namespace nettrace
