/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: the memory layout of frames that leave by a captured device, and of what is wanted of each device. */
/* Knows nothing of: sockets and owners. */
#ifndef NATIVE_METER_EGRESS_H
#define NATIVE_METER_EGRESS_H

#include <linux/types.h>

/* Devices with a higher index are not tapped. */
#define METER_TAPS 4096
/* Bytes kept of a frame, with room for a tag that the kernel keeps beside it; of most frames that is all of them. */
#define METER_FRAME_BYTES 136
#define METER_SMALL_BYTES 72
/* Bytes kept of a frame that may name a host. */
#define METER_NAMED_BYTES 3080

/* A value of wake_at: nobody wants to be woken. */
#define METER_TAP_SILENT (~0U)
/* How often the ring is asked how full it is: once in so many frames. */
#define METER_TAP_TURNS 32

enum meter_segmentation { METER_WHOLE, METER_TCP_SEGMENTS, METER_UDP_SEGMENTS };

/* One device, by its index. Shared with the reader, which maps the table. */
struct meter_tap {
  __u64 lost;      /* frames that the ring had no room for */
  __u32 wake_at;   /* bytes in the ring from which on the reader is woken, once */
  __u32 keep;      /* bytes of a frame; 0: not tapped */
  __u32 keep_name; /* bytes of one that may name a host; 0: none are looked for */
  __u32 has_link;  /* 0: a frame starts at its network header, whatever the driver puts before it */
  __u32 turn;      /* counts frames */
  __u32 reserved;
};

/* What is before a frame's bytes in the ring. */
struct meter_frame {
  __u64 time;             /* CLOCK_MONOTONIC */
  __u32 length;           /* of the whole frame, the tag included */
  __u16 kept;             /* bytes that follow */
  __u16 segment_size;     /* gso_size */
  __u16 transport_offset; /* of the header that is repeated; 0 where the kernel does not say */
  __u8 segmentation;      /* enum meter_segmentation */
  __u8 inserted;          /* bytes of a tag that was put back to its place */
  __u32 reserved;
};

struct meter_egress {
  __u32 netns; /* inode; devices of others are not tapped */
  __u32 reserved;
};

#endif
