// Owns: the layout of a snapshot buffer: header, directory, columns, string table (src/native/snapshot-view.ts reads
// it). Knows nothing of: what the rows mean.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "native/base/ip_address.h"
#include "native/snapshot/schema.h"

namespace nettrace {

struct FreeDeleter {
  void operator()(void* memory) const noexcept { std::free(memory); }
};

/// A finished snapshot. Empty (size 0) if memory ran out.
struct SnapshotBuffer {
  std::unique_ptr<uint8_t, FreeDeleter> data;
  size_t size = 0;
};

/// Row counts are given at once, then cells are set in any order, then finish() is called once.
class SnapshotWriter {
 public:
  explicit SnapshotWriter(const std::array<uint32_t, kTableCount>& rows);

  /// Cell setters; the caller names a column of the right type. Unset cells are 0.
  void f64(Table table, uint8_t column, uint32_t row, double value) noexcept { set(table, column, row, value); }
  void u32(Table table, uint8_t column, uint32_t row, uint32_t value) noexcept { set(table, column, row, value); }
  void u16(Table table, uint8_t column, uint32_t row, uint16_t value) noexcept { set(table, column, row, value); }
  void u8(Table table, uint8_t column, uint32_t row, uint8_t value) noexcept { set(table, column, row, value); }
  void ip(Table table, uint8_t column, uint32_t row, const IpAddress& value) noexcept {
    set(table, column, row, value.bytes);
  }
  void text(Table table, uint8_t column, uint32_t row, std::string_view value) {
    set(table, column, row, add_text(value));
  }

  SnapshotBuffer finish();

 private:
  template <typename T>
  void set(Table table, uint8_t column, uint32_t row, const T& value) noexcept {
    if (data_ == nullptr) return;
    const size_t offset = starts_[first_column_[static_cast<size_t>(table)] + column] + row * sizeof(T);
    std::memcpy(data_.get() + offset, &value, sizeof(T));
  }
  uint32_t add_text(std::string_view value);

  std::array<size_t, kTableCount> first_column_{};
  std::array<size_t, kColumns.size()> starts_{};
  std::unique_ptr<uint8_t, FreeDeleter> data_;
  size_t size_ = 0;
  std::vector<uint32_t> ends_;  ///< end offset of each string
  std::vector<char> characters_;
};

}  // namespace nettrace
