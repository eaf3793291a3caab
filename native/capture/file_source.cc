// Owns: the buffer over the file, and the loop from records to frames.
#include "native/capture/file_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "native/base/unique_fd.h"
#include "native/capture/capture_format.h"
#include "native/capture/filter.h"

namespace nettrace {
namespace {

/// One read(2). Stays in the second-level cache; the rest of the buffer only holds what a long record needs.
constexpr size_t kChunk = 262'144;
constexpr size_t kBufferSize = kMaxRecordLength + kChunk;
constexpr int kFilterSnaplen = 262'144;

/// The unread bytes of a file, contiguous.
class FileWindow {
 public:
  FileWindow(UniqueFd owned, int fd) : owned_(std::move(owned)), fd_(fd), buffer_(kBufferSize) {}

  std::span<const uint8_t> unread() const noexcept { return std::span(buffer_).subspan(begin_, end_ - begin_); }
  /// Drops the next `length` bytes. False if they reach past what has been read: fill() then drops the rest.
  bool consume(size_t length) noexcept {
    const size_t here = std::min(length, end_ - begin_);
    begin_ += here;
    to_skip_ += length - here;
    return to_skip_ == 0;
  }
  /// One read(2) behind the unread bytes. True at the end of the file, if nothing was added.
  Result<bool> fill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
    ssize_t count = 0;
    do {
      count = ::read(fd_, buffer_.data() + end_, std::min(kChunk, buffer_.size() - end_));
    } while (count < 0 && errno == EINTR);
    if (count < 0) return Error::from_errno(ErrorCode::kFileUnreadable, "read");
    end_ += static_cast<size_t>(count);
    const size_t skipped = std::min(to_skip_, end_ - begin_);
    begin_ += skipped;
    to_skip_ -= skipped;
    return count == 0;
  }
  /// True if the file ends on a record boundary when it ends now.
  bool at_boundary() const noexcept { return begin_ == end_ && to_skip_ == 0; }
  int fd() const noexcept { return fd_; }

 private:
  UniqueFd owned_;
  int fd_;
  std::vector<uint8_t> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t to_skip_ = 0;  ///< bytes of a skipped record that have not been read yet
};

class FileSource final : public FrameSource {
 public:
  FileSource(FileWindow window, bool waits, FileOptions options)
      : window_(std::move(window)), waits_(waits), options_(std::move(options)) {}

  /// Recognises the format and compiles the filter; true once both are done. A pipe may have too little data yet.
  Result<bool> begin() {
    while (!format_) {
      const auto unread = window_.unread();
      if (unread.size() < PcapFormat::kHeaderLength && !end_) {
        if (waits_ && !data_is_there()) return false;
        if (auto filled = fill(); !filled) return filled.error();
        continue;
      }
      format_ = recognise_capture(Bytes(unread));
      if (!format_) return Error{ErrorCode::kFileNotACapture, "", 0, options_.path, describe(Bytes(unread))};
    }
    const int first_link_type = capture_link_type(Bytes(window_.unread()));
    if (!options_.filter.empty() && first_link_type >= 0) {
      if (auto filter = filter_for(first_link_type); !filter) return filter.error();
    }
    return true;
  }

  Result<ReadResult> read(size_t limit, FrameCallback callback, void* context) override {
    if (!format_) {
      auto begun = begin();
      if (!begun) return begun.error();
      if (!begun.value()) return ReadResult{};
    }
    return std::visit([&](auto& format) { return read_records(format, limit, callback, context); }, *format_);
  }

  int ready_fd() const noexcept override { return waits_ ? window_.fd() : -1; }
  int link_type() const noexcept override {
    if (!format_) return -1;
    const auto* classic = std::get_if<PcapFormat>(&*format_);
    return classic != nullptr ? classic->link_type() : std::get_if<PcapngFormat>(&*format_)->link_type();
  }
  CaptureLoss loss() override {
    return format_ ? std::visit([](const auto& format) { return format.loss(); }, *format_) : CaptureLoss{};
  }

 private:
  /// Reads the file at most once, so that a call stays short even where a filter lets nothing pass.
  template <typename Format>
  Result<ReadResult> read_records(Format& format, size_t limit, FrameCallback callback, void* context) {
    ReadResult result;
    bool filled = false;
    while (result.frames < limit) {
      const auto unread = window_.unread();
      const CaptureRecord record = format.next(Bytes(unread));
      if (record.kind == CaptureRecord::Kind::kFrame) {
        const auto data = unread.subspan(record.offset, record.captured);
        window_.consume(record.length);
        if (!options_.filter.empty()) {
          auto passes = filter_passes(record, data);
          if (!passes) return passes.error();
          if (!passes.value()) continue;
        }
        callback(context, Frame{Bytes(data), record.wire_length, record.timestamp_ns, record.link_type});
        ++result.frames;
      } else if (record.kind == CaptureRecord::Kind::kInvalid) {
        return Error{ErrorCode::kFileUnreadable, "", 0, options_.path, record.problem};
      } else if (record.kind == CaptureRecord::Kind::kSkip && window_.consume(record.length)) {
        continue;
      } else {
        if (filled || result.frames > 0 || (waits_ && !data_is_there())) return result;
        filled = true;
        if (auto read = fill(); !read) return read.error();
        if (!end_) continue;
        if (!window_.at_boundary()) return Error{ErrorCode::kFileTruncated, "", 0, options_.path, {}};
        result.end = true;
        return result;
      }
    }
    return result;
  }

  Result<void> fill() {
    auto filled = window_.fill();
    if (!filled) {
      filled.error().subject = options_.path;
      return filled.error();
    }
    end_ = filled.value();
    return {};
  }

  bool data_is_there() const noexcept {
    pollfd one{window_.fd(), POLLIN, 0};
    return ::poll(&one, 1, 0) > 0;
  }

  Result<bool> filter_passes(const CaptureRecord& record, std::span<const uint8_t> data) {
    auto filter = filter_for(record.link_type);
    if (!filter) return filter.error();
    return filter.value()->matches(data, record.wire_length);
  }

  Result<const Filter*> filter_for(int link_type) {
    for (const auto& [type, filter] : filters_) {
      if (type == link_type) return &filter;
    }
    auto compiled = Filter::compile(link_type, kFilterSnaplen, options_.filter);
    if (!compiled) return compiled.error();
    filters_.emplace_back(link_type, std::move(compiled).value());
    return &filters_.back().second;
  }

  static std::string describe(Bytes start) {
    if (start.size() == 0) return "it is empty";
    if (PcapFormat::recognises(start)) return "it ends within the file header";
    if (start.u16(0) == 0x1f8b) return "it is compressed with gzip; unpack it first";
    if (start.u32(0) == 0x28b52ffd) return "it is compressed with zstd; unpack it first";
    return {};
  }

  FileWindow window_;
  bool waits_;  ///< a pipe or terminal: reading may have to wait for data
  FileOptions options_;
  std::optional<CaptureFormat> format_;
  std::vector<std::pair<int, Filter>> filters_;  ///< one per link type seen
  bool end_ = false;
};

}  // namespace

Result<std::unique_ptr<FrameSource>> open_file(const FileOptions& options) {
  const bool is_standard_input = options.path == "-";
  UniqueFd owned(is_standard_input ? -1 : ::open(options.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!is_standard_input && !owned) return Error::from_errno(ErrorCode::kFileUnreadable, "open", options.path);
  const int fd = is_standard_input ? STDIN_FILENO : owned.get();
  struct stat status {};
  if (::fstat(fd, &status) != 0) return Error::from_errno(ErrorCode::kFileUnreadable, "fstat", options.path);
  if (S_ISDIR(status.st_mode)) return Error{ErrorCode::kFileUnreadable, "read", EISDIR, options.path, {}};
  const bool waits = !S_ISREG(status.st_mode);
  auto source = std::make_unique<FileSource>(FileWindow(std::move(owned), fd), waits, options);
  if (!waits) {
    if (auto begun = source->begin(); !begun) return begun.error();
  }
  return std::unique_ptr<FrameSource>(std::move(source));
}

}  // namespace nettrace
