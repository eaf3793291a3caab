// Owns: reading small files and numbered directories below an injected /proc. No allocation on the hot calls.
// Knows nothing of: what the files mean.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "native/base/result.h"
#include "native/base/unique_fd.h"

namespace nettrace {

/// Text of a small file, valid as long as the buffer it was read into. `error` is an errno, 0 if it was read.
struct FileText {
  std::string_view text;
  int error = 0;
};

/// Reads at most `buffer.size()` bytes of `path` relative to the directory `directory_fd`; the rest is cut off.
FileText read_file_at(int directory_fd, const char* path, std::span<char> buffer) noexcept;

/// Target of a symbolic link, cut at the buffer's size. `error` is an errno, 0 if it was read.
FileText read_link_at(int directory_fd, const char* path, std::span<char> buffer) noexcept;

/// Decimal text of a number with its terminating NUL, for file names such as "4711".
class NumberName {
 public:
  explicit NumberName(uint32_t number) noexcept;
  const char* c_str() const noexcept { return text_.data(); }

 private:
  std::array<char, 12> text_{};
};

/// Names in a directory that are decimal numbers, in the order of the kernel. Can be left and taken up again.
class NumberedDirectory {
 public:
  NumberedDirectory() = default;
  explicit NumberedDirectory(UniqueFd directory) noexcept : directory_(std::move(directory)) {}

  int fd() const noexcept { return directory_.get(); }
  /// The next number; nothing at the end or where the directory has gone.
  std::optional<uint32_t> next();

 private:
  static constexpr size_t kBufferSize = 8192;
  UniqueFd directory_;
  std::string buffer_;
  size_t position_ = 0;
  size_t length_ = 0;
  bool end_ = false;
};

/// The root of a /proc tree; tests hand in a fabricated one.
class ProcRoot {
 public:
  /// Errors: kProcUnreadable.
  static Result<ProcRoot> open(const std::string& path);

  int fd() const noexcept { return root_.get(); }
  FileText read(const char* path, std::span<char> buffer) const noexcept { return read_file_at(fd(), path, buffer); }
  /// The directory of a process. It stays with that process: after its end all reads through it fail, also when the
  /// pid is used again (proc_pid_lookup pins struct pid). Empty with errno set where there is none.
  UniqueFd process(uint32_t pid) const noexcept;
  /// The pids below the root; empty with errno set where the root cannot be listed.
  std::optional<NumberedDirectory> pids() const noexcept;

 private:
  explicit ProcRoot(UniqueFd root) noexcept : root_(std::move(root)) {}
  UniqueFd root_;
};

}  // namespace nettrace
