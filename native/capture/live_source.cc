// Owns: the order in which libpcap wants to be called, and what its failures mean.
#include "native/capture/live_source.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "native/base/clock.h"
#include "native/capture/filter.h"

namespace nettrace {
namespace {

constexpr int kSmallestRing = 2 * 1024 * 1024;

struct ClosePcap {
  void operator()(pcap_t* handle) const noexcept { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, ClosePcap>;

ErrorCode activation_error(int status) noexcept {
  switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return ErrorCode::kDeviceNotFound;
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return ErrorCode::kNotPermitted;
    case PCAP_ERROR_IFACE_NOT_UP:
      return ErrorCode::kDeviceDown;
    default:
      return ErrorCode::kCaptureFailed;
  }
}

Error pcap_error(ErrorCode code, const char* call, const std::string& device, pcap_t* handle) {
  return Error{code, call, 0, device, pcap_geterr(handle)};
}

/// One attempt to activate with a ring of `ring_bytes`. `status` is what pcap_activate said.
Result<Handle> activate(const LiveOptions& options, int ring_bytes, int& status) {
  std::array<char, PCAP_ERRBUF_SIZE> text{};
  Handle handle(pcap_create(options.device.c_str(), text.data()));
  if (!handle) return Error{ErrorCode::kCaptureFailed, "pcap_create", 0, options.device, text.data()};
  // These fail only on an activated handle, apart from the precision, which is asked for again below.
  pcap_set_snaplen(handle.get(), options.snaplen);
  pcap_set_promisc(handle.get(), options.promiscuous ? 1 : 0);
  pcap_set_timeout(handle.get(), options.timeout_ms);
  pcap_set_buffer_size(handle.get(), ring_bytes);
  pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);
  status = pcap_activate(handle.get());  // positive values are warnings
  if (status < 0) return pcap_error(activation_error(status), "pcap_activate", options.device, handle.get());
  return handle;
}

Result<Handle> activate_with_ring(const LiveOptions& options) {
  for (int ring = options.ring_bytes;; ring /= 2) {
    int status = 0;
    auto handle = activate(options, ring, status);
    // libpcap does not tell "no memory for the ring" from other failures, so every unnamed one is tried smaller.
    if (handle || status != PCAP_ERROR || ring / 2 < kSmallestRing) return handle;
  }
}

Result<bpf_program> compile(pcap_t* handle, const std::string& filter) {
  bpf_program program{};
  if (pcap_compile(handle, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0) return program;
  return pcap_error(ErrorCode::kFilterInvalid, "", filter, handle);
}

Result<void> install_filter(pcap_t* handle, const LiveOptions& options) {
  // Without an expression too: only a filter's return value makes the kernel cut frames to the snaplen, and whole
  // frames would fill the ring many times faster.
  // Compiled with the live handle, not by Filter: there the kernel's side channel for VLAN tags is known.
  auto program = compile(handle, options.filter);
  if (!program) return std::move(program.error());
  const int status = pcap_setfilter(handle, &program.value());
  pcap_freecode(&program.value());
  if (status != 0) return pcap_error(ErrorCode::kCaptureFailed, "pcap_setfilter", options.device, handle);
  return {};
}

/// Loopback shows each packet twice; libpcap drops the outgoing copy only after it has gone through the ring.
void leave_out_loopback_copies(pcap_t* handle, const std::string& device) {
  const int fd = pcap_fileno(handle);
  ifreq request{};
  device.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(fd, SIOCGIFFLAGS, &request) != 0 || (request.ifr_flags & IFF_LOOPBACK) == 0) return;
  const int on = 1;
  ::setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
}

class LiveSource final : public FrameSource {
 public:
  LiveSource(Handle handle, std::string device)
      : handle_(std::move(handle)),
        device_(std::move(device)),
        device_index_(if_nametoindex(device_.c_str())),
        link_type_(pcap_datalink(handle_.get())),
        nanos_per_unit_(pcap_get_tstamp_precision(handle_.get()) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000) {}

  Result<ReadResult> read(size_t limit, FrameCallback callback, void* context) override {
    Delivery delivery{this, callback, context};
    const auto count = static_cast<int>(std::min<size_t>(limit, std::numeric_limits<int>::max()));
    const int status = pcap_dispatch(handle_.get(), count, &LiveSource::deliver, reinterpret_cast<u_char*>(&delivery));
    if (status >= 0) return ReadResult{static_cast<size_t>(status), false};
    return pcap_error(device_is_there() ? ErrorCode::kCaptureFailed : ErrorCode::kDeviceVanished, "pcap_dispatch",
                      device_, handle_.get());
  }

  int ready_fd() const noexcept override { return pcap_get_selectable_fd(handle_.get()); }
  int link_type() const noexcept override { return link_type_; }

  CaptureLoss loss() override {
    pcap_stat now{};
    if (pcap_stats(handle_.get(), &now) == 0) {
      loss_.kernel_drops += static_cast<uint32_t>(now.ps_drop - std::exchange(last_drop_, now.ps_drop));
      loss_.interface_drops +=
          static_cast<uint32_t>(now.ps_ifdrop - std::exchange(last_interface_drop_, now.ps_ifdrop));
    }
    return loss_;
  }

 private:
  struct Delivery {
    const LiveSource* source;
    FrameCallback callback;
    void* context;
  };

  static void deliver(u_char* user, const pcap_pkthdr* header, const u_char* data) {
    const Delivery& delivery = *reinterpret_cast<const Delivery*>(user);
    const int64_t fraction = int64_t{header->ts.tv_usec} * delivery.source->nanos_per_unit_;
    delivery.callback(delivery.context,
                      Frame{Bytes(data, header->caplen), header->len,
                            int64_t{header->ts.tv_sec} * kNanosPerSecond + fraction, delivery.source->link_type_});
  }

  /// A renamed device is still there.
  bool device_is_there() const noexcept {
    std::array<char, IF_NAMESIZE> name{};
    return if_indextoname(device_index_, name.data()) != nullptr;
  }

  Handle handle_;
  std::string device_;
  unsigned device_index_;
  int link_type_;
  int nanos_per_unit_;
  CaptureLoss loss_;
  uint32_t last_drop_ = 0;  ///< pcap_stats counts in 32 bits and wraps
  uint32_t last_interface_drop_ = 0;
};

}  // namespace

Result<std::unique_ptr<FrameSource>> open_live(const LiveOptions& options) {
  auto handle = activate_with_ring(options);
  if (!handle) return handle.error();
  leave_out_loopback_copies(handle.value().get(), options.device);
  if (auto installed = install_filter(handle.value().get(), options); !installed) return installed.error();
  std::array<char, PCAP_ERRBUF_SIZE> text{};
  if (pcap_setnonblock(handle.value().get(), 1, text.data()) != 0) {
    return Error{ErrorCode::kCaptureFailed, "pcap_setnonblock", 0, options.device, text.data()};
  }
  return std::unique_ptr<FrameSource>(std::make_unique<LiveSource>(std::move(handle).value(), options.device));
}

Result<std::vector<FilterInstruction>> compile_on_device(const LiveOptions& options, int link_type) {
  constexpr int kNoRing = 256 * 1024;
  int status = 0;
  auto handle = activate(options, kNoRing, status);
  if (!handle) return std::move(handle.error());
  if (pcap_datalink(handle.value().get()) != link_type) {
    return Error{ErrorCode::kLinkTypeUnknown, "pcap_datalink", 0, options.device, {}};
  }
  auto program = compile(handle.value().get(), options.filter);
  if (!program) return std::move(program.error());
  std::vector<FilterInstruction> copy;
  for (u_int i = 0; i < program.value().bf_len; ++i) {
    const bpf_insn& one = program.value().bf_insns[i];
    copy.push_back({one.code, one.jt, one.jf, one.k});
  }
  pcap_freecode(&program.value());
  return copy;
}

}  // namespace nettrace
