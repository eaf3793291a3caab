#include "native/names/clue_reader.h"

#include "native/names/dns.h"
#include "native/names/tls.h"

namespace nettrace {
namespace {

constexpr int64_t kSlice = 100'000'000;
/// In a slice, by ClueReader::Work. A QUIC packet takes some 30 us: two derived keys and 1,200 decrypted bytes.
constexpr std::array<uint32_t, 4> kMost{1000, 1000, 50, 10};

bool read_server_name(bool found, NameSource source, NameClue& clue) noexcept {
  clue.kind = NameClue::Kind::kServer;
  clue.source = source;
  clue.address_count = 0;
  return found;
}

}  // namespace

bool ClueReader::in_budget(int64_t timestamp_ns, Work work) noexcept {
  if (const int64_t slice = timestamp_ns / kSlice; slice != slice_) {
    slice_ = slice;
    done_ = {};
  }
  const auto kind = static_cast<size_t>(work);
  return done_[kind]++ < kMost[kind];
}

bool ClueReader::read(const Talk& talk, Bytes payload, NameClue& clue) noexcept {
  constexpr uint8_t kTcp = 6;
  const bool tcp = talk.protocol == kTcp;
  if (talk.source_port == kDnsPort || talk.destination_port == kDnsPort) {
    if (!in_budget(talk.timestamp_ns, Work::kMessage)) return false;
    return tcp ? read_dns_segment(payload, clue) : read_dns(payload, clue);
  }
  if (tcp) {
    return in_budget(talk.timestamp_ns, Work::kHello) &&
           read_server_name(read_tls_record(payload, clue.name), NameSource::kTls, clue);
  }
  return in_budget(talk.timestamp_ns, talk.received ? Work::kReceivedInitial : Work::kInitial) &&
         read_server_name(initials_.read(payload, clue.name), NameSource::kQuic, clue);
}

}  // namespace nettrace
