// Tests: the books: accounts, moves, ended processes, folding.
#include "native/flow/ledger.h"

#include "native/dev/test.h"

using namespace nettrace;

namespace {

ProcessInfo process(uint32_t pid, uint64_t start) {
  ProcessInfo info;
  info.key = {pid, start};
  info.name = "p" + std::to_string(pid);
  return info;
}

Counters sent(uint64_t bytes) {
  return {{}, {bytes, 1, bytes, bytes, bytes, 1}};
}

uint64_t sum(const Ledger& ledger, InterfaceSlot interface) {
  uint64_t total = 0;
  for (const Account& account : ledger.accounts()) {
    if (account.used && account.interface == interface) total += account.counters.bytes();
  }
  return total;
}

}  // namespace

TEST("row 0 is unattributed, and every reason has a row of its own") {
  const Ledger ledger;
  CHECK(ledger.owner(0).kind == OwnerKind::kUnattributed);
  for (size_t i = 0; i < kReasonCount; ++i)
    CHECK(ledger.owner(static_cast<OwnerSlot>(i)).reason == static_cast<Reason>(i));
}

TEST("a reused pid is another owner") {
  Ledger ledger;
  const OwnerSlot first = ledger.process_owner(process(10, 100));
  const OwnerSlot second = ledger.process_owner(process(10, 200));
  CHECK(first != second);
  CHECK(ledger.process_owner(process(10, 100)) == first);
}

TEST("moving between owners changes no sum") {
  Ledger ledger;
  const AccountSlot pending = ledger.reason_account(Reason::kPending, 0);
  ledger.at(pending).counters += sent(500);
  ledger.move(pending, ledger.account(ledger.process_owner(process(1, 1)), 0), sent(300));
  CHECK_EQ(sum(ledger, 0), uint64_t{500});
  CHECK_EQ(ledger.at(pending).counters.bytes(), uint64_t{200});
}

TEST("a process that has ended closes its accounts, those opened later too") {
  Ledger ledger;
  const OwnerSlot owner = ledger.process_owner(process(1, 1));
  const AccountSlot before = ledger.account(owner, 0);
  ledger.close_process({1, 1}, 50, 1050);
  CHECK_EQ(ledger.at(before).closed_ns, int64_t{1050});
  CHECK_EQ(ledger.at(ledger.account(owner, 1)).closed_ns, int64_t{1050});
}

TEST("folding keeps the bytes, spares the living, the recent and those with flows") {
  Ledger ledger;
  for (uint32_t pid = 1; pid <= 100; ++pid) {
    const OwnerSlot owner = ledger.process_owner(process(pid, pid));
    ledger.at(ledger.account(owner, static_cast<InterfaceSlot>(pid % 2))).counters += sent(10);
    if (pid == 3) ledger.owner(owner).flows = 1;
    if (pid != 5) ledger.close_process({pid, pid}, pid, 1000 + pid);
  }
  ledger.fold_exited(10, 50);
  CHECK_EQ(ledger.folded(), uint64_t{48});  // 1..50 without the living 5 and the busy 3
  CHECK_EQ(sum(ledger, 0) + sum(ledger, 1), uint64_t{1000});
  OwnerSlot slot = 0;
  CHECK(ledger.find_process({3, 3}, slot) && ledger.find_process({5, 5}, slot) && ledger.find_process({60, 60}, slot));
  CHECK(!ledger.find_process({1, 1}, slot));
  ledger.fold_exited(10, 1000);
  CHECK(ledger.folded() >= 88);
}

TEST("the id of a folded owner never comes back, though its slot does") {
  Ledger ledger;
  const OwnerSlot first = ledger.process_owner(process(1, 1));
  const uint32_t id = ledger.owner(first).id;
  ledger.close_process({1, 1}, 1, 1);
  ledger.fold_exited(0, 10);
  const OwnerSlot second = ledger.process_owner(process(2, 2));
  CHECK_EQ(first, second);
  CHECK(ledger.owner(second).id != id);
}

TEST("an owner keeps one account for each interface, however many it has and in whatever order they are asked for") {
  Ledger ledger;
  const OwnerSlot owner = ledger.process_owner(process(10, 100));
  std::vector<AccountSlot> slots;
  for (InterfaceSlot interface = 0; interface < 50; ++interface) slots.push_back(ledger.account(owner, interface));
  for (const size_t interface : {3, 49, 0, 3, 17, 0, 48, 49}) {
    CHECK_EQ(ledger.account(owner, static_cast<InterfaceSlot>(interface)), slots[interface]);
  }
  CHECK_EQ(ledger.owner(owner).accounts.size(), 50u);
  CHECK_EQ(ledger.accounts().size(), 50u);
}
