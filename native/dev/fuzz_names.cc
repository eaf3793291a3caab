// Owns: the libFuzzer entry for the readers of names. Input: what it is, where it is cut, then the message.
// Knows nothing of: which name is the right one; it aborts where an invariant breaks.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "native/dev/decode_invariants.h"
#include "native/dev/name_invariants.h"
#include "native/dev/name_packets.h"
#include "native/names/clue_reader.h"
#include "native/names/dns.h"
#include "native/names/tls.h"

namespace {

using nettrace::Bytes;
using nettrace::NameClue;

void require(const char* broken) {
  if (broken == nullptr) return;
  std::fprintf(stderr, "broken invariant: %s\n", broken);
  std::abort();
}

constexpr uint8_t kTcp = 6, kUdp = 17;
/// As the payload of a packet; the last one as the frames of a QUIC packet, which the fuzzer cannot encrypt itself.
enum class Input : uint8_t { kDns, kDnsSegment, kTls, kQuic, kQuicFrames };
constexpr size_t kInputs = 5;

bool read(Input input, Bytes message, NameClue& clue) {
  const nettrace::Talk dns{1, input == Input::kDns ? kUdp : kTcp, 40000, nettrace::kDnsPort, false};
  const nettrace::Talk other{1, input == Input::kTls ? kTcp : kUdp, 40000, 443, false};
  const nettrace::Talk& talk = input == Input::kDns || input == Input::kDnsSegment ? dns : other;
  const auto reader = std::make_unique<nettrace::ClueReader>();
  if (!may_name_host(talk, message) || !reader->read(talk, message, clue)) return false;
  require(nettrace::dev::broken_clue(clue));
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kPrefix = 2;
  if (size < kPrefix) return 0;
  const auto input = static_cast<Input>(data[0] % kInputs);
  const nettrace::dev::Packet message(data + kPrefix, data + size);
  if (input == Input::kQuicFrames) {
    nettrace::dev::Packet frames = message;
    frames.resize(std::max<size_t>(frames.size(), 20));
    const auto packet = nettrace::dev::quic_initial(nettrace::dev::Packet(8, 1), 0, frames);
    const nettrace::dev::ExactCopy whole(packet.data(), packet.size());
    NameClue clue;
    read(input, whole.bytes(), clue);
    return 0;
  }
  const nettrace::dev::ExactCopy whole(message.data(), message.size());
  const nettrace::dev::ExactCopy beginning(message.data(), std::min<size_t>(data[1], message.size()));
  NameClue all, some;
  const bool read_whole = read(input, whole.bytes(), all);
  if (read(input, beginning.bytes(), some)) require(nettrace::dev::broken_by_cut(read_whole, all, some));
  return 0;
}
