/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: the members of the kernel's structures that the BPF programs read, and nothing else of them. */
/* Knows nothing of: their layout. Each access is relocated to the running kernel when a program is loaded (CO-RE). */
#ifndef NATIVE_METER_KERNEL_TYPES_BPF_H
#define NATIVE_METER_KERNEL_TYPES_BPF_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/types.h>
#include <stdbool.h>

#define AF_INET 2
#define AF_INET6 10
#define AF_PACKET 17
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define PACKET_HOST 0 /* linux/if_packet.h */
#define MSG_PEEK 2
#define MSG_ERRQUEUE 0x2000
#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */
#define TCP_LISTEN 10         /* include/net/tcp_states.h */
#define SKB_GSO_TCP 0x11      /* SKB_GSO_TCPV4 | SKB_GSO_TCPV6, include/linux/skbuff.h */
#define SKB_GSO_UDP_L4 0x20000
/* linux/in6.h, which libc-compat.h may leave out. */
#define IPPROTO_ICMPV6 58
#define V6_HOP_BY_HOP 0
#define V6_ROUTING 43
#define V6_FRAGMENT 44
#define V6_DESTINATION 60

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
  unsigned int inum;
};
struct net {
  struct ns_common ns;
};
struct pid_namespace {
  struct ns_common ns;
};
struct nsproxy {
  struct net* net_ns;
};
typedef struct {
  struct net* net;
} possible_net_t;

struct upid {
  int nr;
  struct pid_namespace* ns;
};
struct pid {
  unsigned int level;
  struct upid numbers[1];
};
typedef struct {
  unsigned int val;
} kuid_t;
struct cred {
  kuid_t euid;
};
typedef struct {
  int counter;
} atomic_t;
struct signal_struct {
  atomic_t live;
};
struct mm_struct {
  unsigned long arg_start;
  unsigned long arg_end;
};
struct task_struct {
  unsigned int flags;
  struct mm_struct* mm;
  int pid;
  int tgid;
  struct task_struct* real_parent;
  struct task_struct* group_leader;
  struct pid* thread_pid;
  __u64 start_boottime;
  const struct cred* cred;
  char comm[16];
  struct nsproxy* nsproxy;
  struct signal_struct* signal;
};
struct super_block {
  __u32 s_dev;
};
struct inode {
  struct super_block* i_sb;
  unsigned long i_ino;
};
struct file {
  struct inode* f_inode;
};
struct linux_binprm {
  const char* interp;
  struct file* file;
};

struct in6_addr {
  __u8 bytes[16];
};
typedef struct {
  long long counter;
} atomic64_t;
typedef struct {
  atomic_t refs;
} refcount_t;
struct sock_common {
  __u32 skc_daddr;
  __u32 skc_rcv_saddr;
  __be16 skc_dport;
  __u16 skc_num;
  unsigned short skc_family;
  volatile unsigned char skc_state;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
  atomic64_t skc_cookie;
  refcount_t skc_refcnt;
};
typedef struct {
  int owned;
} socket_lock_t;
struct sock {
  struct sock_common __sk_common;
  socket_lock_t sk_lock;
  __u8 sk_kern_sock : 1;
  __u16 sk_type;
  __u16 sk_protocol;
};
struct inet_sock {
  struct sock sk;
};
struct inet_connection_sock {
  struct inet_sock icsk_inet;
};
struct tcp_sock {
  struct inet_connection_sock inet_conn;
  __u64 bytes_retrans;
  __u32 total_retrans;
  bool is_mptcp;
};
struct socket {
  struct sock* sk;
};

struct net_device {
  int ifindex;
  possible_net_t nd_net;
};
struct sk_buff {
  struct net_device* dev;
  struct sock* sk;
  unsigned int len;
  unsigned int data_len;
  __u8 ip_summed : 2;
  union {
    __u32 vlan_all;
    struct {
      __be16 vlan_proto;
      __u16 vlan_tci;
    };
  };
  __u16 csum_start;
  __u16 transport_header;
  __u16 network_header;
  unsigned int end;
  unsigned char* head;
  unsigned char* data;
};
struct skb_shared_info {
  unsigned short gso_size;
  unsigned int gso_type;
};

struct bpf_iter_meta {
  struct seq_file* seq;
};
struct bpf_iter__task_file {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
  struct file* file;
};

#pragma clang attribute pop

#endif
