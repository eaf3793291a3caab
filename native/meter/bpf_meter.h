// Owns: the socket meter that runs on BPF: which programs are loaded, attached, read.
// Knows nothing of: what the programs decide (accounting.bpf.c).
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "native/meter/bpf_records.h"
#include "native/meter/injection_counts.h"
#include "native/meter/program_set.h"
#include "native/meter/ring_reader.h"
#include "native/meter/socket_meter.h"

namespace nettrace {

class BpfMeter final : public SocketMeter {
 public:
  static Result<std::unique_ptr<BpfMeter>> open(const SocketMeterOptions& options);

  const MeterStatus& status() const noexcept override { return status_; }
  void poll(MeterSink& sink) override;
  Result<void> dump(MeterSink& sink) override;
  void set_mtus(std::span<const InterfaceMtu> mtus) override;
  MeterLosses losses() const override;
  int fd() const noexcept override { return wake_up_.get(); }

 private:
  BpfMeter();
  Result<void> open_accounting(const SocketMeterOptions& options);
  Result<void> try_accounting(const SkeletonImage& image, int cgroup, const SocketMeterOptions& options);
  Result<void> open_processes();
  Result<void> open_injection();
  Result<void> watch(int ring);
  void hand_over(uint64_t end_of_socket_events, MeterSink& sink);

  RecordReader reader_;
  MeterStatus status_;
  std::optional<ProgramSet> accounting_;
  std::optional<ProgramSet> processes_;
  std::optional<ProgramSet> injection_;
  UniqueFd wake_up_;  ///< epoll(7) over the rings
  RingReader socket_ring_;
  RingReader process_ring_;
  RingReader dump_ring_;
  InjectionCounts injection_counts_;
};

}  // namespace nettrace
