/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: how many packets and bytes one packet of the IP layer is on the wire. Included by the socket programs. */
/* Knows nothing of: sockets and owners. */
#ifndef NATIVE_METER_WIRE_BPF_H
#define NATIVE_METER_WIRE_BPF_H

#include "native/meter/accounting.h"

/* Above it a datagram may be in need of fragments; every IPv6 link carries it whole (RFC 8200, 5). */
#define SMALLEST_MTU 1280
#define LONGEST_CHAIN 4 /* IPv6 extension headers that are followed */

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, struct meter_mtu_key);
  __type(value, __u32);
} mtus SEC(".maps");

/* One packet as the IP layer has it. */
struct packet {
  __u32 length;
  __u32 network_header;
  __u32 headers; /* network and transport; repeated for every segment */
  __u32 protocol;
  __u32 version;
};

static __always_inline int is_extension(__u32 protocol) {
  return protocol == V6_HOP_BY_HOP || protocol == V6_ROUTING || protocol == V6_DESTINATION || protocol == V6_FRAGMENT;
}

static __noinline int follow_extensions(struct __sk_buff* skb, struct packet* p) {
  __u8 header[2]; /* next header, length in units of eight bytes beyond the first */

  for (int i = 0; i < LONGEST_CHAIN; i++) {
    if (!is_extension(p->protocol) || bpf_skb_load_bytes(skb, p->network_header, header, sizeof header)) break;
    p->network_header += p->protocol == V6_FRAGMENT ? 8 : (header[1] + 1) * 8;
    p->protocol = header[0];
  }
  return 0;
}

/* The headers lie in the linear part: IP output builds them there, IP input pulls them there. */
static __always_inline void read_headers(struct __sk_buff* skb, struct packet* p) {
  __u8* start = (__u8*)(long)skb->data;
  __u8* end = (__u8*)(long)skb->data_end;
  __u8 offset = 0;
  __u8* transport;

  p->length = skb->len;
  p->network_header = p->headers = p->protocol = p->version = 0;
  if (start + 20 > end) return;
  p->version = start[0] >> 4;
  if (p->version == 4) {
    p->network_header = (start[0] & 15) * 4;
    p->protocol = start[9];
  } else {
    p->network_header = 40;
    p->protocol = start[6];
    if (is_extension(p->protocol)) follow_extensions(skb, p);
  }
  p->headers = p->network_header;
  if (p->protocol == IPPROTO_TCP) {
    transport = start + (p->network_header & 255);
    asm volatile("" : "+r"(transport)); /* else clang computes the address of the byte anew, without the check below */
    if (transport + 13 <= end)
      offset = transport[12];
    else
      bpf_skb_load_bytes(skb, p->network_header + 12, &offset, 1);
    p->headers += (offset >> 4) * 4;
  } else if (p->protocol == IPPROTO_UDP || p->protocol == IPPROTO_UDPLITE) {
    p->headers += 8;
  }
}

/* How many fragments an IP packet of this length needs: all but the last carry a multiple of eight bytes (RFC 791,
 * RFC 8200). `more`: what is added to the header of each. 1 where it needs none, or the interface is not known. */
__noinline int fragments(__u32 netns, __u32 interface, __u32 length, __u32 header, __u32 more) {
  struct meter_mtu_key key = {netns, interface};
  __u32* mtu = bpf_map_lookup_elem(&mtus, &key);
  __u32 room;

  if (!mtu || length <= *mtu || *mtu < header + more + 8) return 1;
  room = (*mtu - header - more) & ~7u;
  return (length - header + room - 1) / room;
}

static __always_inline void repeat(struct meter_way* way, __u32 count, __u32 headers) {
  __sync_fetch_and_add(&way->extra_packets, count - 1);
  __sync_fetch_and_add(&way->extra_bytes, (count - 1) * headers);
}

static __always_inline void add(struct meter_way* way, struct __sk_buff* skb, const struct packet* p,
                                const struct meter_identity* id, __u32 interface) {
  __u32 other = p->headers - METER_HEADERS(id->family == AF_INET6, id->protocol);
  __u32 count, header, size = skb->gso_size;

  __sync_fetch_and_add(&way->frames, 1);
  __sync_fetch_and_add(&way->bytes, p->length);
  if (other) __sync_fetch_and_add(&way->other_headers, (__s64)(__s32)other);
  if (size) {
    count = skb->gso_segs;
    if (!count) count = (p->length - p->headers + size - 1) / size; /* SKB_GSO_DODGY */
    if (count > 1) repeat(way, count, p->headers);
  } else if (p->length > SMALLEST_MTU && p->protocol != IPPROTO_TCP) {
    header = p->version == 6 ? 8 : 0;
    count = fragments(id->netns, interface, p->length, p->network_header, header);
    if (count > 1) {
      repeat(way, count, p->network_header + header);
      if (header) __sync_fetch_and_add(&way->extra_bytes, header);
    }
  }
}

#endif
