#include "native/snapshot/schema.h"

namespace nettrace {

std::vector<std::string> schema_lines() {
  std::vector<std::string> lines;
  for (const ColumnInfo& column : kColumns) {
    std::string line(column.table_name);
    line.append(".").append(column.name).append(":").append(column.type_name);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace nettrace
