// Owns: the order in which the kernel wants a packet socket to be set up (packet(7), packet_mmap.rst).
#include "native/capture/packet_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>
#include <vector>

#include "native/capture/name_filter.h"

namespace nettrace {
namespace {

constexpr int kEthernet = 1, kRaw = 12;                          // DLT_ values, as pcap_datalink(3PCAP) gives them
constexpr uint16_t kHardwareRawIp = 519, kHardwareIp6Gre = 823;  // linux/if_arp.h, newer than glibc's
constexpr int kSmallestRing = 2 * 1024 * 1024;
/// A block goes to the reader when it is full or its time is over. Half of this wakes the reader twice as often, which
/// costs it 5 to 10 % at full rate (docs/decisions/0009-own-ring.md).
constexpr uint32_t kBlockSize = 256 * 1024;
constexpr uint32_t kFewestBlocks = 8;
constexpr uint32_t kSmallestBlock = 16 * 1024;

struct Device {
  uint32_t index = 0;
  uint16_t hardware_type = 0;
  bool loopback = false;
};

Error failed(const char* call, const std::string& device) {
  const bool refused = errno == EPERM || errno == EACCES;
  return Error::from_errno(refused ? ErrorCode::kNotPermitted : ErrorCode::kCaptureFailed, call, device);
}

Result<Device> look_up(int fd, const std::string& name) {
  ifreq request{};
  if (name.size() >= IFNAMSIZ) return Error{ErrorCode::kDeviceNotFound, "", 0, name, {}};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  Device device;
  const unsigned long questions[] = {SIOCGIFINDEX, SIOCGIFHWADDR, SIOCGIFFLAGS};
  for (const unsigned long question : questions) {
    if (::ioctl(fd, question, &request) != 0) {
      return Error::from_errno(errno == ENODEV ? ErrorCode::kDeviceNotFound : ErrorCode::kCaptureFailed, "ioctl", name);
    }
    if (question == SIOCGIFINDEX) device.index = static_cast<uint32_t>(request.ifr_ifindex);
    if (question == SIOCGIFHWADDR) device.hardware_type = request.ifr_hwaddr.sa_family;
    if (question == SIOCGIFFLAGS) device.loopback = (request.ifr_flags & IFF_LOOPBACK) != 0;
  }
  return device;
}

/// The port of a switch chip (DSA) carries that chip's tags, which libpcap names.
bool has_switch_tags(const std::string& device) noexcept {
  return ::access(("/sys/class/net/" + device + "/dsa/tagging").c_str(), F_OK) == 0;
}

template <typename T>
Result<void> set(int fd, int level, int option, const T& value, const std::string& device) {
  if (::setsockopt(fd, level, option, &value, sizeof value) == 0) return {};
  return failed("setsockopt", device);
}

Result<std::vector<FilterInstruction>> program_for(const LiveOptions& options, const RingFormat& format) {
  const auto snaplen = static_cast<uint32_t>(options.snaplen);
  std::vector<FilterInstruction> program{{BPF_RET | BPF_K, 0, 0, snaplen}};
  if (!options.filter.empty()) {
    auto compiled = compile_on_device(options, format.link_type);
    if (!compiled) return compiled;
    program = std::move(compiled).value();
  }
  return options.names ? keep_names(std::move(program), format.has_link, snaplen) : program;
}

/// The program's verdict is also the number of bytes that are kept of a frame.
Result<void> attach_filter(int fd, const LiveOptions& options, const RingFormat& format) {
  auto program = program_for(options, format);
  if (!program) return std::move(program.error());
  std::vector<sock_filter> instructions;
  for (const FilterInstruction& one : program.value()) {
    instructions.push_back({one.code, one.jump_true, one.jump_false, one.operand});
  }
  const sock_fprog attached{static_cast<unsigned short>(instructions.size()), instructions.data()};
  return set(fd, SOL_SOCKET, SO_ATTACH_FILTER, attached, options.device);
}

Result<void> configure(int fd, const LiveOptions& options, const RingFormat& format) {
  const int version = TPACKET_V3;
  const int on = 1;
  if (auto done = set(fd, SOL_PACKET, PACKET_VERSION, version, options.device); !done) return done;
  if (auto done = set(fd, SOL_PACKET, PACKET_VNET_HDR, on, options.device); !done) return done;
  // Linux 4.20 and later; before, the reader of a loopback device leaves the copies out.
  if (format.loopback || options.incoming_only) {
    auto ignored = set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, on, options.device);
    if (!ignored && !format.loopback) return ignored;
  }
  return attach_filter(fd, options, format);
}

uint32_t block_size(int ring_bytes, int snaplen) noexcept {
  // Behind a frame's bytes there are its headers and, in the block, the block's own.
  constexpr uint32_t kHeaders = 1024;
  const uint32_t least = std::max(kSmallestBlock, std::bit_ceil(static_cast<uint32_t>(snaplen) + kHeaders));
  const uint32_t share = std::bit_floor(std::max(static_cast<uint32_t>(ring_bytes) / kFewestBlocks, 1U));
  return std::max(least, std::min(kBlockSize, share));
}

Result<RingMemory> map_ring(int fd, const LiveOptions& options, int ring_bytes) {
  constexpr uint32_t kFrameSize = 2048;  // frames have any length; the kernel only checks that the numbers fit
  tpacket_req3 request{};
  request.tp_block_size = block_size(ring_bytes, options.snaplen);
  request.tp_block_nr = std::max(static_cast<uint32_t>(ring_bytes) / request.tp_block_size, 2U);
  request.tp_frame_size = kFrameSize;
  request.tp_frame_nr = request.tp_block_nr * (request.tp_block_size / kFrameSize);
  request.tp_retire_blk_tov = static_cast<uint32_t>(options.timeout_ms);
  if (auto made = set(fd, SOL_PACKET, PACKET_RX_RING, request, options.device); !made) return std::move(made.error());
  const size_t size = size_t{request.tp_block_size} * request.tp_block_nr;
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return failed("mmap", options.device);
  return RingMemory(std::span(static_cast<uint8_t*>(memory), size), request.tp_block_size);
}

Result<RingMemory> map_ring_that_fits(int fd, const LiveOptions& options) {
  for (int bytes = options.ring_bytes;; bytes /= 2) {
    auto ring = map_ring(fd, options, bytes);
    if (ring || ring.error().number != ENOMEM || bytes / 2 < kSmallestRing) return ring;
    // Where the ring was made but not mapped, it has to go before another can be made.
    ::setsockopt(fd, SOL_PACKET, PACKET_RX_RING, std::array<tpacket_req3, 1>{}.data(), sizeof(tpacket_req3));
  }
}

/// From here on frames come in.
Result<void> bind_to(int fd, const LiveOptions& options, const Device& device) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(device.index);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENODEV) return Error::from_errno(ErrorCode::kDeviceNotFound, "bind", options.device);
    return failed("bind", options.device);
  }
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error == ENETDOWN) return Error{ErrorCode::kDeviceDown, "bind", error, options.device, {}};
  if (error != 0) return Error{ErrorCode::kCaptureFailed, "bind", error, options.device, {}};
  if (!options.promiscuous || device.loopback) return {};
  packet_mreq membership{};
  membership.mr_ifindex = static_cast<int>(device.index);
  membership.mr_type = PACKET_MR_PROMISC;
  return set(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership, options.device);
}

}  // namespace

RingMemory::RingMemory(RingMemory&& other) noexcept
    : memory_(std::exchange(other.memory_, {})), block_size_(std::exchange(other.block_size_, 0)) {}

RingMemory::~RingMemory() {
  if (!memory_.empty()) ::munmap(memory_.data(), memory_.size());
}

Result<RingFormat> ring_format(uint16_t hardware_type, const std::string& device) {
  switch (hardware_type) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
      return RingFormat{kEthernet, true, hardware_type == ARPHRD_LOOPBACK};
    case ARPHRD_NONE:  // tun, WireGuard
    case kHardwareRawIp:
    case ARPHRD_TUNNEL:   // IP in IPv4
    case ARPHRD_TUNNEL6:  // IP in IPv6
    case ARPHRD_SIT:
    case ARPHRD_PPP:  // its drivers differ about a header before IP; it is left out
    case ARPHRD_IPGRE:
    case kHardwareIp6Gre:
      return RingFormat{kRaw, false, false};
    default:
      return Error{ErrorCode::kLinkTypeUnknown, "", 0, device, {}};
  }
}

Result<PacketSocket> open_packet_socket(const LiveOptions& options) {
  // Protocol 0: nothing is received before bind() names one.
  UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failed("socket", options.device);
  auto device = look_up(fd.get(), options.device);
  if (!device) return std::move(device.error());
  auto format = ring_format(device.value().hardware_type, options.device);
  if (!format) return std::move(format.error());
  format.value().loopback = device.value().loopback;
  if (has_switch_tags(options.device)) return Error{ErrorCode::kLinkTypeUnknown, "", 0, options.device, {}};
  if (auto done = configure(fd.get(), options, format.value()); !done) return std::move(done.error());
  auto ring = map_ring_that_fits(fd.get(), options);
  if (!ring) return std::move(ring.error());
  if (auto done = bind_to(fd.get(), options, device.value()); !done) return std::move(done.error());
  return PacketSocket{std::move(fd), std::move(ring).value(), format.value(), device.value().index};
}

}  // namespace nettrace
