// Owns: the snapshot's schema as types: one enumerator for each table and column, and the width of each column type.
// Knows nothing of: where the values come from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nettrace {

constexpr uint32_t kSnapshotMagic = 0x3153544e;  // "NTS1"
/// Grows by one whenever a table or column changes; equal to SCHEMA_VERSION in src/native/schema.ts.
constexpr uint32_t kSchemaVersion = 5;

enum class ColumnType : uint8_t { f64, u32, u16, u8, str, ip };

constexpr size_t column_width(ColumnType type) noexcept {
  switch (type) {
    case ColumnType::f64:
      return 8;
    case ColumnType::u32:
    case ColumnType::str:
      return 4;
    case ColumnType::u16:
      return 2;
    case ColumnType::u8:
      return 1;
    case ColumnType::ip:
      return 16;
  }
  return 0;
}

enum class Table : uint8_t {
#define TABLE(name) name,
#define COLUMN(table, name, type)
#define END(table)
#include "native/snapshot/schema.def"
#undef TABLE
#undef COLUMN
#undef END
};

/// Column numbers within their table: `column::flows::localPort`.
namespace column {
#define TABLE(name) \
  namespace name {  \
  enum : uint8_t {
#define COLUMN(table, name, type) name,
#define END(table) \
  kColumns         \
  }                \
  ;                \
  }
#include "native/snapshot/schema.def"
#undef TABLE
#undef COLUMN
#undef END
}  // namespace column

struct ColumnInfo {
  Table table;
  std::string_view table_name;
  std::string_view name;
  ColumnType type;
  std::string_view type_name;
};

constexpr std::array kColumns{
#define TABLE(name)
#define COLUMN(table, name, type) ColumnInfo{Table::table, #table, #name, ColumnType::type, #type},
#define END(table)
#include "native/snapshot/schema.def"
#undef TABLE
#undef COLUMN
#undef END
};

constexpr size_t kTableCount = static_cast<size_t>(kColumns.back().table) + 1;

/// `table.column:type` for every column, in the order of the buffer.
std::vector<std::string> schema_lines();

}  // namespace nettrace
