#include "native/flow/owner.h"

#include <array>

namespace nettrace {
namespace {

struct Entry {
  OwnerKind kind;
  std::string_view label;
  std::string_view text;
};

constexpr std::array kEntries{
#define NETTRACE_REASON(name, kind, label, text) Entry{kind, label, text},
#include "native/flow/reason.def"
#undef NETTRACE_REASON
};

}  // namespace

std::string_view reason_label(Reason reason) noexcept {
  return kEntries.at(static_cast<size_t>(reason)).label;
}
std::string_view reason_text(Reason reason) noexcept {
  return kEntries.at(static_cast<size_t>(reason)).text;
}
OwnerKind reason_kind(Reason reason) noexcept {
  return kEntries.at(static_cast<size_t>(reason)).kind;
}

}  // namespace nettrace
