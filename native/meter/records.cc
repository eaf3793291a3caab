#include "native/meter/records.h"

namespace nettrace {

WayCounters& WayCounters::operator+=(const WayCounters& other) noexcept {
  packets += other.packets;
  ip_bytes += other.ip_bytes;
  frames += other.frames;
  frame_bytes += other.frame_bytes;
  payload_bytes += other.payload_bytes;
  return *this;
}

WayCounters& WayCounters::operator-=(const WayCounters& other) noexcept {
  packets -= other.packets;
  ip_bytes -= other.ip_bytes;
  frames -= other.frames;
  frame_bytes -= other.frame_bytes;
  payload_bytes -= other.payload_bytes;
  return *this;
}

LaneCounters& LaneCounters::operator+=(const LaneCounters& other) noexcept {
  sent += other.sent;
  received += other.received;
  return *this;
}

LaneCounters& LaneCounters::operator-=(const LaneCounters& other) noexcept {
  sent -= other.sent;
  received -= other.received;
  return *this;
}

}  // namespace nettrace
