/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: the hook that shows frames where they leave, at the place where a packet socket would see them. */
/* Knows nothing of: sockets and owners. A skeleton of its own: it runs for every frame sent. Built by
 * scripts/build-bpf.sh. */
#include "native/meter/kernel_types.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "native/meter/egress.h"

char LICENSE[] SEC("license") = "GPL";

#define LINK_BYTES 14
#define TAG_OFFSET 12
#define TAG_BYTES 4
#define CHECKSUM_PARTIAL 3 /* include/linux/skbuff.h */
#define DNS 53

extern void* bpf_rdonly_cast(const void* object, __u32 type) __ksym;
extern int bpf_dynptr_from_skb(struct __sk_buff* skb, __u64 flags, struct bpf_dynptr* ptr) __ksym;

struct frame {
  struct meter_frame head;
  __u8 bytes[METER_FRAME_BYTES];
};
struct small_frame {
  struct meter_frame head;
  __u8 bytes[METER_SMALL_BYTES];
};
struct named_frame {
  struct meter_frame head;
  __u8 bytes[METER_NAMED_BYTES];
};

struct ring {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
};
/* By the device's index; the reader puts its ring here. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, METER_TAPS);
  __type(key, __u32);
  __array(values, struct ring);
} rings SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, METER_TAPS);
  __type(key, __u32);
  __type(value, struct meter_tap);
} taps SEC(".maps");

struct meter_egress globals;

/* Where the frame's bytes begin, and where they go. */
struct source {
  struct sk_buff* skb;
  __u32 skipped; /* bytes of the buffer before the frame */
  __u32 length;  /* of the frame, without a tag that is kept beside it */
  __u32 tag;     /* as it is on the wire; 0: none */
};

/* `count` is at most `most`. Payload may lie in pages of its own, which only the kernel itself can read. */
static __always_inline int copy(const struct source* from, __u32 offset, void* to, __u32 count, __u32 most) {
  struct sk_buff* skb = from->skb;
  struct bpf_dynptr whole;

  offset += from->skipped;
  if (!count || count > most) return 0;
  if (offset + count <= skb->len - skb->data_len) return bpf_probe_read_kernel(to, count, skb->data + offset);
  if (bpf_dynptr_from_skb((struct __sk_buff*)skb, 0, &whole)) return -1;
  return bpf_dynptr_read(to, count, &whole, offset, 0);
}

/* Puts the tag back to its place. Gives the number of bytes that were kept. */
static __always_inline __u32 copy_frame(const struct source* from, __u8* bytes, __u32 count, __u32 most) {
  if (count > from->length) count = from->length;
  if (!from->tag || count < TAG_OFFSET) return copy(from, 0, bytes, count, most - TAG_BYTES) ? 0 : count;
  if (copy(from, 0, bytes, TAG_OFFSET, TAG_OFFSET)) return 0;
  *(__u32*)(bytes + TAG_OFFSET) = from->tag;
  if (copy(from, TAG_OFFSET, bytes + TAG_OFFSET + TAG_BYTES, count - TAG_OFFSET, most - TAG_OFFSET - TAG_BYTES))
    return 0;
  return count + TAG_BYTES;
}

/* A frame's first bytes, of which any may be asked for. */
static __always_inline __u32 byte_at(const struct frame* x, __u32 at) {
  return at < METER_FRAME_BYTES ? x->bytes[at] : 0;
}
static __always_inline __u32 half_at(const struct frame* x, __u32 at) {
  return byte_at(x, at) << 8 | byte_at(x, at + 1);
}

/* As native/capture/name_filter.h has it: DNS, the first record of a TLS client, a QUIC Initial packet. */
static __noinline int may_name(struct frame* x, __u32 link) {
  __u32 at = link, first, protocol, version;

  if (!x) return 0;
  first = byte_at(x, at);
  if (first >> 4 == 4) {
    if (half_at(x, at + 6) & 0x3fff) return 0;
    protocol = byte_at(x, at + 9);
    at += (first & 15) * 4;
  } else if (first >> 4 == 6) {
    protocol = byte_at(x, at + 6);
    at += 40;
  } else {
    return 0;
  }
  if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) return 0;
  if (half_at(x, at) == DNS || half_at(x, at + 2) == DNS) return 1;
  if (protocol == IPPROTO_TCP) {
    at += (byte_at(x, at + 12) >> 4) * 4;
    return half_at(x, at) == 0x1603 && byte_at(x, at + 5) == 1;
  }
  at += 8;
  version = half_at(x, at + 1) << 16 | half_at(x, at + 3);
  return (byte_at(x, at) & 0xc0) == 0xc0 && (version == 1 || version == 0x6b3343cf);
}

/* How the device, or who stands in for it, will cut it (include/linux/virtio_net.h names the same). */
static __always_inline void describe_segments(const struct source* from, struct meter_frame* x) {
  struct sk_buff* skb = from->skb;
  const struct skb_shared_info* shared =
      bpf_rdonly_cast(skb->head + skb->end, bpf_core_type_id_kernel(struct skb_shared_info));
  __u32 headroom = (__u32)(skb->data - skb->head) + from->skipped;
  __u32 type;

  x->segmentation = METER_WHOLE;
  x->transport_offset = 0;
  x->segment_size = shared->gso_size;
  if (!x->segment_size) return;
  type = shared->gso_type;
  if (type & SKB_GSO_TCP) x->segmentation = METER_TCP_SEGMENTS;
  else if (type & SKB_GSO_UDP_L4) x->segmentation = METER_UDP_SEGMENTS;
  if (BPF_CORE_READ_BITFIELD(skb, ip_summed) == CHECKSUM_PARTIAL && skb->csum_start > headroom)
    x->transport_offset = skb->csum_start - headroom + x->inserted;
}

static __always_inline void describe(const struct source* from, struct meter_frame* x, __u32 kept) {
  x->time = bpf_ktime_get_ns();
  x->kept = kept;
  x->inserted = from->tag && from->length >= TAG_OFFSET ? TAG_BYTES : 0;
  x->length = from->length + x->inserted;
  describe_segments(from, x);
}

static __always_inline struct source source_of(struct sk_buff* skb, const struct meter_tap* tap) {
  struct source from = {skb, 0, skb->len, 0};
  __u32 headroom = (__u32)(skb->data - skb->head);

  if (!tap->has_link) {
    if (skb->network_header > headroom) from.skipped = skb->network_header - headroom;
    if (from.skipped > from.length) from.skipped = 0;
    from.length -= from.skipped;
  } else if (skb->vlan_all) {
    from.tag = skb->vlan_proto | (__u32)bpf_htons(skb->vlan_tci) << 16;
  }
  return from;
}

/* The ring wakes nobody by itself: a reader is woken for many frames at once. How much it has read is written on another
 * CPU: asked for every frame, that alone would cost a third of all. */
static __always_inline __u64 wake(void* ring, struct meter_tap* tap) {
  __u32 at = tap->wake_at;

  if (at > 1 && (++tap->turn % METER_TAP_TURNS || bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) < at))
    return BPF_RB_NO_WAKEUP;
  tap->wake_at = METER_TAP_SILENT;
  return BPF_RB_FORCE_WAKEUP;
}

static __always_inline int lose(struct meter_tap* tap) {
  __sync_fetch_and_add(&tap->lost, 1);
  return 0;
}

/* Most frames are small, and half of what a frame costs is the memory that it takes. */
static __always_inline int keep_small(const struct source* from, void* ring, struct meter_tap* tap) {
  struct small_frame* x = bpf_ringbuf_reserve(ring, sizeof *x, 0);

  if (!x) return lose(tap);
  describe(from, &x->head, copy_frame(from, x->bytes, from->length, METER_SMALL_BYTES));
  bpf_ringbuf_submit(x, wake(ring, tap));
  return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(frame_leaves, struct sk_buff* skb, struct net_device* device) {
  __u32 index = device->ifindex;
  struct meter_tap* tap = bpf_map_lookup_elem(&taps, &index);
  struct named_frame* named;
  struct source from;
  struct frame* x;
  void* ring;

  if (!tap || !tap->keep || device->nd_net.net->ns.inum != globals.netns) return 0;
  ring = bpf_map_lookup_elem(&rings, &index);
  if (!ring) return 0;
  from = source_of(skb, tap);
  if (from.length <= METER_SMALL_BYTES - TAG_BYTES && from.length <= tap->keep) return keep_small(&from, ring, tap);
  x = bpf_ringbuf_reserve(ring, sizeof *x, 0);
  if (!x) return lose(tap);
  describe(&from, &x->head, copy_frame(&from, x->bytes, tap->keep, METER_FRAME_BYTES));
  if (from.length > tap->keep && tap->keep_name && may_name(x, tap->has_link ? LINK_BYTES + x->head.inserted : 0)) {
    named = bpf_ringbuf_reserve(ring, sizeof *named, 0);
    if (named) {
      describe(&from, &named->head, copy_frame(&from, named->bytes, tap->keep_name, METER_NAMED_BYTES));
      bpf_ringbuf_discard(x, BPF_RB_NO_WAKEUP);
      bpf_ringbuf_submit(named, wake(ring, tap));
      return 0;
    }
  }
  bpf_ringbuf_submit(x, wake(ring, tap));
  return 0;
}
