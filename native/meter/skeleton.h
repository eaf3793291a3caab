// Owns: loading a set of BPF programs and maps from an image (bpftool's light skeleton) with bpf(2) alone.
// Knows nothing of: what the programs do. Nothing stays in the kernel once the object is gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "native/base/result.h"
#include "native/base/unique_fd.h"

namespace nettrace {

/// What scripts/build-bpf.sh makes of a BPF object: a loader program, which the kernel runs, and the data it works on
/// (types, instructions, arguments of bpf(2)). Binary parts are in base64.
struct SkeletonImage {
  std::string_view name;
  std::string_view maps;      ///< names in the order of the loader's results, separated by blanks
  std::string_view programs;  ///< likewise
  size_t data_size = 0;
  size_t data_zeros = 0;  ///< bytes of zero that `data` begins with and that are left out
  std::string_view data;
  std::string_view instructions;
};

/// A loaded image.
class Skeleton {
 public:
  /// Loads all maps and programs, or nothing; attaches nothing. Needs Linux 5.14 (BPF_PROG_TYPE_SYSCALL).
  /// Errors: kMeterFailed with the errno of the step that failed (`detail` names it).
  static Result<Skeleton> load(const SkeletonImage& image);

  /// -1 where the image has no such map or program. "bss" is the map of the global variables.
  int map(std::string_view name) const noexcept { return find(image_->maps, maps_, name); }
  int program(std::string_view name) const noexcept { return find(image_->programs, programs_, name); }

 private:
  explicit Skeleton(const SkeletonImage& image) noexcept : image_(&image) {}
  static int find(std::string_view names, const std::vector<UniqueFd>& fds, std::string_view name) noexcept;

  const SkeletonImage* image_;
  std::vector<UniqueFd> maps_;
  std::vector<UniqueFd> programs_;
};

/// Decodes base64 (RFC 4648, 4) and appends it to `output`. False where a character is not of the alphabet.
bool append_base64(std::string_view text, std::vector<uint8_t>& output);

}  // namespace nettrace
