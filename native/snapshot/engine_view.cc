#include "native/snapshot/engine_view.h"

#include <algorithm>
#include <unordered_map>

namespace nettrace {
namespace {

constexpr double kNanosPerMilliF = 1e6;

double millis(int64_t nanos) noexcept {
  return static_cast<double>(nanos) / kNanosPerMilliF;
}
double number(uint64_t value) noexcept {
  return static_cast<double>(value);
}

bool shown(const Owner& owner) noexcept {
  return owner.used;
}
bool shown(const Account& account) noexcept {
  return account.used;
}

/// As it is shown: where neither end is local, the one that spoke first stands for the local one.
FiveTuple shown_tuple(const Flow& flow) noexcept {
  return flow.swapped ? FiveTuple{flow.tuple.remote, flow.tuple.local, flow.tuple.protocol} : flow.tuple;
}

/// The names of the live flows, each once.
struct FlowNames {
  std::vector<const KnownName*> list;
  std::vector<uint32_t> of_flow;  ///< in the order of the flows: place in the list and one, 0 for none
};

FlowNames name_flows(const FlowTable& flows, NameTable& names) {
  FlowNames named;
  named.of_flow.reserve(flows.size());
  std::unordered_map<const KnownName*, uint32_t> rows;
  flows.for_each([&](const Flow& flow, FlowId) {
    const KnownName* name = names.find(shown_tuple(flow), flow.first_ns);
    uint32_t row = 0;
    if (name != nullptr) {
      row = rows.try_emplace(name, static_cast<uint32_t>(named.list.size() + 1)).first->second;
      if (row > named.list.size()) named.list.push_back(name);
    }
    named.of_flow.push_back(row);
  });
  return named;
}

std::array<uint32_t, kTableCount> count_rows(const EngineView& view, const TrafficMeter& meter, bool flows,
                                             size_t names) {
  std::array<uint32_t, kTableCount> rows{};
  const auto set = [&](Table table, size_t count) { rows[static_cast<size_t>(table)] = static_cast<uint32_t>(count); };
  size_t addresses = 0;
  for (const WatchedInterface& interface : view.interfaces) addresses += interface.addresses.size();
  size_t outcomes = 0;
  for (const InterfaceTraffic& traffic : meter.interfaces()) {
    outcomes += static_cast<size_t>(
        std::count_if(traffic.outcomes.begin(), traffic.outcomes.end(), [](uint64_t frames) { return frames != 0; }));
  }
  const auto is_shown = [](const auto& row) { return shown(row); };
  set(Table::meta, 1);
  set(Table::interfaces, view.interfaces.size());
  set(Table::addresses, addresses);
  set(Table::outcomes, outcomes);
  set(Table::owners, static_cast<size_t>(std::ranges::count_if(meter.ledger().owners(), is_shown)));
  set(Table::accounts, static_cast<size_t>(std::ranges::count_if(meter.ledger().accounts(), is_shown)));
  set(Table::flows, flows ? meter.table().size() : 0);
  set(Table::names, names);
  set(Table::faults, view.faults.size());
  return rows;
}

void write_meta(SnapshotWriter& out, const EngineView& view, const TrafficMeter& meter, int64_t monotonic_ns,
                int64_t realtime_ns) {
  namespace c = column::meta;
  const auto set = [&](uint8_t column, double value) { out.f64(Table::meta, column, 0, value); };
  set(c::monotonicMs, millis(monotonic_ns));
  set(c::realtimeMs, millis(realtime_ns));
  set(c::startedMs, millis(view.started_realtime_ns));
  out.u8(Table::meta, c::state, 0, static_cast<uint8_t>(view.state));
  set(c::flowsLive, number(meter.table().size()));
  set(c::flowCapacity, number(meter.table().capacity()));
  set(c::flowsCreated, number(meter.table().created()));
  set(c::flowsExpired, number(meter.table().expired()));
  set(c::flowsEvicted, number(meter.table().evicted()));
  set(c::tableDrops, number(meter.table_drops()));
  set(c::ownersFolded, number(meter.ledger().folded()));
  set(c::lookups, number(view.attribution.exact_lookups));
  set(c::lookupsDeferred, number(view.attribution.lookups_deferred));
  set(c::socketDumps, number(view.attribution.dumps));
  set(c::descriptorsRead, number(view.attribution.descriptors_read));
  set(c::socketsKnown, number(view.attribution.sockets_known));
  set(c::processesKnown, number(view.attribution.processes_known));
  set(c::attributionQueue, number(view.attribution.queue_length));
  set(c::captureCpuMs, millis(view.capture_cpu_ns));
  set(c::attributionCpuMs, millis(view.attribution_cpu_ns));
  out.u8(Table::meta, c::ownership, 0, static_cast<uint8_t>(view.ownership));
  out.u8(Table::meta, c::light, 0, view.light ? 1 : 0);
  set(c::meteredSockets, number(view.metered_sockets));
  set(c::lostRecords, number(view.lost_records));
  set(c::lostBytes, number(view.lost_bytes));
}

void write_interface(SnapshotWriter& out, uint32_t row, const WatchedInterface& interface,
                     const InterfaceTraffic& traffic) {
  namespace c = column::interfaces;
  constexpr Table table = Table::interfaces;
  const auto set = [&](uint8_t column, uint64_t value) { out.f64(table, column, row, number(value)); };
  out.u16(table, c::slot, row, static_cast<uint16_t>(row));
  out.u32(table, c::index, row, interface.index);
  out.text(table, c::name, row, interface.name);
  out.u8(table, c::state, row, static_cast<uint8_t>(interface.state));
  if (interface.state == InterfaceState::kFailed) {
    const Error& fault = interface.fault;
    out.text(table, c::fault, row, error_code_name(fault.code));
    out.text(table, c::faultText, row, fault.detail.empty() ? error_code_text(fault.code) : fault.detail);
  }
  out.u16(table, c::linkType, row, static_cast<uint16_t>(std::max(interface.link_type, 0)));
  out.text(table, c::linkTypeName, row, interface.link_type_name);
  out.u8(table, c::decoded, row, interface.decoded ? 1 : 0);
  out.u8(table, c::loopback, row, interface.loopback ? 1 : 0);
  set(c::receivedBytes, traffic.counters.received.bytes);
  set(c::sentBytes, traffic.counters.sent.bytes);
  set(c::receivedPackets, traffic.counters.received.packets);
  set(c::sentPackets, traffic.counters.sent.packets);
  out.u8(table, c::capture, row, static_cast<uint8_t>(interface.capture));
  set(c::frames, traffic.frames);
  set(c::frameReceivedBytes, traffic.counters.received.frame_bytes);
  set(c::frameSentBytes, traffic.counters.sent.frame_bytes);
  set(c::receivedFrames, traffic.counters.received.frames);
  set(c::sentFrames, traffic.counters.sent.frames);
  set(c::kernelDrops, interface.loss.kernel_drops);
  set(c::interfaceDrops, interface.loss.interface_drops);
  set(c::counterReceivedBytes, interface.counters.rx_bytes);
  set(c::counterSentBytes, interface.counters.tx_bytes);
  set(c::counterReceivedPackets, interface.counters.rx_packets);
  set(c::counterSentPackets, interface.counters.tx_packets);
  set(c::receiveErrors, interface.counters.rx_errors);
  set(c::sendErrors, interface.counters.tx_errors);
  set(c::multicast, interface.counters.multicast);
  set(c::collisions, interface.counters.collisions);
  set(c::receiveErrorsBefore, interface.first_counters.rx_errors);
  set(c::sendErrorsBefore, interface.first_counters.tx_errors);
  set(c::recoveredReceivedBytes, traffic.recovered.received.bytes);
  set(c::recoveredSentBytes, traffic.recovered.sent.bytes);
  set(c::recoveredReceivedPackets, traffic.recovered.received.packets);
  set(c::recoveredSentPackets, traffic.recovered.sent.packets);
  out.u8(table, c::countsSegments, row, interface.counter_units.segments_sent ? 1 : 0);
  set(c::linkSpeed, interface.link_speed);
  out.f64(table, c::cutMs, row, millis(interface.cut.time_ns));
  set(c::cutCounterReceivedBytes, interface.cut.counter.received);
  set(c::cutCounterSentBytes, interface.cut.counter.sent);
  set(c::cutCountedReceivedBytes, interface.cut.counted.received);
  set(c::cutCountedSentBytes, interface.cut.counted.sent);
}

void write_interfaces(SnapshotWriter& out, const EngineView& view, const TrafficMeter& meter) {
  uint32_t address_row = 0;
  uint32_t outcome_row = 0;
  for (uint32_t slot = 0; slot < view.interfaces.size(); ++slot) {
    write_interface(out, slot, view.interfaces[slot], meter.interfaces()[slot]);
    for (const AssignedAddress& address : view.interfaces[slot].addresses) {
      out.u16(Table::addresses, column::addresses::interface, address_row, static_cast<uint16_t>(slot));
      out.ip(Table::addresses, column::addresses::address, address_row, address.address);
      out.u8(Table::addresses, column::addresses::prefix, address_row++, address.prefix_length);
    }
    const auto& outcomes = meter.interfaces()[slot].outcomes;
    for (size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i] == 0) continue;
      out.u16(Table::outcomes, column::outcomes::interface, outcome_row, static_cast<uint16_t>(slot));
      out.u8(Table::outcomes, column::outcomes::outcome, outcome_row, static_cast<uint8_t>(i));
      out.f64(Table::outcomes, column::outcomes::frames, outcome_row++, number(outcomes[i]));
    }
  }
}

void write_owner(SnapshotWriter& out, uint32_t row, const Owner& owner) {
  namespace c = column::owners;
  constexpr Table table = Table::owners;
  const ProcessInfo& process = owner.process;
  out.u32(table, c::id, row, owner.id);
  out.u8(table, c::kind, row, static_cast<uint8_t>(owner.kind));
  out.u8(table, c::reason, row, static_cast<uint8_t>(owner.reason));
  out.u32(table, c::flows, row, owner.flows);
  if (owner.reason != Reason::kNone || !process.key) return;
  out.u32(table, c::pid, row, process.key.pid);
  out.u32(table, c::parentPid, row, process.parent_pid);
  out.f64(table, c::startTicks, row, number(process.key.start_time));
  out.f64(table, c::startMs, row, static_cast<double>(process.start_realtime_ms));
  out.u32(table, c::uid, row, process.uid);
  out.text(table, c::user, row, process.user);
  out.text(table, c::name, row, process.name);
  out.text(table, c::executable, row, process.executable);
  out.text(table, c::commandLine, row, process.command_line);
  out.u32(table, c::netns, row, owner.netns);
  out.u8(table, c::exited, row, owner.exited_ns != 0 ? 1 : 0);
  out.f64(table, c::exitedMs, row, millis(owner.exited_ns));
}

void write_books(SnapshotWriter& out, const Ledger& ledger) {
  uint32_t row = 0;
  for (const Owner& owner : ledger.owners()) {
    if (shown(owner)) write_owner(out, row++, owner);
  }
  namespace c = column::accounts;
  row = 0;
  for (const Account& account : ledger.accounts()) {
    if (!shown(account)) continue;
    out.u32(Table::accounts, c::owner, row, ledger.owner(account.owner).id);
    out.u16(Table::accounts, c::interface, row, account.interface);
    out.f64(Table::accounts, c::receivedBytes, row, number(account.counters.received.bytes));
    out.f64(Table::accounts, c::sentBytes, row, number(account.counters.sent.bytes));
    out.f64(Table::accounts, c::receivedPackets, row, number(account.counters.received.packets));
    out.f64(Table::accounts, c::sentPackets, row, number(account.counters.sent.packets));
    out.f64(Table::accounts, c::receivedIpBytes, row, number(account.counters.received.ip_bytes));
    out.f64(Table::accounts, c::sentIpBytes, row, number(account.counters.sent.ip_bytes));
    out.f64(Table::accounts, c::receivedPayloadBytes, row, number(account.counters.received.payload_bytes));
    out.f64(Table::accounts, c::sentPayloadBytes, row, number(account.counters.sent.payload_bytes));
    out.f64(Table::accounts, c::retransmittedBytes, row, number(account.retransmitted_bytes));
    out.f64(Table::accounts, c::retransmittedPackets, row, number(account.retransmitted_packets));
    out.u8(Table::accounts, c::mirrored, row, account.view.mirrored ? 1 : 0);
    out.u8(Table::accounts, c::repeated, row++, account.view.repeated ? 1 : 0);
  }
}

void write_flow(SnapshotWriter& out, uint32_t row, const Flow& flow, FlowId id, const Ledger& ledger) {
  const Account& account = ledger.at(flow.account);
  namespace c = column::flows;
  constexpr Table table = Table::flows;
  const auto& [local, remote, protocol] = shown_tuple(flow);
  Initiator initiator = flow.initiator;
  if (flow.swapped && initiator != Initiator::kUnknown) {
    initiator = initiator == Initiator::kLocal ? Initiator::kRemote : Initiator::kLocal;
  }
  out.u32(table, c::id, row, id.index);
  out.u32(table, c::generation, row, id.generation);
  out.u32(table, c::owner, row, ledger.owner(account.owner).id);
  out.u16(table, c::interface, row, flow.interface);
  out.u8(table, c::protocol, row, protocol);
  out.u8(table, c::quality, row, static_cast<uint8_t>(flow.quality));
  out.u8(table, c::initiator, row, static_cast<uint8_t>(initiator));
  out.u8(table, c::ended, row, flow.ended ? 1 : 0);
  out.ip(table, c::localAddress, row, local.address);
  out.u16(table, c::localPort, row, local.port);
  out.ip(table, c::remoteAddress, row, remote.address);
  out.u16(table, c::remotePort, row, remote.port);
  out.f64(table, c::receivedBytes, row, number(flow.counters.received.bytes));
  out.f64(table, c::sentBytes, row, number(flow.counters.sent.bytes));
  out.f64(table, c::receivedPackets, row, number(flow.counters.received.packets));
  out.f64(table, c::sentPackets, row, number(flow.counters.sent.packets));
  out.f64(table, c::firstMs, row, millis(flow.first_ns));
  out.f64(table, c::lastMs, row, millis(flow.last_ns));
  out.f64(table, c::receivedIpBytes, row, number(flow.counters.received.ip_bytes));
  out.f64(table, c::sentIpBytes, row, number(flow.counters.sent.ip_bytes));
  out.f64(table, c::receivedPayloadBytes, row, number(flow.counters.received.payload_bytes));
  out.f64(table, c::sentPayloadBytes, row, number(flow.counters.sent.payload_bytes));
  out.f64(table, c::retransmittedBytes, row, number(flow.retransmitted_bytes));
  out.u8(table, c::mirrored, row, account.view.mirrored ? 1 : 0);
  out.u8(table, c::repeated, row, account.view.repeated ? 1 : 0);
}

void write_names(SnapshotWriter& out, const std::vector<const KnownName*>& names) {
  for (uint32_t row = 0; row < names.size(); ++row) {
    out.text(Table::names, column::names::name, row, names[row]->text);
    out.u8(Table::names, column::names::source, row, static_cast<uint8_t>(names[row]->source));
  }
}

void write_faults(SnapshotWriter& out, const std::vector<Error>& faults) {
  namespace c = column::faults;
  for (uint32_t row = 0; row < faults.size(); ++row) {
    const Error& fault = faults[row];
    out.text(Table::faults, c::code, row, error_code_name(fault.code));
    out.text(Table::faults, c::text, row, fault.detail.empty() ? error_code_text(fault.code) : fault.detail);
    out.text(Table::faults, c::syscall, row, fault.syscall);
    out.u32(Table::faults, c::number, row, static_cast<uint32_t>(fault.number));
    out.text(Table::faults, c::subject, row, fault.subject);
  }
}

}  // namespace

SnapshotBuffer write_snapshot(const EngineView& view, const TrafficMeter& meter, NameTable* flows, int64_t monotonic_ns,
                              int64_t realtime_ns) {
  const FlowNames named = flows != nullptr ? name_flows(meter.table(), *flows) : FlowNames();
  SnapshotWriter out(count_rows(view, meter, flows != nullptr, named.list.size()));
  write_meta(out, view, meter, monotonic_ns, realtime_ns);
  write_interfaces(out, view, meter);
  write_books(out, meter.ledger());
  if (flows != nullptr) {
    uint32_t row = 0;
    meter.table().for_each([&](const Flow& flow, FlowId id) {
      out.u32(Table::flows, column::flows::name, row, named.of_flow[row]);
      write_flow(out, row++, flow, id, meter.ledger());
    });
    write_names(out, named.list);
  }
  write_faults(out, view.faults);
  return out.finish();
}

}  // namespace nettrace
