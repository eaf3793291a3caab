// Owns: a libFuzzer target for what capture reads besides frames: capture files and rtnetlink messages.
// Knows nothing of: the file source's buffer (its own test cuts files at every byte).
#include <cstdint>
#include <cstdlib>
#include <span>
#include <variant>

#include "native/capture/capture_format.h"
#include "native/capture/interface.h"

namespace nettrace {
namespace {

/// Walks like the file source; aborts where a record contradicts its window or the walk makes no progress.
void walk_file(Bytes file) {
  auto format = recognise_capture(file);
  capture_link_type(file);
  if (!format) return;
  for (Bytes window = file;;) {
    const CaptureRecord record = std::visit([&](auto& one) { return one.next(window); }, *format);
    if (record.kind == CaptureRecord::Kind::kInvalid) return;
    if (record.kind == CaptureRecord::Kind::kNeedMore) {
      if (record.length <= window.size()) std::abort();
      return;
    }
    if (record.length == 0) std::abort();
    if (record.kind == CaptureRecord::Kind::kFrame &&
        (!window.has(0, record.length) || record.offset + record.captured > record.length)) {
      std::abort();
    }
    if (!window.has(0, record.length)) return;
    window = window.from(record.length);
  }
}

void walk_netlink(Bytes datagram) {
  InterfaceTable table;
  NetlinkMessages messages(datagram);
  while (const auto message = messages.next()) {
    table.apply(*message);
    netlink_status(*message);
  }
  local_addresses_of(table.all());
}

}  // namespace
}  // namespace nettrace

/// The first byte chooses the reader; libFuzzer hands over a heap block of the exact size.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const nettrace::Bytes input(data, size);
  if (size == 0) return 0;
  if (input.u8(0) % 2 == 0) {
    nettrace::walk_file(input.from(1));
  } else {
    nettrace::walk_netlink(input.from(1));
  }
  return 0;
}
