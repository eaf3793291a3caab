#include "native/names/dns.h"

#include <optional>

namespace nettrace {
namespace {

constexpr size_t kHeader = 12;
constexpr uint16_t kTypeA = 1, kTypeCname = 5, kTypeAaaa = 28;
constexpr uint16_t kClassInternet = 1;
constexpr int kMostLabels = 128, kMostPointers = 16, kMostRecords = 64;

struct ReadName {
  HostName name;
  size_t end = 0;       ///< offset behind it where it stands
  bool is_host = true;  ///< false: it holds what no host's name does; `end` is right all the same
};

/// The name at `offset`; nothing where it is cut off, loops or breaks a rule.
std::optional<ReadName> read_name(Bytes message, size_t offset) noexcept {
  ReadName read;
  size_t earliest = offset;
  int pointers = 0;
  for (int labels = 0; labels < kMostLabels; ++labels) {
    if (!message.has(offset, 1)) return std::nullopt;
    const uint8_t length = message.u8(offset);
    if (length == 0) {
      if (pointers == 0) read.end = offset + 1;
      return read;
    }
    if ((length & 0xc0) == 0xc0) {
      if (!message.has(offset, 2) || ++pointers > kMostPointers) return std::nullopt;
      if (pointers == 1) read.end = offset + 2;
      offset = message.u16(offset) & 0x3fff;
      if (offset >= earliest || offset < kHeader) return std::nullopt;  // a pointer leads to what was written before it
      earliest = offset;
      continue;
    }
    if ((length & 0xc0) != 0 || !message.has(offset + 1, length)) return std::nullopt;
    if (read.is_host) read.is_host = read.name.add_label(message.from(offset + 1).first(length));
    offset += 1 + size_t{length};
  }
  return std::nullopt;
}

void add_address(const IpAddress& address, NameClue& clue) noexcept {
  if (clue.address_count < NameClue::kMostAddresses) clue.addresses[clue.address_count++] = address;
}

/// Reads the records behind the question. Aliases stand before what they lead to in all that is met; one that does not
/// is passed over.
void read_answers(Bytes message, size_t offset, int records, NameClue& clue) noexcept {
  HostName wanted = clue.name;
  for (int i = 0; i < records && i < kMostRecords; ++i) {
    const auto owner = read_name(message, offset);
    if (!owner || !message.has(owner->end, 10)) return;
    const uint16_t type = message.u16(owner->end), record_class = message.u16(owner->end + 2);
    const uint16_t length = message.u16(owner->end + 8);
    const size_t data = owner->end + 10;
    if (!message.has(data, length)) return;
    offset = data + length;
    if (record_class != kClassInternet || !owner->is_host || owner->name != wanted) continue;
    if (type == kTypeCname) {
      const auto target = read_name(message, data);
      if (target && target->is_host && !target->name.empty()) wanted = target->name;
    } else if (type == kTypeA && length == 4) {
      add_address(IpAddress::v4(message.u32(data)), clue);
    } else if (type == kTypeAaaa && length == 16) {
      IpAddress address;
      message.copy(data, address.bytes.data(), address.bytes.size());
      add_address(address, clue);
    }
  }
}

}  // namespace

bool read_dns(Bytes message, NameClue& clue) noexcept {
  if (!message.has(0, kHeader)) return false;
  const uint16_t flags = message.u16(2);
  const bool is_answer = (flags & 0x8000) != 0;
  constexpr uint16_t kOpcode = 0x7800, kError = 0x000f;
  if ((flags & (kOpcode | kError)) != 0 || message.u16(4) != 1) return false;
  const auto question = read_name(message, kHeader);
  if (!question || !question->is_host || question->name.empty() || !message.has(question->end, 4)) return false;
  clue.kind = is_answer ? NameClue::Kind::kAnswer : NameClue::Kind::kQuestion;
  clue.source = NameSource::kDns;
  clue.id = message.u16(0);
  clue.question_type = message.u16(question->end);
  clue.name = question->name;
  clue.address_count = 0;
  if (clue.question_type != kTypeA && clue.question_type != kTypeAaaa) return false;
  if (message.u16(question->end + 2) != kClassInternet) return false;
  if (!is_answer) return true;
  read_answers(message, question->end + 4, message.u16(6), clue);
  return clue.address_count > 0;
}

bool read_dns_segment(Bytes payload, NameClue& clue) noexcept {
  constexpr size_t kLength = 2;
  return payload.has(0, kLength) && read_dns(payload.from(kLength).first(payload.u16(0)), clue);
}

}  // namespace nettrace
