#include "native/meter/raw_packet.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

#include "native/meter/assembler.h"
#include "native/meter/raw_programs.h"

namespace nettrace {
namespace {

constexpr int kSmallestMtu = 1280;  // every IPv6 link carries it whole (RFC 8200, 5)
constexpr int kListen = 10;         // TCP_LISTEN, include/net/tcp_states.h

/// The stack.
constexpr int kKey = -static_cast<int>(sizeof(RawKey));
constexpr int kValue = kKey - static_cast<int>(sizeof(RawCounters));
constexpr int kRequest = kValue - static_cast<int>(sizeof(RawRequest));
constexpr int kScratch = kRequest - 8;

/// The program that runs for each packet of one direction. R6: the packet, R7: its socket, R8: the counters of that
/// socket on this interface, R9: length of the headers.
class PacketProgram {
 public:
  PacketProgram(const RawMaps& maps, bool sent, bool groups) : maps_(maps), sent_(sent), groups_(groups) {}

  std::vector<bpf_insn> make() {
    const auto found = a_.label();
    const auto known = a_.label();
    const auto no_room = a_.label();
    out_ = a_.label();
    count_ = a_.label();
    a_.move(R6, R1);
    a_.load(BPF_DW, R7, R6, offsetof(__sk_buff, sk));
    a_.jump_if(BPF_JEQ, R7, 0, out_);
    a_.call(BPF_FUNC_get_socket_cookie);
    a_.store(BPF_DW, kFrame, kKey, R0);
    a_.load(BPF_W, R1, R6, offsetof(__sk_buff, ifindex));
    a_.store(BPF_DW, kFrame, kKey + 8, R1);
    look_up();
    a_.jump_if(BPF_JNE, R0, 0, found);

    a_.clear(kValue, sizeof(RawCounters));
    a_.load_map(R1, maps_.counters);
    a_.address_of(R2, kKey);
    a_.address_of(R3, kValue);
    a_.move(R4, BPF_NOEXIST);
    a_.call(BPF_FUNC_map_update_elem);
    look_up();
    a_.jump_if(BPF_JEQ, R0, 0, no_room);
    a_.move(R8, R0);
    learn_tuple();
    find_listener();
    a_.jump(known);

    a_.place(found);
    a_.move(R8, R0);
    check_tuple(known);
    learn_tuple();
    a_.place(known);
    if (!sent_) note_request();
    read_headers();
    a_.place(count_);
    count();
    a_.place(out_);
    a_.leave(kRawAllow);

    a_.place(no_room);
    a_.move(R1, 1);
    a_.load_map_value(R2, maps_.losses);
    a_.add_to(R2, offsetof(RawLosses, packets), R1);
    a_.load(BPF_W, R1, R6, offsetof(__sk_buff, len));
    a_.add_to(R2, offsetof(RawLosses, bytes), R1);
    a_.leave(kRawAllow);
    return a_.finish();
  }

 private:
  void look_up() {
    a_.load_map(R1, maps_.counters);
    a_.address_of(R2, kKey);
    a_.call(BPF_FUNC_map_lookup_elem);
  }

  /// Leaves for `same` where both ends are those of the tuple, and where the socket is being taken down.
  void check_tuple(Assembler::Label same) {
    const auto other = a_.label();
    a_.load(BPF_W, R1, R7, offsetof(bpf_sock, src_port));
    a_.jump_if(BPF_JEQ, R1, 0, same);
    a_.load(BPF_W, R2, R8, offsetof(RawCounters, local_port));
    a_.jump_if(BPF_JNE, R1, R2, other);
    a_.load(BPF_W, R1, R7, offsetof(bpf_sock, dst_port));
    a_.load(BPF_W, R2, R8, offsetof(RawCounters, remote_port));
    a_.jump_if(BPF_JNE, R1, R2, other);
    a_.load(BPF_W, R1, R8, offsetof(RawCounters, family));
    a_.jump_if(BPF_JNE, R1, AF_INET, same);
    a_.load(BPF_W, R1, R7, offsetof(bpf_sock, dst_ip4));
    a_.load(BPF_W, R2, R8, offsetof(RawCounters, remote));
    a_.jump_if(BPF_JEQ, R1, R2, same);
    a_.place(other);
  }

  void copy(size_t from, size_t to) {
    a_.load(BPF_W, R1, R0, static_cast<int>(from));
    a_.store(BPF_W, R8, static_cast<int>(to), R1);
  }

  void learn_tuple() {
    const auto six = a_.label();
    const auto learnt = a_.label();
    const auto done = a_.label();
    a_.move(R1, R7);
    a_.call(BPF_FUNC_sk_fullsock);
    a_.jump_if(BPF_JEQ, R0, 0, done);
    a_.move(R9, R0);
    a_.call(BPF_FUNC_ktime_get_ns);
    a_.store(BPF_DW, R8, offsetof(RawCounters, first_ns), R0);
    a_.move(R0, R9);
    copy(offsetof(bpf_sock, type), offsetof(RawCounters, type));
    copy(offsetof(bpf_sock, protocol), offsetof(RawCounters, protocol));
    copy(offsetof(bpf_sock, state), offsetof(RawCounters, state));
    copy(offsetof(bpf_sock, src_port), offsetof(RawCounters, local_port));
    copy(offsetof(bpf_sock, dst_port), offsetof(RawCounters, remote_port));
    copy(offsetof(bpf_sock, family), offsetof(RawCounters, family));
    a_.jump_if(BPF_JEQ, R1, AF_INET6, six);
    copy(offsetof(bpf_sock, src_ip4), offsetof(RawCounters, local));
    copy(offsetof(bpf_sock, dst_ip4), offsetof(RawCounters, remote));
    a_.jump(learnt);
    a_.place(six);
    for (size_t i = 0; i < 16; i += 4) {
      copy(offsetof(bpf_sock, src_ip6) + i, offsetof(RawCounters, local) + i);
      copy(offsetof(bpf_sock, dst_ip6) + i, offsetof(RawCounters, remote) + i);
    }
    a_.place(learnt);
    if (maps_.addresses >= 0) note_address();
    a_.place(done);
  }

  /// The tracepoints of those who send and receive know a socket by its address alone.
  void note_address() {
    a_.store(BPF_DW, kFrame, kScratch, R7);
    a_.load_map(R1, maps_.addresses);
    a_.address_of(R2, kScratch);
    a_.address_of(R3, kKey);  // begins with the cookie
    a_.move(R4, BPF_ANY);
    a_.call(BPF_FUNC_map_update_elem);
  }

  /// Copies bytes of the packet to the stack; leaves for `failed` where there are not as many. R4 is their number.
  void load_bytes(int to, int32_t size, Assembler::Label failed) {
    a_.move(R1, R6);
    a_.address_of(R3, to);
    a_.move(R4, size);
    a_.call(BPF_FUNC_skb_load_bytes);
    a_.jump_if(BPF_JNE, R0, 0, failed);
  }

  /// Puts both ends, as the packet's headers have them, on the stack.
  void read_request(Assembler::Label failed) {
    const int source = kRequest + static_cast<int>(sent_ ? offsetof(RawRequest, local) : offsetof(RawRequest, remote));
    const int destination =
        kRequest + static_cast<int>(sent_ ? offsetof(RawRequest, remote) : offsetof(RawRequest, local));
    const auto six = a_.label();
    const auto ports = a_.label();
    a_.clear(kRequest, sizeof(RawRequest));
    a_.move(R2, 0);
    load_bytes(kScratch, 1, failed);
    a_.load(BPF_B, R9, kFrame, kScratch);
    a_.move(R1, R9);
    a_.compute(BPF_RSH, R1, 4);
    a_.jump_if(BPF_JEQ, R1, 6, six);
    a_.compute(BPF_AND, R9, 15);
    a_.compute(BPF_LSH, R9, 2);
    a_.move(R2, 12);
    load_bytes(source, 4, failed);
    a_.move(R2, 16);
    load_bytes(destination, 4, failed);
    a_.jump(ports);
    a_.place(six);
    a_.move(R9, 40);
    a_.move(R2, 8);
    load_bytes(source, 16, failed);
    a_.move(R2, 24);
    load_bytes(destination, 16, failed);
    a_.place(ports);
    a_.move(R2, R9);
    load_bytes(kScratch, 4, failed);
    for (const bool of_sender : {true, false}) {
      const size_t to = of_sender == sent_ ? offsetof(RawRequest, local_port) : offsetof(RawRequest, remote_port);
      a_.load(BPF_H, R1, kFrame, kScratch + (of_sender ? 0 : 2));
      a_.store(BPF_H, kFrame, kRequest + static_cast<int>(to), R1);
    }
  }

  /// A new socket of a connection that somebody else has asked for.
  void find_listener() {
    const auto none = a_.label();
    a_.load(BPF_W, R1, R8, offsetof(RawCounters, protocol));
    a_.jump_if(BPF_JNE, R1, IPPROTO_TCP, none);
    read_request(none);
    a_.load_map(R1, maps_.requests);
    a_.address_of(R2, kRequest);
    a_.call(BPF_FUNC_map_lookup_elem);
    a_.jump_if(BPF_JEQ, R0, 0, none);
    a_.load(BPF_DW, R1, R0, 0);
    a_.store(BPF_DW, R8, offsetof(RawCounters, listener), R1);
    a_.place(none);
  }

  /// What comes for a listening socket asks for a connection: it is remembered by whom.
  void note_request() {
    const auto none = a_.label();
    a_.load(BPF_W, R1, R8, offsetof(RawCounters, state));
    a_.jump_if(BPF_JNE, R1, kListen, none);
    a_.load(BPF_W, R1, R8, offsetof(RawCounters, protocol));
    a_.jump_if(BPF_JNE, R1, IPPROTO_TCP, none);
    read_request(none);
    a_.load_map(R1, maps_.requests);
    a_.address_of(R2, kRequest);
    a_.address_of(R3, kKey);  // begins with the cookie
    a_.move(R4, BPF_ANY);
    a_.call(BPF_FUNC_map_update_elem);
    a_.place(none);
  }

  /// Leaves the program where the packet came for a group; goes on or leaves for `counted` where not.
  void leave_groups(Assembler::Label counted) {
    const auto four = a_.label();
    a_.load(BPF_W, R1, R6, offsetof(__sk_buff, pkt_type));
    a_.jump_if(BPF_JNE, R1, 0, out_);  // PACKET_HOST
    a_.move(R4, R2);
    a_.compute(BPF_ADD, R4, 25);
    a_.jump_if(BPF_JGT, R4, R3, counted);
    a_.load(BPF_B, R1, R2, 0);
    a_.compute(BPF_RSH, R1, 4);
    a_.load(BPF_B, R4, R2, 24);
    a_.jump_if(BPF_JNE, R1, 6, four);
    a_.jump_if(BPF_JEQ, R4, 0xff, out_);
    a_.jump(counted);
    a_.place(four);
    a_.load(BPF_B, R4, R2, 16);
    a_.jump_if(BPF_JEQ, R4, 0xff, out_);
    a_.compute(BPF_RSH, R4, 4);
    a_.jump_if(BPF_JEQ, R4, 0xe, out_);
  }

  /// Extension headers of IPv6 are taken for payload.
  void read_headers() {
    const auto six = a_.label();
    const auto transport = a_.label();
    const auto stream = a_.label();
    const auto datagram = a_.label();
    const auto other = a_.label();
    a_.move(R9, 0);
    a_.load(BPF_W, R2, R6, offsetof(__sk_buff, data));
    a_.load(BPF_W, R3, R6, offsetof(__sk_buff, data_end));
    a_.move(R4, R2);
    a_.compute(BPF_ADD, R4, 20);
    a_.jump_if(BPF_JGT, R4, R3, count_);
    a_.load(BPF_B, R9, R2, 0);
    a_.move(R4, R9);
    a_.compute(BPF_RSH, R4, 4);
    a_.jump_if(BPF_JEQ, R4, 6, six);
    a_.compute(BPF_AND, R9, 15);
    a_.compute(BPF_LSH, R9, 2);
    a_.load(BPF_B, R5, R2, 9);
    a_.jump(transport);
    a_.place(six);
    a_.move(R9, 40);
    a_.load(BPF_B, R5, R2, 6);
    a_.place(transport);
    a_.jump_if(BPF_JEQ, R5, IPPROTO_TCP, stream);
    a_.jump_if(BPF_JEQ, R5, IPPROTO_UDP, datagram);
    a_.jump_if(BPF_JNE, R5, IPPROTO_UDPLITE, other);
    a_.place(datagram);
    a_.compute(BPF_ADD, R9, 8);
    a_.place(other);
    if (!sent_ && !groups_) leave_groups(count_);
    a_.jump(count_);
    a_.place(stream);
    a_.compute(BPF_ADD, R2, R9);
    a_.move(R4, R2);
    a_.compute(BPF_ADD, R4, 13);
    a_.jump_if(BPF_JGT, R4, R3, count_);
    a_.load(BPF_B, R1, R2, 12);
    a_.compute(BPF_RSH, R1, 4);
    a_.compute(BPF_LSH, R1, 2);
    a_.compute(BPF_ADD, R9, R1);
  }

  void add(size_t counter, Register amount) { a_.add_to(R8, static_cast<int>(counter), amount); }

  void count() {
    const size_t way = sent_ ? offsetof(RawCounters, sent) : offsetof(RawCounters, received);
    const auto segments = a_.label();
    const auto single = a_.label();
    a_.move(R1, 1);
    add(way + offsetof(RawWay, frames), R1);
    a_.load(BPF_W, R3, R6, offsetof(__sk_buff, len));
    add(way + offsetof(RawWay, bytes), R3);
    add(way + offsetof(RawWay, headers), R9);
    a_.load(BPF_W, R2, R6, offsetof(__sk_buff, gso_size));
    a_.jump_if(BPF_JEQ, R2, 0, single);
    a_.load(BPF_W, R1, R6, offsetof(__sk_buff, gso_segs));
    a_.jump_if(BPF_JNE, R1, 0, segments);  // 0: from a source that is not trusted (SKB_GSO_DODGY)
    a_.move(R1, R3);
    a_.compute(BPF_SUB, R1, R9);
    a_.compute(BPF_ADD, R1, R2);
    a_.compute(BPF_SUB, R1, 1);
    a_.compute(BPF_DIV, R1, R2);
    a_.place(segments);
    a_.jump_if(BPF_JEQ, R1, 0, out_);
    a_.compute(BPF_SUB, R1, 1);
    add(way + offsetof(RawWay, extra_packets), R1);
    a_.compute(BPF_MUL, R1, R9);
    add(way + offsetof(RawWay, extra_bytes), R1);
    a_.jump(out_);
    a_.place(single);
    count_fragments(way);
  }

  /// A datagram that is longer than the MTU leaves and came in fragments, each with a header of its own (RFC 791,
  /// 8200). The socket's maker knows in which network namespace the interface is.
  void count_fragments(size_t way) {
    const auto without_ports = a_.label();
    const auto known = a_.label();
    a_.jump_if(BPF_JLE, R3, kSmallestMtu, out_);
    a_.load(BPF_W, R1, R8, offsetof(RawCounters, protocol));
    a_.jump_if(BPF_JEQ, R1, IPPROTO_TCP, out_);
    a_.load_map(R1, maps_.creators);
    a_.address_of(R2, kKey);  // begins with the cookie
    a_.call(BPF_FUNC_map_lookup_elem);
    a_.jump_if(BPF_JEQ, R0, 0, out_);
    a_.load(BPF_DW, R1, R0, offsetof(RawCreator, netns_cookie));
    a_.store(BPF_DW, kFrame, kRequest, R1);
    a_.load(BPF_W, R1, R6, offsetof(__sk_buff, ifindex));
    a_.store(BPF_DW, kFrame, kRequest + 8, R1);
    a_.load_map(R1, maps_.mtus);
    a_.address_of(R2, kRequest);
    a_.call(BPF_FUNC_map_lookup_elem);
    a_.jump_if(BPF_JEQ, R0, 0, out_);
    a_.load(BPF_W, R5, R0, 0);
    a_.load(BPF_W, R3, R6, offsetof(__sk_buff, len));
    a_.jump_if(BPF_JLE, R3, R5, out_);
    // R9: the header that is repeated, R4: with what a fragment adds to it, R5: room for payload, R3: the payload.
    a_.load(BPF_W, R1, R8, offsetof(RawCounters, protocol));
    a_.jump_if(BPF_JEQ, R1, IPPROTO_UDP, known);
    a_.jump_if(BPF_JNE, R1, IPPROTO_UDPLITE, without_ports);
    a_.place(known);
    a_.compute(BPF_SUB, R9, 8);
    a_.place(without_ports);
    a_.compute(BPF_SUB, R3, R9);
    a_.move(R4, R9);
    const auto four = a_.label();
    a_.jump_if(BPF_JNE, R9, 40, four);
    a_.compute(BPF_ADD, R4, 8);
    a_.place(four);
    a_.compute(BPF_SUB, R5, R4);
    a_.compute(BPF_AND, R5, 0xfff8);
    a_.jump_if(BPF_JEQ, R5, 0, out_);
    a_.compute(BPF_ADD, R3, R5);
    a_.compute(BPF_SUB, R3, 1);
    a_.compute(BPF_DIV, R3, R5);
    a_.move(R1, R3);
    a_.compute(BPF_SUB, R1, 1);
    add(way + offsetof(RawWay, extra_packets), R1);
    a_.compute(BPF_MUL, R1, R4);
    a_.compute(BPF_SUB, R4, R9);
    a_.compute(BPF_ADD, R1, R4);  // the first one has what a fragment adds too
    add(way + offsetof(RawWay, extra_bytes), R1);
  }

  Assembler a_;
  RawMaps maps_;
  bool sent_;
  bool groups_;
  Assembler::Label out_{};
  Assembler::Label count_{};
};

}  // namespace

std::vector<bpf_insn> raw_packet_program(const RawMaps& maps, bool sent, bool groups) {
  return PacketProgram(maps, sent, groups).make();
}

}  // namespace nettrace
