/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: the memory layout of what processes send through packet sockets, past the IP layer. */
/* Knows nothing of: other sockets. */
#ifndef NATIVE_METER_INJECTION_H
#define NATIVE_METER_INJECTION_H

#include "native/meter/accounting.h"

#define METER_INJECTORS 4096

struct meter_injector_key {
  __u64 start_time;
  __u32 tgid;
  __u32 netns;
  __u32 interface;
  __u32 reserved;
};

struct meter_injector {
  struct meter_owner owner;
  __u64 frames;
  __u64 bytes; /* link layer header included */
  __u64 extra_packets;
  __u64 extra_bytes; /* headers repeated on the wire by segments, link layer header included */
  __u64 time;        /* CLOCK_MONOTONIC of the last frame */
};

/* Who sends through a packet socket; in the socket's local storage. */
struct meter_injecting_socket {
  struct meter_owner owner;
  __u32 interface; /* of the first frame */
  __u32 reserved;
};

#endif
