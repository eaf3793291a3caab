/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Owns: the memory layout of the records that say how processes begin, change their program and end. */
/* Knows nothing of: sockets. */
#ifndef NATIVE_METER_PROCESSES_H
#define NATIVE_METER_PROCESSES_H

#include "native/meter/accounting.h"

/* The longest command line that is kept, as of /proc/PID/cmdline elsewhere in the tree. */
#define METER_COMMAND_LINE 4096
#define METER_PATH 512

enum meter_process_event_kind {
  METER_FORK = 11, /* struct meter_fork_event */
  METER_EXEC = 12, /* struct meter_exec_event and the command line */
  METER_EXIT = 13, /* struct meter_exit_event: the last thread is about to close its files */
  METER_RENAME =
      14, /* struct meter_rename_event: the main thread takes another name (prctl(2), and before each exec) */
};

struct meter_fork_event {
  __u32 kind;
  __u32 reserved;
  __u64 time; /* CLOCK_MONOTONIC */
  struct meter_owner parent;
  struct meter_owner child;
};

struct meter_exec_event {
  __u32 kind;
  __u32 command_line_size; /* bytes that follow this structure: argv, each with its NUL */
  __u64 time;
  struct meter_owner process;
  __u32 parent_pid;   /* in the reader's pid namespace; 0: not visible there */
  __u32 whole_size;   /* of the command line in memory; larger than command_line_size where it was cut */
  __u64 inode;        /* of the file that runs */
  __u32 device_major; /* of its file system */
  __u32 device_minor;
  char path[METER_PATH]; /* of the program, as it was given to execve(2); the interpreter of a script */
};

struct meter_rename_event {
  __u32 kind;
  __u32 reserved;
  __u64 time;
  struct meter_owner process; /* by its new name */
};

struct meter_exit_event {
  __u32 kind;
  __u32 reserved;
  __u64 time;
  struct meter_owner process;
};

#endif
