/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: the hooks that tell how processes begin, change their program and end. */
/* Knows nothing of: sockets. A skeleton of its own, so that it can be missing alone. Built by scripts/build-bpf.sh. */
#include "native/meter/kernel_types.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "native/meter/process.bpf.h"
#include "native/meter/processes.h"

#define WAKE_UP_AT (METER_PROCESS_RING_SIZE / 4)
#define DEVICE_MINOR_BITS 20 /* include/linux/kdev_t.h */

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, METER_PROCESS_RING_SIZE);
} events SEC(".maps");

struct meter_globals globals;

static __always_inline __u64 wake_up(void) {
  return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > WAKE_UP_AT ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline void describe(struct meter_owner* owner, struct task_struct* task) {
  describe_owner(owner, task, globals.pid_namespace);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct* parent, struct task_struct* child) {
  struct meter_fork_event* event;

  if (child->pid != child->tgid) return 0;
  event = bpf_ringbuf_reserve(&events, sizeof *event, 0);
  if (!event) {
    __sync_fetch_and_add(&globals.lost_events, 1);
    return 0;
  }
  event->kind = METER_FORK;
  event->reserved = 0;
  event->time = bpf_ktime_get_ns();
  describe(&event->parent, parent);
  describe(&event->child, child);
  bpf_ringbuf_submit(event, wake_up());
  return 0;
}

/* The verifier wants a record's size as a constant: short command lines, nearly all of them, take a short record. */
static __always_inline int send_exec(struct task_struct* task, struct linux_binprm* program, __u32 room) {
  __u64 start = BPF_CORE_READ(task, mm, arg_start);
  __u32 size = BPF_CORE_READ(task, mm, arg_end) - start;
  struct meter_exec_event* event = bpf_ringbuf_reserve(&events, sizeof *event + room, 0);
  __u32 device;

  if (!event) {
    __sync_fetch_and_add(&globals.lost_events, 1);
    return 0;
  }
  event->kind = METER_EXEC;
  event->time = bpf_ktime_get_ns();
  describe(&event->process, task);
  event->parent_pid = visible_pid(BPF_CORE_READ(task, real_parent, group_leader), globals.pid_namespace);
  event->whole_size = size;
  event->inode = BPF_CORE_READ(program, file, f_inode, i_ino);
  device = BPF_CORE_READ(program, file, f_inode, i_sb, s_dev);
  event->device_major = device >> DEVICE_MINOR_BITS;
  event->device_minor = device & ((1u << DEVICE_MINOR_BITS) - 1);
  event->command_line_size = 0;
  event->path[0] = 0;
  bpf_probe_read_kernel_str(event->path, sizeof event->path, BPF_CORE_READ(program, interp));
  if (size > room) size = room;
  /* The new program's stack has just been written: its pages are there. */
  if (size && !bpf_probe_read_user(event + 1, size, (void*)start)) event->command_line_size = size;
  bpf_ringbuf_submit(event, wake_up());
  return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct* task, int old_pid, struct linux_binprm* program) {
  __u64 size = BPF_CORE_READ(task, mm, arg_end) - BPF_CORE_READ(task, mm, arg_start);

  if (size <= 256) return send_exec(task, program, 256);
  if (size <= 1024) return send_exec(task, program, 1024);
  return send_exec(task, program, METER_COMMAND_LINE);
}

/* Before the task has it. A process is called as its main thread is. */
SEC("tp_btf/task_rename")
int BPF_PROG(process_rename, struct task_struct* task, const char* name) {
  struct meter_rename_event* event;

  if (task->pid != task->tgid) return 0;
  event = bpf_ringbuf_reserve(&events, sizeof *event, 0);
  if (!event) {
    __sync_fetch_and_add(&globals.lost_events, 1);
    return 0;
  }
  event->kind = METER_RENAME;
  event->reserved = 0;
  event->time = bpf_ktime_get_ns();
  describe(&event->process, task);
  bpf_probe_read_kernel_str(event->process.comm, sizeof event->process.comm, name);
  bpf_ringbuf_submit(event, wake_up());
  return 0;
}

/* Called for each thread; the process ends with its last one. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct* task) {
  struct meter_exit_event* event;

  if (BPF_CORE_READ(task, signal, live.counter)) return 0;
  event = bpf_ringbuf_reserve(&events, sizeof *event, 0);
  if (!event) {
    __sync_fetch_and_add(&globals.lost_events, 1);
    return 0;
  }
  event->kind = METER_EXIT;
  event->reserved = 0;
  event->time = bpf_ktime_get_ns();
  describe(&event->process, task);
  bpf_ringbuf_submit(event, wake_up());
  return 0;
}
