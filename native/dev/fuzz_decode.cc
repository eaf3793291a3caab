// Owns: the libFuzzer entry for the decoder. Input: link type (index into kLinkTypes), cut, then the frame.
// Knows nothing of: what a right decoding is; it aborts where an invariant breaks.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "native/dev/decode_invariants.h"

namespace {

void require(const char* broken) {
  if (broken == nullptr) return;
  std::fprintf(stderr, "broken invariant: %s\n", broken);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kPrefix = 2;
  if (size < kPrefix) return 0;
  const int link_type = nettrace::dev::kLinkTypes[data[0] % std::size(nettrace::dev::kLinkTypes)];
  const size_t kept = std::min<size_t>(data[1], size - kPrefix);
  const auto wire_length = static_cast<uint32_t>(size - kPrefix);

  const nettrace::dev::ExactCopy frame(data + kPrefix, size - kPrefix);
  const auto whole = nettrace::decode_frame(link_type, frame.bytes(), wire_length, 0);
  require(nettrace::dev::broken_invariant(whole, frame.bytes().size()));

  const nettrace::dev::ExactCopy beginning(data + kPrefix, kept);
  const auto cut = nettrace::decode_frame(link_type, beginning.bytes(), wire_length, 0);
  require(nettrace::dev::broken_invariant(cut, kept));
  require(nettrace::dev::broken_by_cut(whole, cut));
  if (link_type == 127 && whole.outcome != nettrace::Outcome::kLinkTypeUnknown) require("an unknown link type");
  return 0;
}
