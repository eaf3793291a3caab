#include "native/meter/bpf_call.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace nettrace {
namespace {

/// The kernel writes at most eight pages at once.
constexpr size_t kIteratorChunk = 65536;
constexpr uint32_t kHashBatch = 1024;

uint64_t address(const void* pointer) noexcept {
  return reinterpret_cast<uintptr_t>(pointer);
}

bpf_attr element(int map, const void* key, const void* value) noexcept {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<uint32_t>(map);
  attributes.key = address(key);
  attributes.value = address(value);
  return attributes;
}

}  // namespace

int bpf_call(bpf_cmd command, bpf_attr& attributes) noexcept {
  return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

UniqueFd bpf_attach_cgroup(int program, int cgroup, bpf_attach_type type) noexcept {
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<uint32_t>(program);
  attributes.link_create.target_fd = static_cast<uint32_t>(cgroup);
  attributes.link_create.attach_type = type;
  return UniqueFd(bpf_call(BPF_LINK_CREATE, attributes));
}

UniqueFd bpf_attach_tracepoint(int program) noexcept {
  bpf_attr attributes{};
  attributes.raw_tracepoint.prog_fd = static_cast<uint32_t>(program);
  return UniqueFd(bpf_call(BPF_RAW_TRACEPOINT_OPEN, attributes));
}

UniqueFd bpf_attach_raw_tracepoint(int program, const char* name) noexcept {
  bpf_attr attributes{};
  attributes.raw_tracepoint.name = reinterpret_cast<uintptr_t>(name);
  attributes.raw_tracepoint.prog_fd = static_cast<uint32_t>(program);
  return UniqueFd(bpf_call(BPF_RAW_TRACEPOINT_OPEN, attributes));
}

UniqueFd bpf_attach_iterator(int program) noexcept {
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<uint32_t>(program);
  attributes.link_create.attach_type = BPF_TRACE_ITER;
  return UniqueFd(bpf_call(BPF_LINK_CREATE, attributes));
}

bool bpf_lookup(int map, const void* key, void* value) noexcept {
  bpf_attr attributes = element(map, key, value);
  return bpf_call(BPF_MAP_LOOKUP_ELEM, attributes) == 0;
}

bool bpf_update(int map, const void* key, const void* value) noexcept {
  bpf_attr attributes = element(map, key, value);
  return bpf_call(BPF_MAP_UPDATE_ELEM, attributes) == 0;
}

bool bpf_delete(int map, const void* key) noexcept {
  bpf_attr attributes = element(map, key, nullptr);
  return bpf_call(BPF_MAP_DELETE_ELEM, attributes) == 0;
}

bool bpf_next_key(int map, const void* key, void* next) noexcept {
  bpf_attr attributes = element(map, key, next);
  return bpf_call(BPF_MAP_GET_NEXT_KEY, attributes) == 0;
}

Result<size_t> bpf_read_hash(int map, size_t key_size, size_t value_size, std::vector<uint8_t>& keys,
                             std::vector<uint8_t>& values) {
  size_t filled = 0;
  uint32_t room = kHashBatch;
  uint32_t place = 0;  // in the hash; no more than four bytes (kernel/bpf/hashtab.c)
  for (bool first = true;;) {
    if (keys.size() < (filled + room) * key_size) keys.resize((filled + room) * key_size);
    if (values.size() < (filled + room) * value_size) values.resize((filled + room) * value_size);
    bpf_attr attributes{};
    attributes.batch.in_batch = first ? 0 : address(&place);
    attributes.batch.out_batch = address(&place);
    attributes.batch.keys = address(&keys[filled * key_size]);
    attributes.batch.values = address(&values[filled * value_size]);
    attributes.batch.count = room;
    attributes.batch.map_fd = static_cast<uint32_t>(map);
    const bool more = bpf_call(BPF_MAP_LOOKUP_BATCH, attributes) == 0;
    if (!more && errno == ENOSPC) {  // a bucket that holds more
      room *= 2;
      continue;
    }
    if (!more && errno != ENOENT) return Error::from_errno(ErrorCode::kMeterFailed, "bpf");
    filled += attributes.batch.count;
    first = false;
    if (!more) return filled;
  }
}

Result<uint32_t> bpf_run_once(int program, uint64_t argument) {
  bpf_attr attributes{};
  attributes.test.prog_fd = static_cast<uint32_t>(program);
  attributes.test.ctx_in = address(&argument);
  attributes.test.ctx_size_in = sizeof argument;
  if (bpf_call(BPF_PROG_RUN, attributes) != 0) return Error::from_errno(ErrorCode::kMeterFailed, "bpf");
  return static_cast<uint32_t>(attributes.test.retval);
}

Result<void> bpf_run_iterator(int link, std::vector<uint8_t>& output) {
  bpf_attr attributes{};
  attributes.iter_create.link_fd = static_cast<uint32_t>(link);
  const UniqueFd iterator(bpf_call(BPF_ITER_CREATE, attributes));
  if (!iterator) return Error::from_errno(ErrorCode::kMeterFailed, "bpf");
  size_t filled = output.size();
  for (;;) {
    if (output.size() < filled + kIteratorChunk) output.resize(filled + kIteratorChunk);
    const ssize_t got = ::read(iterator.get(), output.data() + filled, kIteratorChunk);
    if (got == 0) break;
    // EAGAIN: a long run was cut into two reads; the next one goes on.
    if (got < 0 && errno != EAGAIN && errno != EINTR) {
      Error error = Error::from_errno(ErrorCode::kMeterFailed, "read");
      output.resize(filled);
      return error;
    }
    if (got > 0) filled += static_cast<size_t>(got);
  }
  output.resize(filled);
  return {};
}

}  // namespace nettrace
