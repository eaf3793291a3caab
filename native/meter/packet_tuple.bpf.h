/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: reporting whom a raw or ping socket sends to, which the socket itself does not know. */
/* Knows nothing of: counters. Runs for no other sockets. */
#ifndef NATIVE_METER_PACKET_TUPLE_BPF_H
#define NATIVE_METER_PACKET_TUPLE_BPF_H

#include "native/meter/owner.bpf.h"
#include "native/meter/wire.bpf.h"

/* A scan has another tuple with every packet: what it does not get is room that other records need. */
#define TUPLES_UP_TO (METER_RING_SIZE / 2)

static __always_inline int has_ports(__u32 protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
         protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

/* Echo and extended echo (RFC 8335), as in native/decode/transport.cc. */
static __always_inline int is_echo(__u32 protocol, __u8 type) {
  if (protocol == IPPROTO_ICMP) return type == 0 || type == 8 || type == 42 || type == 43;
  return protocol == IPPROTO_ICMPV6 && (type == 128 || type == 129 || type == 160 || type == 161);
}

static __always_inline void read_ports(struct __sk_buff* skb, const struct packet* p, struct meter_packet* now) {
  __u16 start[4]; /* of the transport header */
  __u16 fragment;

  /* A later fragment, made by the sender itself, has no transport header. */
  if (p->version == 4 && (bpf_skb_load_bytes(skb, 6, &fragment, sizeof fragment) || fragment & bpf_htons(0x1fff)))
    return;
  if (bpf_skb_load_bytes(skb, p->network_header, start, sizeof start)) return;
  if (has_ports(p->protocol)) {
    now->local_port = bpf_ntohs(start[0]);
    now->remote_port = bpf_ntohs(start[1]);
  } else if (is_echo(p->protocol, ((__u8*)start)[0])) {
    now->local_port = now->remote_port = bpf_ntohs(start[2]);
  }
}

static __always_inline int same_packet(const struct meter_packet* a, const struct meter_packet* b) {
  const __u64* left = (const __u64*)a;
  const __u64* right = (const __u64*)b;
  __u64 other = 0;

#pragma unroll
  for (int i = 0; i < sizeof *a / sizeof *left; i++) other |= left[i] ^ right[i];
  return !other;
}

/* Sends an owner record with the tuple of this packet, unless it is that of the packet before. */
static __noinline int tell_packet(struct meter_socket* x, struct bpf_sock* k, struct __sk_buff* skb,
                                  const struct packet* p) {
  struct meter_packet now = {};
  struct meter_owner_event* event;
  struct meter_packet* told;

  if (!x->id.owner.tgid || (p->version != 4 && p->version != 6)) return 0;
  now.tgid = x->id.owner.tgid;
  now.start_time = x->id.owner.start_time;
  now.protocol = p->protocol;
  now.family = p->version == 6 ? AF_INET6 : AF_INET;
  if (p->version == 6) {
    if (bpf_skb_load_bytes(skb, 8, now.local, 16) || bpf_skb_load_bytes(skb, 24, now.remote, 16)) return 0;
  } else {
    if (bpf_skb_load_bytes(skb, 12, now.local, 4) || bpf_skb_load_bytes(skb, 16, now.remote, 4)) return 0;
  }
  read_ports(skb, p, &now);
  told = bpf_sk_storage_get(&packets, k, 0, BPF_SK_STORAGE_GET_F_CREATE);
  if (!told || same_packet(told, &now)) return 0;
  event =
      bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > TUPLES_UP_TO ? 0 : bpf_ringbuf_reserve(&events, sizeof *event, 0);
  if (!event) {
    __sync_fetch_and_add(&globals.lost_tuples, 1);
    return 0;
  }
  event->kind = METER_OWNER;
  event->reserved = 0;
  event->time = bpf_ktime_get_ns();
  event->id = x->id;
  event->id.flags |= METER_PACKET;
  event->id.family = now.family;
  event->id.protocol = now.protocol;
  event->id.local_port = now.local_port;
  event->id.remote_port = now.remote_port;
  __builtin_memcpy(event->id.local, now.local, sizeof now.local);
  __builtin_memcpy(event->id.remote, now.remote, sizeof now.remote);
  bpf_ringbuf_submit(event, wake_up());
  *told = now;
  return 0;
}

#endif
