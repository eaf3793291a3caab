// Owns: capturing from a live device with libpcap (TPACKET_V3 ring), for open_live's caller as a FrameSource.
// Knows nothing of: which devices to watch, threads, decoding.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/capture/frame_source.h"

namespace nettrace {

struct LiveOptions {
  std::string device = {};            ///< name as the kernel knows it
  int snaplen = 128;                  ///< bytes kept of a frame
  int ring_bytes = 16 * 1024 * 1024;  ///< halved down to 2 MiB where the memory cannot be had
  int timeout_ms = 100;               ///< longest wait until the kernel hands over a ring block that is not full
  std::string filter = {};            ///< pcap-filter(7), empty for none
  bool promiscuous = false;
  bool names = false;          ///< the own ring keeps more of packets that may name a host (name_filter.h)
  bool incoming_only = false;  ///< the own ring leaves out what leaves by the device
};

/// Opens the device; packets are collected from now on. Never immediate mode: libpcap then falls back to TPACKET_V2
/// and wakes the reader per packet. On a loopback device each packet is seen once, as an incoming one: libpcap leaves
/// out the outgoing copy, and from Linux 4.20 on we keep it from entering the ring at all, where it would cost room and
/// be counted as a drop of its own. Errors (subject: the device): kNotPermitted, kDeviceNotFound, kDeviceDown,
/// kFilterInvalid, kCaptureFailed.
Result<std::unique_ptr<FrameSource>> open_live(const LiveOptions& options);

/// One instruction of a classic BPF program, laid out as struct sock_filter.
struct FilterInstruction {
  uint16_t code;
  uint8_t jump_true;
  uint8_t jump_false;
  uint32_t operand;
};

/// `options.filter` as libpcap compiles it for this device and `link_type` (a LINKTYPE_ value): it accepts with the
/// snaplen. A filter on VLANs asks the kernel for the tag that the kernel keeps beside the frame, which needs a handle
/// on the device for a moment. Errors: as open_live(); kLinkTypeUnknown where libpcap takes frames of the device for
/// another type, and the filter would read the wrong bytes.
Result<std::vector<FilterInstruction>> compile_on_device(const LiveOptions& options, int link_type);

}  // namespace nettrace
