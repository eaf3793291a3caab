/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: which sockets have moved something, and showing their counters when the reader asks. */
/* Knows nothing of: packets, and how owners are found. Included once, by the socket programs. */
#ifndef NATIVE_METER_DUMP_BPF_H
#define NATIVE_METER_DUMP_BPF_H

#include "native/meter/owner.bpf.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, METER_DUMP_RING_SIZE);
} shown SEC(".maps");

/* The copy of an entry: too large for the stack. Only one dump runs at a time. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, int);
  __type(value, struct meter_socket);
} copies SEC(".maps");

/* Once for each socket and round, and after the packet was counted: a dump that has begun the next round before will
 * see the packet. Where there is no room, the socket's next packet tries again. */
static __noinline int note_change(struct meter_socket* x, void* sock) {
  struct meter_changed one = {(__u64)(long)x, (__u64)(long)sock, x->id.cookie};
  __u32 round = globals.round;

  if (!bpf_map_push_elem(&changed, &one, 0)) x->round = round;
  return 0;
}

/* What the owner's hooks decide when they meet a socket; for one that none of them has met. */
static __always_inline void complete(struct meter_socket* x, struct sock* sk, struct tcp_sock* tcp) {
  if (!(x->id.flags & (METER_USER | METER_KERNEL))) {
    int kernel = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock);

    if (kernel && tcp && bpf_core_field_exists(tcp->is_mptcp) && BPF_CORE_READ(tcp, is_mptcp)) kernel = 0;
    x->id.flags |= kernel ? METER_KERNEL : METER_USER;
  }
  if (!x->id.netns) x->id.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/* The entry and the socket are read as plain memory. A socket that is still referenced after that, and has its cookie,
 * was there all the time, and so was its entry. */
__noinline int show(struct meter_changed* one) {
  struct meter_socket* x;
  struct meter_event* event;
  struct tcp_sock* tcp;
  struct sock* sk;
  __u64 retransmitted_bytes = 0, retransmitted_packets = 0;
  /* Before the copy: an owner who comes after it has the later record, however long this takes. */
  __u64 now = bpf_ktime_get_ns();
  __u32 left = 0;
  int first = 0;

  if (!one) return 0;
  x = bpf_map_lookup_elem(&copies, &first);
  if (!x || bpf_probe_read_kernel(x, sizeof *x, (void*)(long)one->entry)) return 0;
  sk = (struct sock*)(long)one->sock;
  tcp = x->id.protocol == IPPROTO_TCP && x->id.type == SOCK_STREAM ? (struct tcp_sock*)sk : 0;
  complete(x, sk, tcp);
  if (tcp) {
    retransmitted_bytes = BPF_CORE_READ(tcp, bytes_retrans) - x->old_retransmitted_bytes;
    retransmitted_packets = (__u32)(BPF_CORE_READ(tcp, total_retrans) - x->old_retransmitted_packets);
  }
  if (x->id.cookie != one->cookie || BPF_CORE_READ(sk, __sk_common.skc_cookie.counter) != one->cookie ||
      BPF_CORE_READ(sk, __sk_common.skc_refcnt.refs.counter) <= 0)
    return 0;
  /* The sockets that answer for the kernel (ICMP, resets) are shared by all network namespaces: their interfaces say
   * nothing. Such packets are left to whoever sees them on an interface. */
  if ((x->id.flags & METER_KERNEL) && x->id.type == SOCK_RAW) return 0;
  for (int i = 0; i < METER_LANES; i++) left += lane_used(&x->lane[i]) ? 1 : 0;
  for (int i = 0; i < METER_LANES; i++) {
    if (!lane_used(&x->lane[i])) continue;
    event = bpf_ringbuf_reserve(&shown, sizeof *event, 0);
    if (!event) return 0; /* not met: dump() sees to the room */
    event->kind = METER_LIVE;
    event->last = --left == 0;
    event->time = now;
    event->id = x->id;
    event->lane = x->lane[i];
    event->retransmitted_bytes = event->last ? retransmitted_bytes : 0;
    event->retransmitted_packets = event->last ? retransmitted_packets : 0;
    bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
  }
  return 0;
}

/* Run by the reader (BPF_PROG_RUN) at every refresh: the counters, so far, of the sockets of all namespaces that have
 * moved since the last time. The first argument is 1 where a new round begins; 1 is given where there is more. Not an
 * iterator over the entries: that goes through those of all sockets, and there are kernels that refuse it. */
SEC("raw_tp/nettrace_dump")
int dump(struct bpf_raw_tracepoint_args* begin) {
  struct meter_changed one;

  if (begin->args[0]) __sync_fetch_and_add(&globals.round, 1);
  for (int i = 0; i < METER_DUMP_AT_ONCE; i++) {
    if (bpf_ringbuf_query(&shown, BPF_RB_AVAIL_DATA) > METER_DUMP_RING_SIZE / 2) return 1;
    if (bpf_map_pop_elem(&changed, &one)) return 0;
    show(&one);
  }
  return 1;
}

#endif
