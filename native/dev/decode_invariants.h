// Owns: what must hold for every PacketView, whatever the bytes were; checked by the fuzzer, the corpus run and the
// tests. Knows nothing of: what a right decoding of a given packet is.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

#include "native/decode/decode.h"

namespace nettrace::dev {

/// The link types that are decoded, and one that is not.
constexpr int kLinkTypes[] = {1, 113, 276, 12, 14, 101, 228, 229, 0, 108, 9, 50, 51, 104, 127};

/// Bytes in a heap block of exactly their size, so that AddressSanitizer sees a read of one byte too many.
class ExactCopy {
 public:
  ExactCopy(const uint8_t* data, size_t size) : block_(std::make_unique<uint8_t[]>(size)), size_(size) {
    if (size != 0) std::memcpy(block_.get(), data, size);
  }
  Bytes bytes() const { return Bytes(block_.get(), size_); }

 private:
  std::unique_ptr<uint8_t[]> block_;
  size_t size_;
};

/// The first invariant that `view` of a frame with `captured` bytes breaks, as text; nullptr if it breaks none.
inline const char* broken_invariant(const PacketView& view, size_t captured) {
  const bool is_ip = view.ip_version != 0;
  const uint64_t frame = std::max<uint64_t>(view.wire_length, captured);
  if (static_cast<size_t>(view.outcome) >= kOutcomeCount) return "the outcome is not in outcome.def";
  if (view.ip_version != 0 && view.ip_version != 4 && view.ip_version != 6) return "the IP version is 0, 4 or 6";
  if (view.segments == 0 || view.frame_length > view.wire_length) return "the wire has at least what was tapped";
  if (view.ip_length > frame) return "the IP packet fits its frame";
  if (view.payload_offset > captured) return "the payload starts in the frame";
  if (view.payload_length > view.ip_length) return "the payload fits its IP packet";
  if (!is_ip && (view.ip_length != 0 || view.protocol != 0 || view.has_transport)) return "without IP there is no more";
  if (!is_ip && view.fragment != FragmentKind::kNone) return "without IP there is no fragment";
  if (!is_ip && (view.outcome == Outcome::kOk)) return "without IP the outcome says why";
  if (is_ip && view.source.is_v4() != (view.ip_version == 4) && view.ip_version == 4)
    return "IPv4 addresses are mapped";
  if (view.outcome == Outcome::kOk && view.ip_length < (view.ip_version == 4 ? 20u : 40u)) return "IP has a header";
  if (view.fragment == FragmentKind::kLater && view.has_transport) return "a later fragment has no ports";
  if (view.fragment == FragmentKind::kNone && view.fragment_id != 0) return "only a fragment has a fragment id";
  if (!view.has_transport && (view.source_port != 0 || view.destination_port != 0)) return "ports need a transport";
  if (view.protocol != 6 && (view.tcp_flags != 0 || view.tcp_sequence != 0)) return "TCP fields need TCP";
  return nullptr;
}

inline bool is_truncated(Outcome outcome) {
  return outcome_label(outcome).ends_with("-truncated");
}

/// The first way in which `cut`, decoded from a beginning of the frame of `whole`, says something else than `whole`;
/// nullptr if it only says less. Truncation may leave a field out; it may not change one.
inline const char* broken_by_cut(const PacketView& whole, const PacketView& cut) {
  const auto differs = [](auto full, auto part) { return part != decltype(part){} && part != full; };
  if (cut.outcome != whole.outcome && !is_truncated(cut.outcome)) return "a cut gives the same outcome or a truncation";
  if (differs(whole.source, cut.source) || differs(whole.destination, cut.destination)) return "cut: addresses";
  if (differs(whole.source_mac, cut.source_mac)) return "cut: source_mac";
  if (differs(whole.destination_mac, cut.destination_mac)) return "cut: destination_mac";
  if (whole.wire_length != cut.wire_length) return "cut: wire_length";
  if (differs(whole.ip_length, cut.ip_length)) return "cut: ip_length";
  if (differs(whole.payload_length, cut.payload_length)) return "cut: payload_length";
  if (differs(whole.payload_offset, cut.payload_offset)) return "cut: payload_offset";
  if (differs(whole.fragment_id, cut.fragment_id)) return "cut: fragment_id";
  if (differs(whole.tcp_sequence, cut.tcp_sequence)) return "cut: tcp_sequence";
  if (differs(whole.source_port, cut.source_port)) return "cut: source_port";
  if (differs(whole.destination_port, cut.destination_port)) return "cut: destination_port";
  if (differs(whole.ethertype, cut.ethertype) || differs(whole.vlan_id, cut.vlan_id))
    return "cut: ethertype or vlan_id";
  if (differs(whole.ip_version, cut.ip_version)) return "cut: ip_version";
  if (differs(whole.protocol, cut.protocol)) return "cut: protocol";
  if (differs(whole.tcp_flags, cut.tcp_flags)) return "cut: tcp_flags";
  if (differs(whole.icmp_type, cut.icmp_type)) return "cut: icmp_type";
  if (differs(whole.fragment, cut.fragment)) return "cut: fragment";
  if (cut.packet_type != PacketType::kUnknown && cut.packet_type != whole.packet_type) return "cut: packet_type";
  return differs(whole.has_transport, cut.has_transport) ? "cut: has_transport" : nullptr;
}

}  // namespace nettrace::dev
