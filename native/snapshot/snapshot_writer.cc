#include "native/snapshot/snapshot_writer.h"

#include <cstring>

namespace nettrace {
namespace {

constexpr size_t kHeaderWords = 4;
constexpr size_t kDirectoryWords = (kTableCount + 1) * 2;

constexpr size_t aligned(size_t size) noexcept {
  return (size + 7) & ~size_t{7};
}

}  // namespace

SnapshotWriter::SnapshotWriter(const std::array<uint32_t, kTableCount>& rows) {
  std::array<uint32_t, kHeaderWords + kDirectoryWords> head{};
  size_t offset = aligned(sizeof head);
  size_t last_table = kTableCount;
  for (size_t i = 0; i < kColumns.size(); ++i) {
    const auto table = static_cast<size_t>(kColumns[i].table);
    if (table != last_table) {
      last_table = table;
      first_column_[table] = i;
      head[kHeaderWords + table * 2] = rows[table];
      head[kHeaderWords + table * 2 + 1] = static_cast<uint32_t>(offset);
    }
    starts_[i] = offset;
    offset += aligned(rows[table] * column_width(kColumns[i].type));
  }
  head[0] = kSnapshotMagic;
  head[1] = kSchemaVersion;
  head[2] = kTableCount;
  head[kHeaderWords + kTableCount * 2 + 1] = static_cast<uint32_t>(offset);
  size_ = offset;
  data_.reset(static_cast<uint8_t*>(std::calloc(1, size_)));
  if (data_ != nullptr) std::memcpy(data_.get(), head.data(), sizeof head);
  add_text({});  // index 0, which unset cells hold, is the empty string
}

uint32_t SnapshotWriter::add_text(std::string_view value) {
  if (value.empty() && !ends_.empty()) return 0;
  characters_.insert(characters_.end(), value.begin(), value.end());
  ends_.push_back(static_cast<uint32_t>(characters_.size()));
  return static_cast<uint32_t>(ends_.size() - 1);
}

SnapshotBuffer SnapshotWriter::finish() {
  if (data_ == nullptr) return {};
  const size_t total = size_ + ends_.size() * sizeof(uint32_t) + characters_.size();
  auto* grown = static_cast<uint8_t*>(std::realloc(data_.get(), total));
  if (grown == nullptr) return {};
  static_cast<void>(data_.release());
  data_.reset(grown);
  std::memcpy(grown + size_, ends_.data(), ends_.size() * sizeof(uint32_t));
  if (!characters_.empty())
    std::memcpy(grown + size_ + ends_.size() * sizeof(uint32_t), characters_.data(), characters_.size());
  const auto strings = static_cast<uint32_t>(ends_.size());
  const auto bytes = static_cast<uint32_t>(total);
  std::memcpy(grown + (kHeaderWords + kTableCount * 2) * sizeof(uint32_t), &strings, sizeof strings);
  std::memcpy(grown + 3 * sizeof(uint32_t), &bytes, sizeof bytes);
  return {std::move(data_), total};
}

}  // namespace nettrace
