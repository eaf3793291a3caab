#include "native/host/proc_root.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "native/host/text_fields.h"

namespace nettrace {

FileText read_file_at(int directory_fd, const char* path, std::span<char> buffer) noexcept {
  const UniqueFd file(::openat(directory_fd, path, O_RDONLY | O_CLOEXEC));
  if (!file) return {{}, errno};
  size_t length = 0;
  while (length < buffer.size()) {
    const ssize_t got = ::read(file.get(), buffer.data() + length, buffer.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {{}, errno};
    if (got == 0) break;
    length += static_cast<size_t>(got);
  }
  return {std::string_view(buffer.data(), length), 0};
}

FileText read_link_at(int directory_fd, const char* path, std::span<char> buffer) noexcept {
  const ssize_t length = ::readlinkat(directory_fd, path, buffer.data(), buffer.size());
  if (length < 0) return {{}, errno};
  return {std::string_view(buffer.data(), static_cast<size_t>(length)), 0};
}

NumberName::NumberName(uint32_t number) noexcept {
  std::to_chars(text_.data(), text_.data() + text_.size() - 1, number);
}

std::optional<uint32_t> NumberedDirectory::next() {
  if (buffer_.empty()) buffer_.resize(kBufferSize);
  while (!end_) {
    if (position_ >= length_) {
      const long got = ::syscall(SYS_getdents64, directory_.get(), buffer_.data(), buffer_.size());
      if (got <= 0) {
        end_ = true;
        break;
      }
      position_ = 0;
      length_ = static_cast<size_t>(got);
    }
    // struct linux_dirent64, getdents64(2): the name begins behind the 8-byte inode, 8-byte offset, length and type.
    constexpr size_t kLengthOffset = 16;
    constexpr size_t kNameOffset = 19;
    uint16_t record_length = 0;
    std::memcpy(&record_length, buffer_.data() + position_ + kLengthOffset, sizeof record_length);
    if (record_length <= kNameOffset || record_length > length_ - position_) {
      end_ = true;
      break;
    }
    const char* name = buffer_.data() + position_ + kNameOffset;
    const size_t name_length = ::strnlen(name, record_length - kNameOffset);
    position_ += record_length;
    const auto number = parse_unsigned<uint32_t>(std::string_view(name, name_length));
    if (number) return number;
  }
  return std::nullopt;
}

Result<ProcRoot> ProcRoot::open(const std::string& path) {
  UniqueFd root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return Error::from_errno(ErrorCode::kProcUnreadable, "open", path);
  return ProcRoot(std::move(root));
}

UniqueFd ProcRoot::process(uint32_t pid) const noexcept {
  return UniqueFd(::openat(fd(), NumberName(pid).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

std::optional<NumberedDirectory> ProcRoot::pids() const noexcept {
  UniqueFd directory(::openat(fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return std::nullopt;
  return NumberedDirectory(std::move(directory));
}

}  // namespace nettrace
