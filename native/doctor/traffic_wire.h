// Owns: what both ends of the known traffic share: ports, the greeting, and how many bytes on the wire a thing makes.
// Knows nothing of: processes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nettrace {

constexpr uint16_t kAnswerPort = 5001;  ///< TCP and UDP
constexpr uint16_t kSinkPort = 5002;    ///< UDP that nobody reads

/// What a connection or a datagram begins with; all processes run on this machine.
struct Greeting {
  uint32_t client = 0;
  uint32_t answer = 0;  ///< bytes that it wants back
};

struct WireCount {
  uint64_t bytes = 0;
  uint64_t packets = 0;
};

enum class StreamEnd : uint8_t { kConnecting, kAccepting };

/// What TCP itself says that this end has sent, as it is on the wire (TCP_INFO, Linux 4.19). Without selective
/// acknowledgements, which would make headers longer than is assumed.
WireCount stream_count(int fd, bool v6, StreamEnd end);
/// None of them in the network namespace of this thread from now on, as far as /proc/sys can be written.
void without_selective_acknowledgements();
/// A datagram as an Ethernet frame.
uint64_t datagram_size(size_t payload, bool v6) noexcept;

/// No system call on this socket waits longer than a second.
void limit_waiting(int fd);
bool send_all(int fd, const void* data, size_t length);
bool send_zeros(int fd, size_t length);
/// Bytes up to the other end's end, or until it is silent for a second.
size_t read_to_end(int fd);

}  // namespace nettrace
