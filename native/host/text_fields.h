// Owns: taking kernel text apart: blank-separated fields and numbers. Pure; any input is safe.
// Knows nothing of: files.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace nettrace {

/// The whole of `text` as an unsigned number; nothing where it is empty, has another character, or does not fit in T.
template <typename T>
std::optional<T> parse_unsigned(std::string_view text, int base = 10) noexcept {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Takes the next field off `rest`: a run without blanks, tabs and newlines. Empty at the end.
inline std::string_view next_field(std::string_view& rest) noexcept {
  constexpr std::string_view kBlanks = " \t\n";
  const size_t start = rest.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) {
    rest = {};
    return {};
  }
  const size_t end = rest.find_first_of(kBlanks, start);
  const std::string_view field = rest.substr(start, end == std::string_view::npos ? end : end - start);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  return field;
}

/// Takes the next line off `rest`, without its newline. `rest` becomes empty after the last one.
inline std::string_view next_line(std::string_view& rest) noexcept {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return line;
}

/// What stands behind `label` on the line of `text` that begins with it, e.g. "Uid:"; nothing where no line does.
inline std::optional<std::string_view> labelled_line(std::string_view text, std::string_view label) noexcept {
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.starts_with(label)) return line.substr(label.size());
  }
  return std::nullopt;
}

}  // namespace nettrace
