// Tests: which frames a ring keeps more of, by libpcap's own interpreter of the program, and that it drops none.
#include "native/capture/name_filter.h"

#include <pcap/pcap.h>

#include "native/capture/filter.h"
#include "native/dev/name_packets.h"
#include "native/dev/test.h"

using namespace nettrace;       // NOLINT(google-build-using-namespace): packets read as sentences
using namespace nettrace::dev;  // NOLINT(google-build-using-namespace): packets read as sentences

namespace {

constexpr uint32_t kSnaplen = 16;  // so that nearly every frame here is longer
constexpr uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd;

using Program = std::vector<FilterInstruction>;
static_assert(sizeof(FilterInstruction) == sizeof(bpf_insn));

const Program kAcceptAll{{BPF_RET | BPF_K, 0, 0, kSnaplen}};

uint32_t kept(const Packet& frame, const Program& program = keep_names(kAcceptAll, true, kSnaplen)) {
  return bpf_filter(reinterpret_cast<const bpf_insn*>(program.data()), frame.data(), static_cast<u_int>(frame.size()),
                    static_cast<u_int>(frame.size()));
}

const Packet kHello = tls_record(client_hello(server_name_extension("a.example")));
const Packet kInitial = quic_initial(Packet(8, 1), 0, Packet(1200, 0));

}  // namespace

TEST("DNS, the hello of a TLS client and a QUIC Initial packet are kept longer, over IPv4 and IPv6") {
  const Packet dns = dns_question(1, "a.example");
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(17, udp(40000, 53, dns)))), kNamedBytes);
  CHECK_EQ(kept(ethernet(kIpv6, ipv6(17, udp(53, 40000, dns)))), kNamedBytes);
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(6, tcp(53, 40000, with_length(dns))))), kNamedBytes);
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(6, tcp(40000, 8443, kHello, 0x18, -1, filler(12))))), kNamedBytes);
  CHECK_EQ(kept(ethernet(kIpv6, ipv6(6, tcp(40000, 443, kHello)))), kNamedBytes);
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(17, udp(40000, 443, kInitial), {.options = filler(8)}))), kNamedBytes);
}

TEST("all else is cut to the snaplen: other data, later records, fragments, ARP") {
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(6, tcp(40000, 443, filler(500))))), kSnaplen);
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(6, tcp(40000, 443, {})))), kSnaplen);
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(6, tcp(40000, 443, be8(23) + be16(0x0303) + filler(500))))), kSnaplen);
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(17, udp(40000, 443, be8(0x40) + filler(500))))), kSnaplen);
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(17, udp(40000, 53, filler(40)), {.fragment = kMoreFragments}))), kSnaplen);
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(1, icmp(8, 53, filler(40))))), kSnaplen);
  CHECK_EQ(kept(ethernet(0x0806, filler(46))), kSnaplen);
}

TEST("frames without a link header are read from IP's on") {
  const Program program = keep_names(kAcceptAll, false, kSnaplen);
  CHECK_EQ(kept(ipv4(17, udp(40000, 53, dns_question(1, "a.example"))), program), kNamedBytes);
  CHECK_EQ(kept(ipv6(6, tcp(40000, 443, kHello)), program), kNamedBytes);
  CHECK_EQ(kept(ipv4(6, tcp(40000, 443, filler(99))), program), kSnaplen);
}

TEST("a frame that ends anywhere is kept all the same, however long its headers claim to be") {
  const Packet frames[] = {
      ethernet(kIpv4, ipv4(6, tcp(40000, 443, kHello, 0x18, 15, filler(40)))),
      ethernet(kIpv4, ipv4(17, udp(40000, 443, kInitial), {.options = {}, .version = 4, .header_words = 15})),
      ethernet(kIpv6, ipv6(6, tcp(40000, 443, kHello))),
      ethernet(kIpv4, ipv4(17, udp(40000, 53, dns_question(1, "a.example")))),
  };
  for (const Packet& frame : frames) {
    for (size_t size = 0; size <= frame.size(); ++size) CHECK(kept(cut(frame, size)) >= kSnaplen);
  }
}

TEST("what an expression leaves out stays left out, what it lets through may be kept longer") {
  const auto compiled = Filter::compile(DLT_EN10MB, kSnaplen, "udp");
  CHECK(compiled.ok());
  const bpf_program& program = compiled.value().program();
  Program udp_only;
  for (u_int i = 0; i < program.bf_len; ++i) {
    const bpf_insn& one = program.bf_insns[i];
    udp_only.push_back({one.code, one.jt, one.jf, one.k});
  }
  const Program names = keep_names(udp_only, true, kSnaplen);
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(6, tcp(40000, 443, kHello))), names), 0U);
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(17, udp(40000, 53, dns_question(1, "a.example")))), names), kNamedBytes);
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(17, udp(1, 2, filler(40)))), names), kSnaplen);
}

TEST("a snaplen above what names need stays") {
  const Program program = keep_names({{BPF_RET | BPF_K, 0, 0, 65'535}}, true, 65'535);
  CHECK_EQ(kept(ethernet(kIpv4, ipv4(17, udp(40000, 53, dns_question(1, "a.example")))), program), 65'535U);
}

TEST("a frame that the snaplen keeps whole is not looked into") {
  const Packet frame = ethernet(kIpv4, ipv4(17, udp(40000, 53, dns_question(1, "a.example"))));
  const auto size = static_cast<uint32_t>(frame.size());
  CHECK_EQ(kept(frame, keep_names({{BPF_RET | BPF_K, 0, 0, size}}, true, size)), size);
  CHECK_EQ(kept(frame, keep_names({{BPF_RET | BPF_K, 0, 0, size - 1}}, true, size - 1)), kNamedBytes);
}
