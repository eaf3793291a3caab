// Tests: the layout of a snapshot buffer, as src/native/snapshot-view.ts reads it.
#include "native/snapshot/snapshot_writer.h"

#include <string>

#include "native/dev/test.h"

using namespace nettrace;

namespace {

template <typename T>
T at(const SnapshotBuffer& buffer, size_t offset) {
  T value{};
  if (offset + sizeof value <= buffer.size) std::memcpy(&value, buffer.data.get() + offset, sizeof value);
  return value;
}

uint32_t rows_of(const SnapshotBuffer& buffer, size_t entry) {
  return at<uint32_t>(buffer, 16 + entry * 8);
}
uint32_t start_of(const SnapshotBuffer& buffer, size_t entry) {
  return at<uint32_t>(buffer, 16 + entry * 8 + 4);
}

std::array<uint32_t, kTableCount> rows(Table table, uint32_t count) {
  std::array<uint32_t, kTableCount> all{};
  all[static_cast<size_t>(table)] = count;
  return all;
}

}  // namespace

TEST("header and directory give magic, version, tables, size and row counts") {
  SnapshotWriter out(rows(Table::accounts, 3));
  const SnapshotBuffer buffer = out.finish();
  CHECK_EQ(at<uint32_t>(buffer, 0), kSnapshotMagic);
  CHECK_EQ(at<uint32_t>(buffer, 4), kSchemaVersion);
  CHECK_EQ(at<uint32_t>(buffer, 8), kTableCount);
  CHECK_EQ(at<uint32_t>(buffer, 12), buffer.size);
  CHECK_EQ(rows_of(buffer, static_cast<size_t>(Table::accounts)), 3U);
  CHECK_EQ(rows_of(buffer, static_cast<size_t>(Table::flows)), 0U);
}

TEST("columns follow each other at multiples of 8 bytes, in the order of the schema") {
  SnapshotWriter out(rows(Table::addresses, 3));  // u16, ip, u8
  out.u16(Table::addresses, column::addresses::interface, 2, 7);
  out.ip(Table::addresses, column::addresses::address, 1, IpAddress::v4(0x01020304));
  out.u8(Table::addresses, column::addresses::prefix, 2, 24);
  const SnapshotBuffer buffer = out.finish();
  const size_t start = start_of(buffer, static_cast<size_t>(Table::addresses));
  CHECK_EQ(start % 8, size_t{0});
  CHECK_EQ(at<uint16_t>(buffer, start + 4), 7);
  CHECK_EQ(at<uint8_t>(buffer, start + 8 + 16 + 15), 4);
  CHECK_EQ(at<uint8_t>(buffer, start + 8 + 48 + 2), 24);
}

TEST("text comes back by its index, and an unset cell is the empty string") {
  SnapshotWriter out(rows(Table::faults, 2));
  out.text(Table::faults, column::faults::subject, 1, "eth0");
  out.text(Table::faults, column::faults::code, 1, "");
  const SnapshotBuffer buffer = out.finish();
  const size_t strings = start_of(buffer, kTableCount);
  CHECK_EQ(rows_of(buffer, kTableCount), 2U);
  CHECK_EQ(at<uint32_t>(buffer, strings), 0U);      // string 0 ends at 0
  CHECK_EQ(at<uint32_t>(buffer, strings + 4), 4U);  // string 1 ends at 4
  CHECK_EQ(std::string(reinterpret_cast<const char*>(buffer.data.get()) + strings + 8, 4), std::string("eth0"));
  CHECK_EQ(buffer.size, strings + 12);
}

TEST("every column of the schema has a place of its own") {
  std::array<uint32_t, kTableCount> all{};
  all.fill(2);
  SnapshotWriter out(all);
  size_t expected = 0;
  for (const ColumnInfo& one : kColumns) expected += (2 * column_width(one.type) + 7) / 8 * 8;
  const SnapshotBuffer buffer = out.finish();
  CHECK_EQ(start_of(buffer, kTableCount) - start_of(buffer, 0), expected);
}
