// Owns: compiling and running filters with libpcap.
#include "native/capture/filter.h"

#include <pcap/pcap.h>

namespace nettrace {
namespace {

struct ClosePcap {
  void operator()(pcap_t* handle) const noexcept { pcap_close(handle); }
};

}  // namespace

void Filter::Free::operator()(bpf_program* program) const noexcept {
  pcap_freecode(program);
  delete program;
}

Result<Filter> Filter::compile(int link_type, int snaplen, const std::string& expression) {
  const std::unique_ptr<pcap_t, ClosePcap> handle(pcap_open_dead(link_type, snaplen));
  if (!handle) return Error{ErrorCode::kResourceExhausted, "pcap_open_dead", 0, expression, {}};
  Filter filter;
  filter.program_.reset(std::make_unique<bpf_program>().release());
  if (pcap_compile(handle.get(), filter.program_.get(), expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return Error{ErrorCode::kFilterInvalid, "", 0, expression, pcap_geterr(handle.get())};
  }
  return filter;
}

bool Filter::matches(std::span<const uint8_t> captured, uint32_t wire_length) const noexcept {
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(captured.size());
  header.len = wire_length;
  return pcap_offline_filter(program_.get(), &header, captured.data()) != 0;
}

Result<void> check_filter(int link_type, int snaplen, const std::string& expression) {
  if (auto filter = Filter::compile(link_type, snaplen, expression); !filter) return filter.error();
  return {};
}

}  // namespace nettrace
