#include "native/host/process_stat.h"

#include "native/host/text_fields.h"

namespace nettrace {

std::optional<ProcessStat> parse_process_stat(std::string_view text) noexcept {
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');  // the name itself may hold ") "
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  std::string_view head = text.substr(0, open);
  std::string_view rest = text.substr(close + 1);
  ProcessStat stat;
  stat.name = text.substr(open + 1, close - open - 1);
  const auto pid = parse_unsigned<uint32_t>(next_field(head));
  const std::string_view state = next_field(rest);                 // field 3
  const auto parent = parse_unsigned<uint32_t>(next_field(rest));  // field 4
  for (int field = 5; field < 9; ++field) next_field(rest);
  const auto flags = parse_unsigned<uint32_t>(next_field(rest));  // field 9
  for (int field = 10; field < 20; ++field) next_field(rest);
  const auto threads = parse_unsigned<uint32_t>(next_field(rest));  // field 20
  next_field(rest);
  // Field 22 is followed by others: at the end of the text it may have been cut within its digits.
  const auto start_time = parse_unsigned<uint64_t>(next_field(rest));
  if (!pid || state.size() != 1 || !parent || !flags || !threads || !start_time || rest.empty()) return std::nullopt;
  stat.pid = *pid;
  stat.state = state[0];
  stat.parent_pid = *parent;
  stat.flags = *flags;
  stat.threads = *threads;
  stat.start_time = *start_time;
  return stat;
}

std::optional<RunWitness> parse_schedstat(std::string_view text) noexcept {
  const auto run = parse_unsigned<uint64_t>(next_field(text));
  next_field(text);
  const auto slices = parse_unsigned<uint64_t>(next_field(text));
  if (!run || !slices || *slices == 0) return std::nullopt;
  return RunWitness{*run, *slices};
}

std::optional<uint32_t> parse_socket_link(std::string_view text) noexcept {
  constexpr std::string_view kPrefix = "socket:[";
  if (!text.starts_with(kPrefix) || !text.ends_with(']')) return std::nullopt;
  return parse_unsigned<uint32_t>(text.substr(kPrefix.size(), text.size() - kPrefix.size() - 1));
}

}  // namespace nettrace
