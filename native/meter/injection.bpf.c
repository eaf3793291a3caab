/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: the hook that counts frames sent through packet sockets (packet(7)), which no cgroup hook sees. */
/* Knows nothing of: other sockets. A skeleton of its own: it runs for every frame sent. Built by scripts/build-bpf.sh.
 */
#include "native/meter/kernel_types.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "native/meter/injection.h"
#include "native/meter/process.bpf.h"

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct meter_injecting_socket);
} sockets SEC(".maps");

/* Outlives the socket, so that nothing is lost when it is closed; the reader deletes what has not moved for long. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, METER_INJECTORS);
  __type(key, struct meter_injector_key);
  __type(value, struct meter_injector);
} injectors SEC(".maps");

struct meter_globals globals;

/* A super-frame, given with a virtio header (PACKET_VNET_HDR), is as many packets as the device cuts it into. */
static __noinline int add_segments(struct meter_injector* x, struct sk_buff* skb) {
  struct skb_shared_info* shared = (struct skb_shared_info*)(skb->head + skb->end);
  __u32 size = BPF_CORE_READ(shared, gso_size);
  __u32 offset = skb->transport_header - (__u32)(skb->data - skb->head);
  __u32 type = BPF_CORE_READ(shared, gso_type);
  __u8 words = 0;
  __u32 headers;

  if (!size || offset > skb->len) return 0;
  if (type & SKB_GSO_TCP) bpf_probe_read_kernel(&words, 1, skb->head + skb->transport_header + 12);
  headers = offset + (words ? (words >> 4) * 4 : 8);
  if (headers >= skb->len) return 0;
  size = (skb->len - headers + size - 1) / size;
  if (size > 1) {
    __sync_fetch_and_add(&x->extra_packets, size - 1);
    __sync_fetch_and_add(&x->extra_bytes, (__u64)(size - 1) * headers);
  }
  return 0;
}

/* A frame passes here once for each device that it goes through. On the first it is still in its sender's context; on
 * those below (VLAN, bond) perhaps not, so that only the device of the first frame may change the owner. */
static __noinline int inject(struct sk_buff* skb, struct sock* sk) {
  struct meter_injector_key key = {};
  struct meter_injecting_socket* socket;
  struct meter_injector empty = {};
  struct task_struct* task = bpf_get_current_task_btf();
  struct meter_injector* x;

  socket = bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
  if (!socket) {
    __sync_fetch_and_add(&globals.lost_sockets, 1);
    return 0;
  }
  key.interface = BPF_CORE_READ(skb, dev, ifindex);
  if (!socket->interface) socket->interface = key.interface;
  if (socket->interface == key.interface && task->tgid && !(task->flags & PF_KTHREAD) &&
      (socket->owner.tgid != (__u32)task->tgid || socket->owner.start_time != start_of(task)))
    describe_owner(&socket->owner, task, globals.pid_namespace);
  key.tgid = socket->owner.tgid;
  key.start_time = socket->owner.start_time;
  key.netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
  x = bpf_map_lookup_elem(&injectors, &key);
  if (!x) {
    empty.owner = socket->owner;
    bpf_map_update_elem(&injectors, &key, &empty, BPF_NOEXIST);
    x = bpf_map_lookup_elem(&injectors, &key);
    if (!x) {
      __sync_fetch_and_add(&globals.lost_events, 1);
      __sync_fetch_and_add(&globals.lost_bytes, skb->len);
      return 0;
    }
  }
  __sync_fetch_and_add(&x->frames, 1);
  __sync_fetch_and_add(&x->bytes, skb->len);
  x->time = bpf_ktime_get_ns();
  return add_segments(x, skb);
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(frame_queued, struct sk_buff* skb) {
  struct sock* sk = skb->sk;

  if (!sk || sk->__sk_common.skc_family != AF_PACKET) return 0;
  return inject(skb, sk);
}
