/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: the entry of a socket: its owner, its lanes, and the records that are sent about them. */
/* Knows nothing of: packets, and which hook found out. */
#ifndef NATIVE_METER_OWNER_BPF_H
#define NATIVE_METER_OWNER_BPF_H

#include "native/meter/accounting.h"
#include "native/meter/process.bpf.h"

#define WAKE_UP_AT (METER_RING_SIZE / 4)

/* BPF_F_CLONE: an accepted socket starts with a copy of the listener's entry; see stamp(). */
struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
  __type(key, int);
  __type(value, struct meter_socket);
} sockets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct meter_packet);
} packets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, METER_RING_SIZE);
} events SEC(".maps");

/* The sockets that have moved something since the dump before. */
struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, METER_MOST_CHANGED);
  __type(value, struct meter_changed);
} changed SEC(".maps");

struct meter_globals globals;

/* The reader comes on a timer; it is woken only when the ring fills up. */
static __always_inline __u64 wake_up(void) {
  return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > WAKE_UP_AT ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline int lane_used(const struct meter_lane* lane) {
  return lane->interface && (lane->sent.frames || lane->received.frames);
}

#define TAKE(field) __sync_lock_test_and_set(&(field), 0)

static __always_inline void take_way(struct meter_way* to, struct meter_way* from) {
  to->frames = TAKE(from->frames);
  to->bytes = TAKE(from->bytes);
  to->other_headers = TAKE(from->other_headers);
  to->extra_packets = TAKE(from->extra_packets);
  to->extra_bytes = TAKE(from->extra_bytes);
}

/* The functions below are global: the verifier looks at each of them once, not once for each way that leads to it. It
 * knows of their pointer only that it may be null. */

/* Sends what a lane holds, and begins it anew. Each counter is read and zeroed in one step, so that a packet counted
 * meanwhile on another CPU is in this record or in the next. 0 where the ring has no room. */
__noinline int send_lane(struct meter_socket* x, __u32 index, __u32 kind, __u32 last) {
  struct meter_event* event;
  struct meter_lane* lane;

  if (!x) return 0;
  lane = &x->lane[index & (METER_LANES - 1)];
  event = bpf_ringbuf_reserve(&events, sizeof *event, 0);
  if (!event) {
    __sync_fetch_and_add(&globals.lost_events, 1);
    if (kind == METER_FINAL) __sync_fetch_and_add(&globals.lost_bytes, lane->sent.bytes + lane->received.bytes);
    return 0;
  }
  event->kind = kind;
  event->last = last;
  event->time = bpf_ktime_get_ns();
  event->id = x->id;
  event->lane.interface = lane->interface;
  event->lane.epoch = lane->epoch;
  take_way(&event->lane.sent, &lane->sent);
  take_way(&event->lane.received, &lane->received);
  lane->epoch = ++x->epoch;
  event->retransmitted_bytes = last ? x->retransmitted_bytes - x->old_retransmitted_bytes : 0;
  event->retransmitted_packets = last ? x->retransmitted_packets - x->old_retransmitted_packets : 0;
  bpf_ringbuf_submit(event, wake_up());
  return 1;
}

/* Sends every lane that holds something. 0 where the ring has no room for one of them. */
__noinline int send_lanes(struct meter_socket* x, __u32 kind) {
  __u32 left = 0;

  if (!x) return 0;
  for (int i = 0; i < METER_LANES; i++) left += lane_used(&x->lane[i]) ? 1 : 0;
  /* A socket that was reported and has nothing left is closed by an empty record. */
  if (!left && kind == METER_FINAL && x->told_tgid) return send_lane(x, 0, kind, 1);
  for (int i = 0; i < METER_LANES; i++) {
    if (!lane_used(&x->lane[i])) continue;
    left--;
    if (!send_lane(x, i, kind, !left)) return 0;
  }
  x->id.flags &= ~METER_TUPLES;
  if (kind == METER_FLUSH) return 1; /* the owner stays */
  x->old_retransmitted_bytes = x->retransmitted_bytes;
  x->old_retransmitted_packets = x->retransmitted_packets;
  return 1;
}

/* Reports the owner. */
__noinline int announce_now(struct meter_socket* x) {
  struct meter_owner_event* event;

  if (!x) return 0;
  event = bpf_ringbuf_reserve(&events, sizeof *event, 0);
  if (!event) {
    __sync_fetch_and_add(&globals.lost_events, 1);
    return 0;
  }
  event->kind = METER_OWNER;
  event->reserved = 0;
  event->time = bpf_ktime_get_ns();
  event->id = x->id;
  bpf_ringbuf_submit(event, wake_up());
  x->told_tgid = x->id.owner.tgid;
  x->told_start_time = x->id.owner.start_time;
  return 0;
}

/* The first time this socket is met: what was copied from the listener goes, but for its owner. */
__noinline int stamp(struct meter_socket* x, __u64 cookie) {
  if (!x || x->id.cookie == cookie) return 0;
  if (x->id.cookie) {
    __builtin_memset(x->lane, 0, sizeof x->lane);
    x->id.flags &= METER_USER | METER_KERNEL;
    x->id.family = 0;
    x->told_tgid = 0;
    x->told_start_time = 0;
    x->epoch = 0;
    x->retransmitted_bytes = x->old_retransmitted_bytes = 0;
    x->retransmitted_packets = x->old_retransmitted_packets = 0;
    x->next_lane = 0;
    x->round = 0;
  }
  x->id.cookie = cookie;
  return 0;
}

/* A lane for an interface that has none; gives its index. */
__noinline int claim_lane(struct meter_socket* x, __u32 interface) {
  __u32 index;

  if (!x) return 0;
  for (int i = 0; i < METER_LANES; i++) {
    if (!__sync_val_compare_and_swap(&x->lane[i].interface, 0, interface)) {
      x->lane[i].epoch = ++x->epoch;
      return i;
    }
  }
  index = x->next_lane++ & (METER_LANES - 1);
  if (lane_used(&x->lane[index])) send_lane(x, index, METER_FLUSH, 0);
  x->lane[index].interface = interface;
  return index;
}

/* Reports an owner that was not reported yet, once there is a packet to know the tuple from. */
static __always_inline void announce(struct meter_socket* x) {
  if (x->told_tgid == x->id.owner.tgid && x->told_start_time == x->id.owner.start_time) return;
  if (x->id.owner.tgid && x->id.family) announce_now(x);
}

static __always_inline struct meter_lane* lane_of(struct meter_socket* x, __u32 interface) {
  if (!interface) interface = METER_NO_INTERFACE;
#pragma unroll
  for (int i = 0; i < METER_LANES; i++)
    if (x->lane[i].interface == interface) return &x->lane[i];
  return &x->lane[claim_lane(x, interface) & (METER_LANES - 1)];
}

/* TCP counts what it sends again for each socket; we want it for each owner. */
static __always_inline void note_retransmissions(struct meter_socket* x, struct tcp_sock* tcp) {
  if (!tcp) return;
  x->retransmitted_bytes = tcp->bytes_retrans;
  x->retransmitted_packets = tcp->total_retrans;
}

static __always_inline int owned_by(const struct meter_socket* x, struct task_struct* task) {
  return x->id.owner.tgid == (__u32)task->tgid && x->id.owner.start_time == start_of(task);
}

/* Makes a task's process the owner. What was counted before anybody's first I/O (handshake, creator, listener) goes to
 * the new owner; what the old one moved by its own I/O is sent first and stays the old one's. */
static __always_inline void own(struct meter_socket* x, struct task_struct* task, int io) {
  if (!task->tgid || (task->flags & PF_KTHREAD)) return;
  if (!owned_by(x, task)) {
    if (x->id.owner.tgid && (x->id.flags & METER_IO) && !send_lanes(x, METER_SPLIT)) x->id.flags |= METER_MIXED;
    describe_owner(&x->id.owner, task, globals.pid_namespace);
  }
  if (!(x->id.flags & METER_MET)) x->told_tgid = 0; /* that the listener's owner serves it himself is news */
  x->id.flags |= io ? METER_MET | METER_IO : METER_MET;
}

/* Decides once whether a socket is the kernel's own. The subflows of MPTCP look so, but carry a process's bytes. */
static __always_inline void vet(struct meter_socket* x, int kernel, struct tcp_sock* tcp) {
  if (kernel && tcp && bpf_core_field_exists(tcp->is_mptcp) && tcp->is_mptcp) kernel = 0;
  x->id.flags |= kernel ? METER_KERNEL : METER_USER;
}

#endif
