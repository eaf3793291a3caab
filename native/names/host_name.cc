#include "native/names/host_name.h"

#include <algorithm>

namespace nettrace {
namespace {

constexpr char kRefused = '\0';

constexpr char in_lower_case(uint8_t byte) noexcept {
  if (byte >= 'A' && byte <= 'Z') return static_cast<char>(byte - 'A' + 'a');
  const bool allowed = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
  return allowed ? static_cast<char>(byte) : kRefused;
}

/// No top-level domain is a number (RFC 3696, 2), and an address ends in one.
bool ends_in_number(std::string_view name) noexcept {
  const std::string_view last = name.substr(name.find_last_of('.') + 1);
  return std::ranges::all_of(last, [](char one) { return one >= '0' && one <= '9'; });
}

}  // namespace

bool HostName::add_label(Bytes label) noexcept {
  const size_t dot = length_ == 0 ? 0 : 1;
  if (label.size() == 0 || label.size() > kLongestLabel || length_ + dot + label.size() > kLongest) return false;
  std::array<char, kLongestLabel> lower;
  for (size_t i = 0; i < label.size(); ++i) {
    lower[i] = in_lower_case(label.u8(i));
    if (lower[i] == kRefused) return false;
  }
  if (dot != 0) characters_[length_] = '.';
  std::copy_n(lower.begin(), label.size(), characters_.begin() + static_cast<ptrdiff_t>(length_ + dot));
  length_ = static_cast<uint8_t>(length_ + dot + label.size());
  return true;
}

bool HostName::assign(Bytes name) noexcept {
  clear();
  for (size_t start = 0; start <= name.size();) {
    size_t end = start;
    while (end < name.size() && name.u8(end) != '.') ++end;
    if (!add_label(name.from(start).first(end - start))) return clear(), false;
    start = end + 1;
  }
  if (empty() || ends_in_number(text())) return clear(), false;
  return true;
}

}  // namespace nettrace
