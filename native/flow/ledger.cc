#include "native/flow/ledger.h"

namespace nettrace {

Ledger::Ledger() {
  for (size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    new_owner(reason_kind(reason), reason);
  }
}

OwnerSlot Ledger::new_owner(OwnerKind kind, Reason reason) {
  OwnerSlot slot = 0;
  if (free_owners_.empty()) {
    slot = static_cast<OwnerSlot>(owners_.size());
    owners_.emplace_back();
  } else {
    slot = free_owners_.back();
    free_owners_.pop_back();
    owners_[slot] = Owner{};
  }
  Owner& owner = owners_[slot];
  owner.id = next_id_++;
  owner.kind = kind;
  owner.reason = reason;
  owner.used = true;
  return slot;
}

AccountSlot Ledger::account(OwnerSlot owner_slot, InterfaceSlot interface, AccountView view) {
  Owner& owner = owners_[owner_slot];
  for (auto each = owner.accounts.rbegin(); each != owner.accounts.rend(); ++each) {
    if (accounts_[*each].interface != interface || accounts_[*each].view != view) continue;
    std::swap(*each, owner.accounts.back());
    return owner.accounts.back();
  }
  AccountSlot slot = 0;
  if (free_accounts_.empty()) {
    slot = static_cast<AccountSlot>(accounts_.size());
    accounts_.emplace_back();
  } else {
    slot = free_accounts_.back();
    free_accounts_.pop_back();
    accounts_[slot] = Account{};
  }
  Account& account = accounts_[slot];
  account.owner = owner_slot;
  account.interface = interface;
  account.used = true;
  account.view = view;
  account.process = owner.kind == OwnerKind::kProcess;
  account.closed_ns = owner.closed_ns;
  owner.accounts.push_back(slot);
  return slot;
}

void Ledger::move(AccountSlot from, AccountSlot to, Counters counters) noexcept {
  accounts_[from].counters -= counters;
  accounts_[to].counters += counters;
}

OwnerSlot Ledger::process_owner(const ProcessInfo& info) {
  OwnerSlot slot = 0;
  if (!find_process(info.key, slot)) {
    slot = new_owner(OwnerKind::kProcess, Reason::kNone);
    processes_.emplace(info.key, slot);
  }
  owners_[slot].process = info;
  return slot;
}

bool Ledger::find_process(const ProcessKey& key, OwnerSlot& slot) const {
  const auto found = processes_.find(key);
  if (found == processes_.end()) return false;
  slot = found->second;
  return true;
}

void Ledger::close_process(const ProcessKey& key, int64_t monotonic_ns, int64_t realtime_ns) {
  OwnerSlot slot = 0;
  if (!find_process(key, slot) || owners_[slot].exited_ns != 0) return;
  owners_[slot].exited_ns = monotonic_ns;
  owners_[slot].closed_ns = realtime_ns;
  for (const AccountSlot account : owners_[slot].accounts) accounts_[account].closed_ns = realtime_ns;
  exited_.emplace_back(slot, owners_[slot].id);
}

void Ledger::fold_exited(size_t limit, int64_t ended_before_ns) {
  for (size_t steps = exited_.size(); steps > 0 && exited_.size() > limit; --steps) {
    const auto [slot, id] = exited_.front();
    exited_.pop_front();
    const Owner& owner = owners_[slot];
    if (!owner.used || owner.id != id) continue;
    if (owner.exited_ns > ended_before_ns || owner.flows + owner.ended_flows != 0) {
      exited_.emplace_back(slot, id);
      continue;
    }
    fold(slot);
  }
}

void Ledger::fold(OwnerSlot slot) {
  const std::vector<AccountSlot> slots = std::move(owners_[slot].accounts);
  for (const AccountSlot from : slots) {
    const Account closed = accounts_[from];
    const AccountSlot to = account(reason_owner(Reason::kFolded), closed.interface, closed.view);
    accounts_[to].retransmitted_bytes += accounts_[from].retransmitted_bytes;
    accounts_[to].retransmitted_packets += accounts_[from].retransmitted_packets;
    move(from, to, accounts_[from].counters);
    accounts_[from] = Account{};
    free_accounts_.push_back(from);
  }
  processes_.erase(owners_[slot].process.key);
  owners_[slot] = Owner{};
  free_owners_.push_back(slot);
  ++folded_;
}

}  // namespace nettrace
