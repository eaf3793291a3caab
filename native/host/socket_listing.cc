#include "native/host/socket_listing.h"

namespace nettrace {

#define NETTRACE_COLUMN(type, column, name) column.push_back(row.column);

void InetColumns::append(const InetRow& row) {
#include "native/host/listing_inet.def"
}

void MemoryColumns::append(const MemoryRow& row) {
#include "native/host/listing_memory.def"
}

void TcpInfoColumns::append(const TcpInfoRow& row) {
#include "native/host/listing_tcp_info.def"
}

void UnixColumns::append(const UnixRow& row, std::string_view name_bytes) {
#include "native/host/listing_unix.def"
  name.append(name_bytes);
}

void PacketColumns::append(const PacketRow& row){
#include "native/host/listing_packet.def"
}

#undef NETTRACE_COLUMN

#define NETTRACE_COLUMN(type, column, name) copy.column = column[place];

UnixRow UnixColumns::row(size_t place) const {
  UnixRow copy;
#include "native/host/listing_unix.def"
  return copy;
}

#undef NETTRACE_COLUMN

#define NETTRACE_COLUMN(type, column, name) \
  if (column.size() > rows) column.resize(rows);

void InetColumns::truncate(size_t rows) {
#include "native/host/listing_inet.def"
}

void MemoryColumns::truncate(size_t rows) {
#include "native/host/listing_memory.def"
}

void TcpInfoColumns::truncate(size_t rows) {
#include "native/host/listing_tcp_info.def"
}

void UnixColumns::truncate(size_t rows) {
#include "native/host/listing_unix.def"
  name.truncate(rows);
}

void PacketColumns::truncate(size_t rows) {
#include "native/host/listing_packet.def"
}

#undef NETTRACE_COLUMN

}  // namespace nettrace
