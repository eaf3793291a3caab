// Owns: who has moved how much on which interface: owners, and one account for each (owner, interface).
// Knows nothing of: flows and packets. Bytes are only ever added, or moved between two accounts of one interface.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "native/flow/counters.h"
#include "native/flow/owner.h"

namespace nettrace {

/// Slot of an owner in the ledger. The first kReasonCount slots are the reasons, in the order of reason.def.
using OwnerSlot = uint32_t;
/// Slot of an account.
using AccountSlot = uint32_t;
/// Slot of an interface in the meter; stable while the engine lives.
using InterfaceSlot = uint16_t;

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

/// How an account relates to its owner's own view. Interfaces are told apart from owners: the books of an interface
/// close over all its accounts; an owner's total leaves out what is repeated and turns round what is mirrored.
struct AccountView {
  bool mirrored = false;  ///< what the interface receives, the owner has sent: it lives behind the interface
  bool repeated = false;  ///< the same packets are charged to the owner on another interface
  friend bool operator==(const AccountView&, const AccountView&) = default;
};

struct Owner {
  uint32_t id = 0;  ///< unique while the engine lives; slots are reused, ids are not
  OwnerKind kind = OwnerKind::kUnattributed;
  Reason reason = Reason::kPending;
  ProcessInfo process;                ///< set where kind is kProcess and reason is kNone
  bool used = false;                  ///< false: the slot is free
  int64_t exited_ns = 0;              ///< CLOCK_MONOTONIC, 0 while it runs
  int64_t closed_ns = kNever;         ///< the same moment on CLOCK_REALTIME
  uint32_t flows = 0;                 ///< flows that have not ended
  uint32_t ended_flows = 0;           ///< TCP that has ended and is kept for late packets
  uint32_t netns = 0;                 ///< inode of a process's network namespace where that is not ours, else 0
  std::vector<AccountSlot> accounts;  ///< the last ones in use at the end: there may be thousands, one a device
};

struct Account {
  OwnerSlot owner = 0;
  InterfaceSlot interface = 0;
  bool used = false;
  AccountView view;
  bool process = false;        ///< the owner is a process, whose bytes may need a second look after its end
  int64_t closed_ns = kNever;  ///< CLOCK_REALTIME when the owner ended: later packets are not its own without proof
  Counters counters;
  uint64_t retransmitted_bytes = 0;  ///< TCP payload that was sent again
  uint64_t retransmitted_packets = 0;
};

/// The books. Invariant: over the accounts of one interface, the counters add up to the interface's counted bytes.
class Ledger {
 public:
  Ledger();

  static OwnerSlot reason_owner(Reason reason) noexcept { return static_cast<OwnerSlot>(reason); }

  /// The account of `owner` on `interface`; opened when there is none.
  AccountSlot account(OwnerSlot owner, InterfaceSlot interface, AccountView view = {});
  AccountSlot reason_account(Reason reason, InterfaceSlot interface) {
    return account(reason_owner(reason), interface);
  }
  Account& at(AccountSlot slot) noexcept { return accounts_[slot]; }
  const Account& at(AccountSlot slot) const noexcept { return accounts_[slot]; }
  Owner& owner(OwnerSlot slot) noexcept { return owners_[slot]; }
  const Owner& owner(OwnerSlot slot) const noexcept { return owners_[slot]; }

  /// Moves counters that were charged to `from` over to `to`; both are of one interface. By value: the counters of
  /// an account itself may be passed.
  void move(AccountSlot from, AccountSlot to, Counters counters) noexcept;

  /// The owner for this process; made when there is none. An owner that is known gets the newer description (exec).
  OwnerSlot process_owner(const ProcessInfo& info);
  /// The owner of a known process.
  bool find_process(const ProcessKey& key, OwnerSlot& slot) const;
  /// The process has ended at these times of the two clocks.
  void close_process(const ProcessKey& key, int64_t monotonic_ns, int64_t realtime_ns);

  /// Folds the owners that ended first into the row kFolded until at most `limit` ended ones without flows are left.
  /// Owners that ended after `ended_before_ns` (CLOCK_MONOTONIC) stay: a reader may not have seen their last state.
  void fold_exited(size_t limit, int64_t ended_before_ns);
  uint64_t folded() const noexcept { return folded_; }

  const std::vector<Owner>& owners() const noexcept { return owners_; }
  const std::vector<Account>& accounts() const noexcept { return accounts_; }

 private:
  struct KeyHash {
    size_t operator()(const ProcessKey& key) const noexcept {
      return std::hash<uint64_t>{}(key.start_time * 0x9e3779b97f4a7c15ULL ^ key.pid);
    }
  };

  OwnerSlot new_owner(OwnerKind kind, Reason reason);
  void fold(OwnerSlot slot);

  std::vector<Owner> owners_;
  std::vector<Account> accounts_;
  std::vector<OwnerSlot> free_owners_;
  std::vector<AccountSlot> free_accounts_;
  std::unordered_map<ProcessKey, OwnerSlot, KeyHash> processes_;
  std::deque<std::pair<OwnerSlot, uint32_t>> exited_;  ///< (slot, id), the first to end first
  uint32_t next_id_ = 0;
  uint64_t folded_ = 0;
};

}  // namespace nettrace
