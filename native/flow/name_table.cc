#include "native/flow/name_table.h"

#include <algorithm>

namespace nettrace {
namespace {

constexpr size_t kQuestions = 4096;
constexpr int64_t kAnswerTime = 30'000'000'000;
/// The same packet has several times where it crosses several interfaces.
constexpr int64_t kCrossingTime = 10'000'000;

/// Kept as a hash alone: with a secret key, nobody can find another question that has it too.
uint64_t question_hash(const HashKey& key, const FiveTuple& asked, const NameClue& clue) noexcept {
  uint64_t state = key[3] ^ uint64_t { flow_hash(key, asked, clue.question_type, true) } << 16 ^ clue.id;
  const std::string_view name = clue.name.text();
  for (size_t at = 0; at < name.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, name.data() + at, std::min<size_t>(8, name.size() - at));
    state = multiply_fold(word ^ key[0] ^ state, key[1] ^ (at + 1));
  }
  return multiply_fold(state ^ key[2], key[3] ^ name.size());
}

/// When a name was last known to have been heard before this time; -1: only later.
int64_t heard_before(const KnownName& name, int64_t time_ns) noexcept {
  if (name.last_ns <= time_ns) return name.last_ns;
  return name.first_ns <= time_ns ? name.first_ns : -1;
}

}  // namespace

NameTable::NameTable(const HashKey& key)
    : key_(key), addresses_(kMostAddresses, HashAddress{key}), connections_(kMostConnections, HashTuple{key}) {}

size_t NameTable::HashAddress::operator()(const IpAddress& address) const noexcept {
  std::array<uint64_t, 2> words;
  std::memcpy(words.data(), address.bytes.data(), sizeof words);
  return multiply_fold(multiply_fold(words[0] ^ key[0], words[1] ^ key[1]) ^ key[2], key[3]);
}

void NameTable::learn(const PacketView& packet, const NameClue& clue, const Vantage& vantage,
                      const LocalAddresses& addresses) {
  const Sighting seen = look(packet, vantage, addresses).items[0];
  const FiveTuple forth{
      {packet.source, packet.source_port}, {packet.destination, packet.destination_port}, packet.protocol};
  uint64_t hash = 0;
  if (clue.kind == NameClue::Kind::kQuestion) {
    if (!vantage.offline && !(seen.oriented && seen.sent)) return;
    Question& place = place_of(forth, clue, hash);
    place = {hash, packet.timestamp_ns};
  } else if (clue.kind == NameClue::Kind::kAnswer) {
    Question& question = place_of({forth.remote, forth.local, forth.protocol}, clue, hash);
    const int64_t age = packet.timestamp_ns - question.time_ns;
    if (question.hash != hash || age < 0 || age > kAnswerTime) return;
    question = {};
    for (const IpAddress& address : clue.known_addresses()) learn_address(address, clue, packet.timestamp_ns);
  } else if (!seen.oriented || seen.sent) {
    KnownName& name = connections_.get(forth);
    name = {std::string(clue.name.text()), clue.source, packet.timestamp_ns, packet.timestamp_ns};
  }
}

NameTable::Question& NameTable::place_of(const FiveTuple& asked, const NameClue& clue, uint64_t& hash) {
  if (questions_.empty()) questions_.resize(kQuestions);
  hash = question_hash(key_, asked, clue);
  return questions_[hash % kQuestions];
}

void NameTable::learn_address(const IpAddress& address, const NameClue& clue, int64_t now_ns) {
  if (address.is_wildcard()) return;  // how some resolvers say that a host is blocked
  AddressNames& known = addresses_.get(address);
  const auto end = known.names.begin() + static_cast<ptrdiff_t>(known.count);
  const auto same =
      std::find_if(known.names.begin(), end, [&](const KnownName& one) { return one.text == clue.name.text(); });
  if (same != end) {
    same->last_ns = now_ns;
    return;
  }
  const auto place = known.count < known.names.size() ? known.names.begin() + static_cast<ptrdiff_t>(known.count++)
                                                      : std::ranges::min_element(known.names, {}, &KnownName::last_ns);
  *place = {std::string(clue.name.text()), clue.source, now_ns, now_ns};
}

const KnownName* NameTable::find(const FiveTuple& flow, int64_t first_ns) {
  if (!connections_.empty()) {
    const KnownName* own = connections_.find(flow);
    if (own != nullptr && own->last_ns >= first_ns - kCrossingTime) return own;
  }
  const AddressNames* known = addresses_.empty() ? nullptr : addresses_.find(flow.remote.address);
  if (known == nullptr) return nullptr;
  const auto* const end = known->names.data() + known->count;
  const auto* best = std::max_element(known->names.data(), end, [&](const KnownName& a, const KnownName& b) {
    return heard_before(a, first_ns) < heard_before(b, first_ns);
  });
  if (heard_before(*best, first_ns) >= 0) return best;
  return std::min_element(known->names.data(), end,
                          [](const KnownName& a, const KnownName& b) { return a.first_ns < b.first_ns; });
}

}  // namespace nettrace
