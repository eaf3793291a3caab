// Owns: a meter with one Ethernet interface and a few shortcuts, for the meter's tests.
// Knows nothing of: real devices.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "native/dev/packets.h"
#include "native/flow/traffic_meter.h"

namespace nettrace::test {

struct MeterFixture {
  explicit MeterFixture(size_t max_flows = 1024, Vantage vantage = {2, 2, kOwnMac, false, false})
      : meter({max_flows, {1, 2, 3, 4}}) {
    LocalAddresses addresses;
    const AssignedAddress own{IpAddress::v4(kOwnAddress), 24, IpAddress::v4(0x0a0000ff)};
    addresses.add({&own, 1}, 2);
    meter.set_local_addresses(std::move(addresses));
    meter.add_interface(vantage);
  }

  void count(const PacketView& view) { meter.count(0, {&view, 1}); }
  /// The flows that wait for an owner; they count as asked from now on.
  std::vector<FlowId> ask() {
    std::vector<FlowId> flows;
    meter.take_unresolved(1'000'000, flows);
    return flows;
  }
  void learn(uint32_t pid, uint64_t start, int64_t start_ms = 0) {
    ProcessInfo info;
    info.key = {pid, start};
    info.start_realtime_ms = start_ms;
    meter.learn(info);
  }
  void bind(FlowId flow, uint32_t pid, uint64_t start, bool final = true, int64_t found_ns = 0) {
    meter.bind({flow, {pid, start}, Reason::kNone, MatchQuality::kExact, final, found_ns});
  }
  void refuse(FlowId flow, Reason reason, bool final = true, int64_t gone_ns = 0) {
    meter.bind({flow, {}, reason, MatchQuality::kNone, final, gone_ns, gone_ns});
  }
  Counters of(OwnerSlot slot) const {
    Counters total;
    for (const AccountSlot account : meter.ledger().owner(slot).accounts) total += meter.ledger().at(account).counters;
    return total;
  }
  Counters of(Reason reason) const { return of(Ledger::reason_owner(reason)); }
  Counters of_process(uint32_t pid, uint64_t start) const {
    OwnerSlot slot = 0;
    return meter.ledger().find_process({pid, start}, slot) ? of(slot) : Counters{};
  }
  /// Every owner has as many flows as the table has of it.
  bool flows_add_up() const {
    std::vector<std::pair<uint32_t, uint32_t>> flows(meter.ledger().owners().size());
    meter.table().for_each([&](const Flow& flow, FlowId) {
      auto& [live, ended] = flows[meter.ledger().at(flow.account).owner];
      ++(flow.ended ? ended : live);
    });
    return std::ranges::equal(flows, meter.ledger().owners(), [](const auto& counted, const Owner& owner) {
      return counted == std::pair(owner.flows, owner.ended_flows);
    });
  }
  /// Over owners, the bytes of all counted frames; equal to the interface's own if the books close.
  bool books_close() const {
    if (!flows_add_up()) return false;
    for (size_t i = 0; i < meter.interfaces().size(); ++i) {
      Counters sum;
      for (const Account& account : meter.ledger().accounts()) {
        if (account.used && account.interface == i) sum += account.counters;
      }
      Counters counted = meter.interfaces()[i].counters;
      counted += meter.interfaces()[i].recovered;
      if (sum != counted) return false;
      uint64_t outcomes = 0;
      for (const uint64_t frames : meter.interfaces()[i].outcomes) outcomes += frames;
      if (outcomes != meter.interfaces()[i].frames) return false;
    }
    return true;
  }

  TrafficMeter meter;
};

}  // namespace nettrace::test
