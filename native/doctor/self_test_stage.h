// Owns: the stage of a self-test: two network namespaces, the veth pair between them, and the processes that send.
// Knows nothing of: the engine that is tested, and what counts as a pass.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/base/unique_fd.h"
#include "native/capture/interface.h"
#include "native/doctor/known_traffic.h"

namespace nettrace {

enum class TrafficPhase : uint8_t {
  kShortLives,  ///< processes of a few milliseconds: TCP, UDP with answers, UDP without
  kBulk,        ///< one process, TCP both ways at full speed
  kBurst,       ///< one process, small datagrams at full speed
};

/// What a process really moved over the near end.
struct KnownProcess {
  uint32_t pid = 0;
  KnownKind kind = KnownKind::kTcp;
  bool v6 = false;
  bool done = false;  ///< it did all that it should
  uint64_t sent_bytes = 0;
  uint64_t received_bytes = 0;
  uint64_t packets = 0;
};

/// One thread uses it. All of it is gone when this object or this process goes, also after SIGKILL: the namespaces have
/// no name and end with their processes, and those end with this one.
class SelfTest {
 public:
  static constexpr const char* kDevice = "ntdoctor0";

  /// Moves the calling thread, for good, into a network namespace of its own, and builds the stage around it.
  /// Errors: kNotPermitted (CAP_SYS_ADMIN is missing), kNetlinkFailed (EOPNOTSUPP: no veth), kResourceExhausted.
  static Result<std::unique_ptr<SelfTest>> open();
  ~SelfTest();
  SelfTest(const SelfTest&) = delete;
  SelfTest& operator=(const SelfTest&) = delete;

  /// False: this system has no IPv6, all goes by IPv4.
  bool v6() const noexcept { return v6_; }
  /// Makes the traffic of a phase and waits for its end, which comes within seconds. Errors: kInternal with ETIMEDOUT.
  Result<std::vector<KnownProcess>> run(TrafficPhase phase);
  /// The near end's own counters.
  Result<InterfaceCounters> counters() const;

 private:
  SelfTest() = default;
  struct Child {
    pid_t pid = -1;
    UniqueFd commands;
    UniqueFd reports;
  };
  template <typename Body>
  static Result<Child> start(Body body);
  static Result<void> ask(const Child& child, char command);
  Result<void> furnish();

  KnownClients* clients_ = nullptr;  ///< memory shared with the children
  Child server_;
  Child conductor_;
  bool v6_ = false;
};

}  // namespace nettrace
