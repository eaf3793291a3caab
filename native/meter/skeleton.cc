#include "native/meter/skeleton.h"

#include <linux/bpf.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "native/base/signals_held_back.h"
#include "native/meter/bpf_call.h"

namespace nettrace {
namespace {

/// What the loader program is given and fills in: this header, then a MapSlot for each map and an int for each program
/// (struct bpf_loader_ctx, bpf_map_desc and bpf_prog_desc of libbpf's light skeletons).
struct LoaderHeader {
  uint32_t size = 0;
  uint32_t flags = 0;
  uint32_t log_level = 0;
  uint32_t log_size = 0;
  uint64_t log_buffer = 0;
};
struct MapSlot {
  int32_t fd = 0;
  uint32_t max_entries = 0;    ///< 0: as in the image
  uint64_t initial_value = 0;  ///< 0: as in the image
};
static_assert(sizeof(LoaderHeader) == 24 && sizeof(MapSlot) == 16);

size_t count_words(std::string_view text) noexcept {
  return text.empty() ? 0 : 1 + static_cast<size_t>(std::count(text.begin(), text.end(), ' '));
}

Error failed(const SkeletonImage& image, const char* step, int number) {
  return Error{ErrorCode::kMeterFailed, "bpf", number, std::string(image.name), step};
}

/// Both the verifier's limit for the loader and the loader's own data are far below a megabyte.
UniqueFd make_data_map(const std::vector<uint8_t>& data) noexcept {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = sizeof(uint32_t);
  attributes.value_size = static_cast<uint32_t>(data.size());
  attributes.max_entries = 1;
  std::memcpy(attributes.map_name, "nettrace_load", sizeof "nettrace_load");
  UniqueFd map(bpf_call(BPF_MAP_CREATE, attributes));
  const uint32_t first = 0;
  if (map && !bpf_update(map.get(), &first, data.data())) {
    const int number = errno;
    map.reset();
    errno = number;
  }
  return map;
}

UniqueFd load_loader(const std::vector<uint8_t>& instructions, int data_map) noexcept {
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_SYSCALL;
  attributes.insns = reinterpret_cast<uintptr_t>(instructions.data());
  attributes.insn_cnt = static_cast<uint32_t>(instructions.size() / sizeof(bpf_insn));
  attributes.license = reinterpret_cast<uintptr_t>("Dual BSD/GPL");
  attributes.prog_flags = BPF_F_SLEEPABLE;
  attributes.fd_array = reinterpret_cast<uintptr_t>(&data_map);
  std::memcpy(attributes.prog_name, "nettrace_load", sizeof "nettrace_load");
  return UniqueFd(bpf_call(BPF_PROG_LOAD, attributes));
}

/// 0 or an errno. The loader closes what it made where it fails.
int run_loader(int loader, std::vector<uint8_t>& context) noexcept {
  bpf_attr attributes{};
  attributes.test.prog_fd = static_cast<uint32_t>(loader);
  attributes.test.ctx_in = reinterpret_cast<uintptr_t>(context.data());
  attributes.test.ctx_size_in = static_cast<uint32_t>(context.size());
  if (bpf_call(BPF_PROG_RUN, attributes) != 0) return errno;
  const auto result = static_cast<int32_t>(attributes.test.retval);
  return result < 0 ? -result : 0;
}

int digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

bool append_base64(std::string_view text, std::vector<uint8_t>& output) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int value = digit(c);
    if (value < 0) return false;
    bits = bits << 6 | static_cast<uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    output.push_back(static_cast<uint8_t>(bits >> held));
  }
  return true;
}

Result<Skeleton> Skeleton::load(const SkeletonImage& image) {
  std::vector<uint8_t> data(image.data_zeros);
  std::vector<uint8_t> instructions;
  data.reserve(image.data_size + 8);
  if (!append_base64(image.data, data) || !append_base64(image.instructions, instructions) ||
      data.size() != image.data_size) {
    return failed(image, "the image is damaged", EINVAL);
  }
  const SignalsHeldBack held_back;  // the verifier gives up as soon as a signal is pending
  const UniqueFd data_map = make_data_map(data);
  if (!data_map) return failed(image, "making a map", errno);
  const UniqueFd loader = load_loader(instructions, data_map.get());
  if (!loader) return failed(image, "loading a program that loads", errno);

  const size_t maps = count_words(image.maps);
  const size_t programs = count_words(image.programs);
  const size_t programs_at = sizeof(LoaderHeader) + maps * sizeof(MapSlot);
  std::vector<uint8_t> context(programs_at + programs * sizeof(int32_t));
  LoaderHeader header;
  header.size = static_cast<uint32_t>(context.size());
  std::memcpy(context.data(), &header, sizeof header);
  const int number = run_loader(loader.get(), context);
  if (number != 0) return failed(image, "loading the programs", number);

  Skeleton loaded(image);
  for (size_t i = 0; i < maps; ++i) {
    MapSlot slot;
    std::memcpy(&slot, &context[sizeof header + i * sizeof slot], sizeof slot);
    loaded.maps_.emplace_back(slot.fd);
  }
  for (size_t i = 0; i < programs; ++i) {
    int32_t fd = 0;
    std::memcpy(&fd, &context[programs_at + i * sizeof fd], sizeof fd);
    loaded.programs_.emplace_back(fd);
  }
  return loaded;
}

int Skeleton::find(std::string_view names, const std::vector<UniqueFd>& fds, std::string_view name) noexcept {
  for (const UniqueFd& fd : fds) {
    const size_t end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return fd.get();
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return -1;
}

}  // namespace nettrace
