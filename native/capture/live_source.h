// Owns: capturing from a live device with libpcap (TPACKET_V3 ring), for open_live's caller as a FrameSource.
// Knows nothing of: which devices to watch, threads, decoding.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

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
};

/// Opens the device; packets are collected from now on. Never immediate mode: libpcap then falls back to TPACKET_V2
/// and wakes the reader per packet. On a loopback device each packet is seen once, as an incoming one: libpcap leaves
/// out the outgoing copy, and from Linux 4.20 on we keep it from entering the ring at all, where it would cost room and
/// be counted as a drop of its own. Errors (subject: the device): kNotPermitted, kDeviceNotFound, kDeviceDown,
/// kFilterInvalid, kCaptureFailed.
Result<std::unique_ptr<FrameSource>> open_live(const LiveOptions& options);

}  // namespace nettrace
