/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: the memory layout that the socket programs (C, in the kernel) and their reader (C++) share. */
/* Knows nothing of: who fills it and who reads it. Every field is naturally aligned; no padding is left unnamed. */
#ifndef NATIVE_METER_ACCOUNTING_H
#define NATIVE_METER_ACCOUNTING_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* Interfaces that one socket can alternate between without a record being sent. */
#define METER_LANES 4
#define METER_RING_SIZE (1 << 21)
#define METER_PROCESS_RING_SIZE (1 << 20)
/* Of what one run of the dump writes, and how many sockets may have moved something since the one before. */
#define METER_DUMP_RING_SIZE (1 << 18)
#define METER_MOST_CHANGED (1 << 16)
#define METER_DUMP_AT_ONCE 128 /* sockets of one run: some 100 us */
/* The four-byte fields and ports are in host order, addresses in network order. */

enum meter_event_kind {
  METER_OWNER = 1, /* struct meter_owner_event: an owner, or (METER_PACKET) a tuple that was not reported yet */
  METER_SPLIT = 2, /* struct meter_event: the owner changes; what the old one moved on one interface */
  METER_FLUSH = 3, /* struct meter_event: the lane is needed (a fifth interface), or its socket connects anew */
  METER_FINAL = 4, /* struct meter_event: the socket is gone; what the last owner moved on one interface */
  METER_LIVE = 5,  /* struct meter_event, written by the dump: what was moved so far on one interface */
};

enum meter_socket_flag {
  METER_IO = 1,       /* the owner was seen sending or receiving; else it is the creator, the listener's or a holder */
  METER_KERNEL = 2,   /* a socket of the kernel itself: it never has a process */
  METER_MIXED = 4,    /* a change of owner could not be reported: counters hold bytes of several processes */
  METER_USER = 8,     /* known not to be a socket of the kernel */
  METER_RAW = 16,     /* the socket does not know whom it talks to: SOCK_RAW and ping sockets */
  METER_PACKET = 32,  /* the tuple is that of a packet, not the socket's: ICMP echo has its identifier as both ports */
  METER_MET = 64,     /* the owner was met at this very socket; an accepted one has the listener's at first */
  METER_TUPLES = 128, /* the ring was too full to tell of a tuple when it was left: counters hold its bytes, too */
};

/* A process. Times are nanoseconds since boot (CLOCK_BOOTTIME) of the main thread, as /proc/PID/stat has them. */
struct meter_owner {
  __u64 start_time;
  __u32 tgid; /* in the initial pid namespace; 0: unknown */
  __u32 pid;  /* in the reader's pid namespace; 0: not visible there */
  __u32 uid;  /* effective */
  __u32 reserved;
  char comm[16];
};

/* A socket and its owner. */
struct meter_identity {
  __u64 cookie;
  struct meter_owner owner;
  __u32 netns; /* inode of the network namespace; 0: not yet known */
  __u16 local_port;
  __u16 remote_port;
  __u8 family; /* AF_INET, AF_INET6; 0: no packet yet */
  __u8 protocol;
  __u8 type; /* SOCK_STREAM, ... */
  __u8 flags;
  __u32 reserved;
  __u8 local[16]; /* the first four bytes for AF_INET */
  __u8 remote[16];
};

/* One direction. Wire packets = frames + extra_packets; wire IP bytes = bytes + extra_bytes; payload = bytes -
 * frames * METER_HEADERS(family, protocol) - other_headers: two additions for most packets instead of three. */
struct meter_way {
  __u64 frames; /* packets as the IP layer has them: a super-frame (GSO, GRO) or a datagram to be fragmented is one */
  __u64 bytes;  /* their length from the IP header on */
  __u64 other_headers; /* of network and transport, beyond (or, as two's complement, below) the usual ones */
  __u64 extra_packets;
  __u64 extra_bytes; /* headers repeated on the wire by segments and fragments */
};

/* Length of the usual headers: TCP with time stamps, UDP, or IP alone. */
#define METER_HEADERS(ipv6, protocol) \
  (((ipv6) ? 40u : 20u) + ((protocol) == 6 ? 32u : ((protocol) == 17 || (protocol) == 136) ? 8u : 0u))

/* What a socket moved on one interface since `epoch` began. */
struct meter_lane {
  __u32 interface; /* ifindex in the socket's namespace; 0: the lane is free; METER_NO_INTERFACE: unknown */
  __u32 epoch;     /* of the socket's lanes, each has its own: grows whenever counters begin at zero again */
  struct meter_way sent;
  struct meter_way received;
};
#define METER_NO_INTERFACE 0xffffffffu

/* One for each socket, in its local storage. */
struct meter_socket {
  struct meter_identity id;
  __u64 told_start_time; /* the owner that was reported last */
  __u32 told_tgid;
  __u32 epoch;
  __u64 retransmitted_bytes;     /* when last looked at */
  __u64 old_retransmitted_bytes; /* of earlier owners */
  __u32 retransmitted_packets;
  __u32 old_retransmitted_packets;
  __u32 round;    /* of the dumps, in which the socket was last put among those that have moved something */
  __u8 next_lane; /* to be flushed */
  __u8 reserved[3];
  struct meter_lane lane[METER_LANES];
};

/* A socket that has moved something since the dump before: kernel addresses of its entry and of itself, by which the
 * dump reads them. The cookie says whether they are still what they were. */
struct meter_changed {
  __u64 entry;
  __u64 sock;
  __u64 cookie;
};

/* What was reported last of a socket's packets (METER_RAW), in its local storage. */
struct meter_packet {
  __u64 start_time; /* of the owner */
  __u32 tgid;
  __u16 local_port;
  __u16 remote_port;
  __u8 local[16];
  __u8 remote[16];
  __u32 protocol;
  __u32 family;
};

struct meter_owner_event {
  __u32 kind;
  __u32 reserved;
  __u64 time; /* CLOCK_MONOTONIC */
  struct meter_identity id;
};

struct meter_event {
  __u32 kind;
  __u32 last; /* 1: no further lane of this socket follows with the same cause */
  __u64 time; /* CLOCK_MONOTONIC */
  struct meter_identity id;
  struct meter_lane lane;
  __u64 retransmitted_bytes; /* TCP payload; only where last is 1, over all interfaces */
  __u64 retransmitted_packets;
};

/* Packets longer than this on this interface leave in fragments (IPv4, IPv6; never TCP). */
struct meter_mtu_key {
  __u32 netns;
  __u32 interface;
};

/* Set by the reader before the programs are attached, and counted up by them. */
struct meter_globals {
  __u32 pid_namespace; /* inode of the reader's; 0: the initial one */
  __u32 groups;        /* count what came for a group (multicast, broadcast): every member gets a copy of it */
  __u64 lost_events;   /* the ring was full */
  __u64 lost_bytes;    /* IP bytes of final records among them */
  __u64 lost_sockets;  /* packets that could not be counted: no memory for the socket's entry */
  __u64 lost_tuples;   /* packets of raw sockets whose tuple was not sent, so that the ring has room for the others */
  __u32 round;         /* of the dumps; begins with 1, so that a new socket is in none */
  __u32 netns;         /* of sockets in other network namespaces only the owners are told; 0: all are counted */
};

#endif
