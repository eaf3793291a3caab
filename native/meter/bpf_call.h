// Owns: the bpf(2) commands that the meter needs, as functions that give a descriptor or a negative errno.
// Knows nothing of: programs and what their maps hold.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/base/unique_fd.h"

namespace nettrace {

/// The system call itself; -1 and errno where it fails.
int bpf_call(bpf_cmd command, bpf_attr& attributes) noexcept;

/// Attaches a cgroup program for as long as the link is open. Others' programs of the same kind stay. -1 and errno.
UniqueFd bpf_attach_cgroup(int program, int cgroup, bpf_attach_type type) noexcept;
/// Attaches a program to the tracepoint that it names itself (tp_btf). -1 and errno.
UniqueFd bpf_attach_tracepoint(int program) noexcept;
/// Attaches a program of raw tracepoint type to the tracepoint of this name (Linux 4.17). -1 and errno.
UniqueFd bpf_attach_raw_tracepoint(int program, const char* name) noexcept;
/// Makes an iterator of a program that goes through something other than a map. -1 and errno.
UniqueFd bpf_attach_iterator(int program) noexcept;

/// Copies the value of a key; false and errno where there is none.
bool bpf_lookup(int map, const void* key, void* value) noexcept;
bool bpf_update(int map, const void* key, const void* value) noexcept;
bool bpf_delete(int map, const void* key) noexcept;
/// The key after `key`, or the first one where it is null; false and errno ENOENT at the end.
bool bpf_next_key(int map, const void* key, void* next) noexcept;

/// All keys and values of a hash, one behind the other; entries that come or go meanwhile may be among them or not
/// (Linux 5.6). Errors: kMeterFailed.
Result<size_t> bpf_read_hash(int map, size_t key_size, size_t value_size, std::vector<uint8_t>& keys,
                             std::vector<uint8_t>& values);

/// Runs a program of raw_tracepoint type once, with one argument, and gives what it returns (Linux 5.10).
/// Errors: kMeterFailed.
Result<uint32_t> bpf_run_once(int program, uint64_t argument);
/// Runs an iterator to its end and appends what it writes to `output`.
/// Errors: kMeterFailed with the errno of bpf(2) or read(2).
Result<void> bpf_run_iterator(int link, std::vector<uint8_t>& output);

}  // namespace nettrace
