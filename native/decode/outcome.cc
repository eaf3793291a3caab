// Owns: label and text of every outcome.
// Knows nothing of: how an outcome comes about.
#include <array>

#include "native/decode/packet_view.h"

namespace nettrace {
namespace {

struct Entry {
  std::string_view label;
  std::string_view text;
};

constexpr std::array kEntries{
#define NETTRACE_OUTCOME(name, label, text) Entry{label, text},
#include "native/decode/outcome.def"
#undef NETTRACE_OUTCOME
};
static_assert(kEntries.size() == kOutcomeCount && kOutcomeCount <= 256);

constexpr Entry entry_of(Outcome outcome) noexcept {
  const auto index = static_cast<size_t>(outcome);
  return index < kEntries.size() ? kEntries[index] : Entry{"unknown", "an unknown outcome"};
}

}  // namespace

std::string_view outcome_label(Outcome outcome) noexcept {
  return entry_of(outcome).label;
}
std::string_view outcome_text(Outcome outcome) noexcept {
  return entry_of(outcome).text;
}

}  // namespace nettrace
