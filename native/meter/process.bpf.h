/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: the identity of a process as the BPF programs read it from a task. Included once by each of them. */
/* Knows nothing of: sockets. */
#ifndef NATIVE_METER_PROCESS_BPF_H
#define NATIVE_METER_PROCESS_BPF_H

#include "native/meter/accounting.h"

/* Pid namespaces below the initial one that are looked through. */
#define DEEPEST_NAMESPACE 5

/* The pid of a main thread in the pid namespace of the reader (0: the initial one); 0 where it is not visible there.
 * The numbers stand in an array of as many entries as namespaces are nested, which the verifier does not follow: they
 * are read as plain memory. */
static __noinline __u32 visible_pid(struct task_struct* leader, __u32 pid_namespace) {
  struct pid* pid;
  struct upid number = {};
  __u32 level;
  char* entry;

  if (!pid_namespace) return BPF_CORE_READ(leader, tgid);
  pid = BPF_CORE_READ(leader, thread_pid);
  if (!pid) return 0;
  level = BPF_CORE_READ(pid, level);
  for (__u32 i = 1; i <= DEEPEST_NAMESPACE && i <= level; i++) {
    entry = (char*)pid + bpf_core_field_offset(struct pid, numbers) + i * bpf_core_type_size(struct upid);
    bpf_probe_read_kernel(&number.ns, sizeof number.ns, entry + bpf_core_field_offset(struct upid, ns));
    if (BPF_CORE_READ(number.ns, ns.inum) != pid_namespace) continue;
    bpf_probe_read_kernel(&number.nr, sizeof number.nr, entry + bpf_core_field_offset(struct upid, nr));
    return number.nr;
  }
  return 0;
}

/* Pointers of the kernel are followed by reading plain memory, here and in all that is not done for each packet: for
 * each one that a program follows itself, the verifier searches all names of the kernel's types, 10 ms at every start.
 */
static __always_inline void describe_owner(struct meter_owner* owner, struct task_struct* task, __u32 pid_namespace) {
  struct task_struct* leader = BPF_CORE_READ(task, group_leader);

  owner->start_time = BPF_CORE_READ(leader, start_boottime);
  owner->tgid = task->tgid;
  owner->pid = visible_pid(leader, pid_namespace);
  owner->uid = BPF_CORE_READ(task, cred, euid.val);
  owner->reserved = 0;
  BPF_CORE_READ_INTO(&owner->comm, leader, comm);
}

/* When the main thread of the task began. */
static __always_inline __u64 start_of(struct task_struct* task) {
  return task->pid == task->tgid ? task->start_boottime : BPF_CORE_READ(task, group_leader, start_boottime);
}

#endif
