// Owns: what must hold for every name that is read, whatever the bytes were; checked by the fuzzer and the corpus run.
// Knows nothing of: which name is the right one.
#pragma once

#include <algorithm>
#include <string_view>

#include "native/names/name_clue.h"

namespace nettrace::dev {

/// The first invariant that the name breaks, as text; nullptr if it breaks none.
inline const char* broken_name(const HostName& name) {
  const std::string_view text = name.text();
  if (text.empty() || text.size() > HostName::kLongest) return "a name has 1 to 253 characters";
  size_t label = 0;
  for (const char one : text) {
    const bool allowed = (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') || one == '-' || one == '_';
    if (!allowed && one != '.') return "a name has letters, digits, '-', '_' and dots";
    if (one == '.' && label == 0) return "no label is empty";
    label = one == '.' ? 0 : label + 1;
    if (label > HostName::kLongestLabel) return "a label has at most 63 characters";
  }
  return label == 0 ? "no label is empty" : nullptr;
}

inline const char* broken_clue(const NameClue& clue) {
  if (clue.address_count > NameClue::kMostAddresses) return "addresses fit their array";
  if ((clue.kind == NameClue::Kind::kAnswer) != (clue.address_count > 0))
    return "an answer, and it alone, has addresses";
  return broken_name(clue.name);
}

/// What a beginning of the message of `whole` may say: less, but nothing else.
inline const char* broken_by_cut(bool read_whole, const NameClue& whole, const NameClue& cut) {
  if (!read_whole) return "what is in a beginning is in the whole";
  if (cut.name != whole.name || cut.kind != whole.kind || cut.id != whole.id) return "cut: another name, kind or id";
  const auto few = cut.known_addresses(), all = whole.known_addresses();
  const bool same = few.size() <= all.size() && std::equal(few.begin(), few.end(), all.begin());
  return same ? nullptr : "cut: other addresses";
}

}  // namespace nettrace::dev
