/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: the hooks that count a socket's packets and find its owner. No kprobe, no fentry, no LSM program. */
/* Knows nothing of: processes' names beyond comm; packets without a socket. Built by scripts/build-bpf.sh. */
#include "native/meter/kernel_types.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "native/meter/owner.bpf.h"
#include "native/meter/dump.bpf.h"
#include "native/meter/packet_tuple.bpf.h"
#include "native/meter/wire.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline struct meter_socket* entry_of(void* sk) {
  return bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
}

/* Runs before the first packet. Not called for accepted sockets and not for those of the kernel. */
SEC("cgroup/sock_create")
int sock_create(struct bpf_sock* k) {
  struct meter_socket* x = entry_of(k);
  struct task_struct* task = bpf_get_current_task_btf();

  if (!x) return 1;
  x->id.cookie = bpf_get_socket_cookie(k);
  x->id.netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
  x->id.flags |= METER_USER;
  own(x, task, 0);
  return 1;
}

/* A datagram socket may connect anew with every packet. What it moved by the tuple before is told by that one, as long
 * as there is room, else by the next one. */
static __always_inline void leave_tuple(struct meter_socket* x) {
  if (!x->id.family) return;
  if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= METER_RING_SIZE / 2 || !send_lanes(x, METER_FLUSH))
    x->id.flags |= METER_TUPLES;
}

/* The first packet of a socket, or the first one after bind(2), connect(2) or accept(2). */
static __noinline int learn_tuple(struct meter_socket* x, struct bpf_sock* k) {
  struct meter_identity* id = &x->id;
  __u32* local = (__u32*)id->local;
  __u32* remote = (__u32*)id->remote;
  __u32 protocol;

  leave_tuple(x);
  k = bpf_sk_fullsock(k);
  if (!k) return 0;
  protocol = k->protocol;
  id->type = k->type;
  id->local_port = k->src_port;
  id->remote_port = bpf_ntohs(k->dst_port);
  if (k->family == AF_INET6) {
    local[0] = k->src_ip6[0], local[1] = k->src_ip6[1], local[2] = k->src_ip6[2], local[3] = k->src_ip6[3];
    remote[0] = k->dst_ip6[0], remote[1] = k->dst_ip6[1], remote[2] = k->dst_ip6[2], remote[3] = k->dst_ip6[3];
  } else {
    local[0] = k->src_ip4;
    remote[0] = k->dst_ip4;
  }
  id->protocol = protocol;
  id->family = k->family;
  if (id->type == SOCK_RAW || (id->type == SOCK_DGRAM && (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)))
    id->flags |= METER_RAW;
  x->told_tgid = 0;
  return 0;
}

/* TCP: a packet with payload that leaves while `current` is inside lock_sock() on this very socket is that task's. In a
 * softirq the lock is not owned. Without payload it may be the FIN of another process's late close(2). Everything else
 * leaves in the context of its sender, but for the protocols that have timers of their own. */
static __always_inline void own_by_sending(struct meter_socket* x, struct bpf_sock* k, const struct packet* p) {
  struct task_struct* task = bpf_get_current_task_btf();
  struct tcp_sock* tcp;
  struct sock* sk;

  if ((x->id.flags & METER_KERNEL) || ((x->id.flags & METER_IO) && owned_by(x, task))) return;
  if (x->id.protocol != IPPROTO_TCP || x->id.type != SOCK_STREAM) {
    if (x->id.protocol == IPPROTO_SCTP || x->id.protocol == IPPROTO_DCCP) return;
    if (x->id.flags & METER_USER) own(x, task, 1);
    return;
  }
  if (p->length <= p->headers) return;
  tcp = bpf_skc_to_tcp_sock(k);
  if (!tcp) return;
  sk = &tcp->inet_conn.icsk_inet.sk;
  if (sk->__sk_common.skc_state == TCP_LISTEN || !sk->sk_lock.owned) return;
  if (!(x->id.flags & METER_USER)) {
    vet(x, BPF_CORE_READ_BITFIELD(sk, sk_kern_sock), tcp);
    if (x->id.flags & METER_KERNEL) return;
  }
  if (!x->id.netns) x->id.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
  note_retransmissions(x, tcp);
  own(x, task, 1);
}

/* Multicast and broadcast: to be left to whoever sees them cross the interface, once. Without a link layer (tun) and on
 * loopback the device does not tell; there the address does. */
static __always_inline int left_to_wire(struct __sk_buff* skb, const struct packet* p) {
  __u8* start = (__u8*)(long)skb->data;
  __u8* end = (__u8*)(long)skb->data_end;

  if (p->protocol == IPPROTO_TCP || globals.groups) return 0;
  if (skb->pkt_type != PACKET_HOST) return 1;
  if (start + 25 > end) return 0;
  return p->version == 6 ? start[24] == 0xff : start[16] >> 4 == 0xe || start[16] == 0xff;
}

static __always_inline int count(struct __sk_buff* skb, int sent) {
  struct bpf_sock* k = skb->sk;
  struct meter_socket* x;
  struct meter_lane* lane;
  struct packet p;
  __u32 interface = skb->ifindex, local_port, remote_port, remote;
  int elsewhere;

  if (!k) return 1;
  x = entry_of(k);
  if (!x) {
    __sync_fetch_and_add(&globals.lost_sockets, 1);
    return 1;
  }
  /* Read before any branch: where clang merges loads of several branches, the verifier sees arithmetic on a socket. */
  local_port = k->src_port;
  remote_port = bpf_ntohs(k->dst_port);
  remote = k->dst_ip4;
  /* A socket that is being taken down has lost its local port already. */
  if (!x->id.family || (local_port && (local_port != x->id.local_port || remote_port != x->id.remote_port ||
                                       (x->id.family == AF_INET && remote != *(__u32*)x->id.remote)))) {
    stamp(x, bpf_get_socket_cookie(skb));
    learn_tuple(x, k);
  }
  elsewhere = globals.netns && x->id.netns && x->id.netns != globals.netns;
  if (elsewhere && !sent) {
    announce(x);
    return 1;
  }
  read_headers(skb, &p);
  if (sent) own_by_sending(x, k, &p);
  if (!elsewhere && (sent || !left_to_wire(skb, &p))) {
    lane = lane_of(x, interface);
    if (lane) add(sent ? &lane->sent : &lane->received, skb, &p, &x->id, interface);
    if (x->round != globals.round) note_change(x, k);
  }
  announce(x);
  if (sent && (x->id.flags & METER_RAW)) tell_packet(x, k, skb, &p);
  return 1;
}

SEC("cgroup_skb/egress")
int egress(struct __sk_buff* skb) {
  return count(skb, 1);
}

SEC("cgroup_skb/ingress")
int ingress(struct __sk_buff* skb) {
  return count(skb, 0);
}

/* A task has received on a socket. `io`: it took the bytes, rather than perhaps only looked at them. */
static __always_inline int own_by_receiving(struct sock* sk, int io) {
  struct task_struct* task = bpf_get_current_task_btf();
  struct meter_socket* x = entry_of(sk);
  struct tcp_sock* tcp;

  if (!x) return 0;
  if (x->id.cookie != bpf_get_socket_cookie(sk)) stamp(x, bpf_get_socket_cookie(sk));
  if (x->id.flags & METER_KERNEL) return 0;
  if ((x->id.flags & METER_IO) && (!io || owned_by(x, task))) return 0;
  tcp = bpf_skc_to_tcp_sock(sk);
  if (!(x->id.flags & METER_USER)) {
    vet(x, BPF_CORE_READ_BITFIELD(sk, sk_kern_sock), tcp);
    if (x->id.flags & METER_KERNEL) return 0;
  }
  note_retransmissions(x, tcp);
  own(x, task, io);
  announce(x);
  return 0;
}

#ifdef METER_RECEIVE_LENGTH
/* Since Linux 6.3. A call that got nothing, or looked without taking, shows no owner. */
SEC("tp_btf/sock_recv_length")
int BPF_PROG(receive_length, struct sock* sk, int ret, int flags) {
  __u16 family = sk->__sk_common.skc_family;

  if (ret <= 0 || (flags & (MSG_PEEK | MSG_ERRQUEUE)) || (family != AF_INET && family != AF_INET6)) return 0;
  return own_by_receiving(sk, 1);
}
#define RECEIVED_FOR_SURE 0
#else
#define RECEIVED_FOR_SURE 1
#endif

/* TCP that is read by whatever call. Where the hook above tells reading from looking, this one only names an owner for
 * want of a better: of a socket that is read by splice(2) alone. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(receive_stream, struct sock* sk) {
  if (!sk->sk_lock.owned) return 0;
  return own_by_receiving(sk, RECEIVED_FOR_SURE);
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(stream_gone, struct sock* sk) {
  struct meter_socket* x = bpf_sk_storage_get(&sockets, sk, 0, 0);

  /* Another cookie: an accepted socket that never had a packet of its own holds its listener's counters. */
  if (!x || x->id.cookie != bpf_get_socket_cookie(sk)) return 0;
  note_retransmissions(x, bpf_skc_to_tcp_sock(sk));
  x->id.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
  send_lanes(x, METER_FINAL);
  return 0;
}

/* Everything but TCP streams, which live on after close(2) and end above. */
SEC("cgroup/sock_release")
int sock_gone(struct bpf_sock* k) {
  struct meter_socket* x;

  if (k->protocol == IPPROTO_TCP && k->type == SOCK_STREAM) return 1;
  x = bpf_sk_storage_get(&sockets, k, 0, 0);
  if (x) send_lanes(x, METER_FINAL);
  return 1;
}

/* Read once after attaching: an owner for every socket that existed before, the first process that holds it. */
SEC("iter/task_file")
int seed(struct bpf_iter__task_file* ctx) {
  struct task_struct* task = ctx->task;
  struct file* file = ctx->file;
  struct meter_socket* x;
  struct socket* socket;
  struct sock* sk;
  __u16 family;

  if (!file || !task) return 0;
  socket = bpf_sock_from_file(file);
  if (!socket) return 0;
  sk = socket->sk;
  if (!sk) return 0;
  family = sk->__sk_common.skc_family;
  if (family != AF_INET && family != AF_INET6) return 0;
  x = entry_of(sk);
  if (!x) return 0;
  stamp(x, bpf_get_socket_cookie(sk)); /* skc_cookie is 0 until it is asked for */
  x->id.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
  if (!(x->id.flags & (METER_USER | METER_KERNEL)))
    vet(x, BPF_CORE_READ_BITFIELD(sk, sk_kern_sock), bpf_skc_to_tcp_sock(sk));
  if (!x->id.owner.tgid && !(x->id.flags & METER_KERNEL)) describe_owner(&x->id.owner, task, globals.pid_namespace);
  return 0;
}
