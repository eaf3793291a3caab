#include "native/base/result.h"

#include <array>

namespace nettrace {
namespace {

struct Entry {
  std::string_view name;
  std::string_view text;
};

constexpr std::array kEntries{
#define NETTRACE_ERROR(name, text) Entry{#name, text},
#include "native/base/error_code.def"
#undef NETTRACE_ERROR
};

}  // namespace

std::string_view error_code_name(ErrorCode code) noexcept {
  return kEntries.at(static_cast<size_t>(code)).name;
}
std::string_view error_code_text(ErrorCode code) noexcept {
  return kEntries.at(static_cast<size_t>(code)).text;
}

}  // namespace nettrace
