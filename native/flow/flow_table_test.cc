// Tests: the bounded table against a simple model, eviction order, expiry, hashing.
#include "native/flow/flow_table.h"

#include <algorithm>
#include <map>
#include <random>

#include "native/dev/test.h"

using namespace nettrace;

namespace {

constexpr HashKey kKey{1, 2, 3, 4};

struct Recorder : FlowLeaves {
  std::vector<FiveTuple> evicted;
  std::vector<FiveTuple> expired;
  Counters counters;
  void flow_leaves(const Flow& flow, FlowId, bool was_evicted) override {
    (was_evicted ? evicted : expired).push_back(flow.tuple);
    counters += flow.counters;
  }
};

FiveTuple tuple(uint32_t n) {
  return {{IpAddress::v4(0x0a000001), static_cast<uint16_t>(n)},
          {IpAddress::v4(0x0b000000 + (n >> 16)), static_cast<uint16_t>(n >> 8)},
          6};
}

Flow& add(FlowTable& table, uint32_t n, int64_t now = 1) {
  const FiveTuple key = tuple(n);
  return table.insert(table.hash(key, 0, true), key, 0, true, now);
}
Flow* find(FlowTable& table, uint32_t n) {
  const FiveTuple key = tuple(n);
  return table.find(table.hash(key, 0, true), key, 0, true);
}

}  // namespace

TEST("a flow is found by its whole identity: interface and orientation belong to it") {
  Recorder gone;
  FlowTable table(1024, kKey, gone);
  add(table, 7);
  const FiveTuple key = tuple(7);
  CHECK(find(table, 7) != nullptr);
  CHECK(table.find(table.hash(key, 1, true), key, 1, true) == nullptr);
  CHECK(table.find(table.hash(key, 0, false), key, 0, false) == nullptr);
}

TEST("an id of a flow that left does not find the next one in its slot") {
  Recorder gone;
  FlowTable table(1024, kKey, gone);
  Flow& flow = add(table, 1);
  const FlowId id = table.id_of(flow);
  table.remove(flow);
  Flow& next = add(table, 2);
  CHECK_EQ(table.id_of(next).index, id.index);
  CHECK(table.get(id) == nullptr);
  CHECK(table.get(table.id_of(next)) == &next);
}

TEST("a full table gives up one-packet flows first, then ended, unowned, datagram and stream flows") {
  Recorder gone;
  FlowTable table(5, kKey, gone);
  table.set_class(add(table, 1), FlowClass::kOwnedStream);
  table.set_class(add(table, 2), FlowClass::kOwnedDatagram);
  table.set_class(add(table, 3), FlowClass::kUnowned);
  table.set_class(add(table, 4), FlowClass::kEnded);
  add(table, 5);
  for (uint32_t n = 6; n <= 10; ++n) table.set_class(add(table, n), FlowClass::kOwnedStream);
  const std::vector<FiveTuple> order{tuple(5), tuple(4), tuple(3), tuple(2), tuple(1)};
  CHECK(gone.evicted == order);
}

TEST("a flood of one-packet flows never pushes out a flow with an owner") {
  Recorder gone;
  FlowTable table(2000, kKey, gone);
  for (uint32_t n = 0; n < 1000; ++n) table.set_class(add(table, n), FlowClass::kOwnedStream);
  for (uint32_t n = 1000; n < 50'000; ++n) add(table, n);
  size_t kept = 0;
  for (uint32_t n = 0; n < 1000; ++n) kept += find(table, n) != nullptr ? 1 : 0;
  CHECK_EQ(kept, size_t{1000});
  CHECK_EQ(table.size(), size_t{2000});
}

TEST("a flood of one-packet flows fills a quarter of a table, and costs no flow of any other class its place") {
  constexpr uint32_t kRoom = 40'000;
  Recorder gone;
  FlowTable table(kRoom, kKey, gone);
  const auto on_probation = [&table] {
    size_t count = 0;
    table.for_each([&](const Flow& flow, FlowId) { count += flow.flow_class == FlowClass::kProbation ? 1 : 0; });
    return count;
  };
  for (uint32_t n = 0; n < 30'000; ++n) add(table, n);
  CHECK_EQ(table.size(), size_t{kRoom / 4});
  CHECK(gone.evicted.front() == tuple(0) && gone.evicted.back() == tuple(19'999));
  // The places of those that turned out to be more are free for other newcomers.
  for (uint32_t n = 20'000; n < 30'000; ++n) table.set_class(*find(table, n), FlowClass::kUnowned);
  for (uint32_t n = 30'000; n < 60'000; ++n) add(table, n);
  CHECK_EQ(on_probation(), size_t{kRoom / 4});
  CHECK_EQ(table.size(), size_t{kRoom / 2});
  for (uint32_t n = 20'000; n < 30'000; ++n) CHECK(find(table, n) != nullptr);
}

TEST("a flow that is touched outlives its idle neighbours") {
  Recorder gone;
  FlowTable table(1024, kKey, gone);
  constexpr int64_t second = 1'000'000'000;
  for (uint32_t n = 0; n < 3; ++n) add(table, n, second);
  table.touch(*find(table, 0), 20 * second);
  CHECK_EQ(table.expire(31 * second, 100), size_t{2});
  CHECK(find(table, 0) != nullptr);
  CHECK_EQ(table.expire(50 * second, 100), size_t{1});
}

TEST("random inserts, removals and look-ups agree with a plain map; bytes in = live + expired + evicted") {
  Recorder gone;
  FlowTable table(3000, kKey, gone);
  std::mt19937 random(42);
  std::map<uint32_t, uint64_t> model;
  Counters put_in;
  for (int step = 0; step < 200'000; ++step) {
    const uint32_t n = random() % 6000;  // its local port, see tuple()
    Flow* flow = find(table, n);
    CHECK_EQ(flow != nullptr, model.contains(n));
    if (flow == nullptr) {
      const size_t before = gone.evicted.size();
      flow = &add(table, n, step);
      if (gone.evicted.size() != before) {
        model.erase(gone.evicted.back().local.port);
      }
      model[n] = 0;
    }
    const uint32_t bytes = random() % 1500;
    flow->counters.add(random() % 2 == 0, {bytes, 1, bytes, bytes, bytes, 1});
    model[n] += bytes;
    put_in.sent.bytes += bytes;
    CHECK_EQ(flow->counters.bytes(), model[n]);
    if (random() % 3 == 0) table.set_class(*flow, static_cast<FlowClass>(random() % kFlowClassCount));
    if (random() % 20 == 0) {
      table.remove(*flow);
      model.erase(n);
    }
    if (nettrace::test::failures_of_case() > 3) return;
  }
  uint64_t live = 0;
  size_t flows = 0;
  table.for_each([&](const Flow& flow, FlowId) {
    live += flow.counters.bytes();
    ++flows;
  });
  CHECK_EQ(flows, model.size());
  CHECK_EQ(flows, table.size());
  CHECK_EQ(live + table.expired_counters().bytes() + table.evicted_counters().bytes(), put_in.bytes());
  CHECK_EQ(table.created(), table.size() + table.expired() + table.evicted());
}

TEST("keys that fill one bucket under one secret are spread out under another") {
  std::vector<FiveTuple> colliding;
  for (uint32_t n = 0; colliding.size() < 200; ++n) {
    if (flow_hash(kKey, tuple(n), 0, true) % 1024 == 7) colliding.push_back(tuple(n));
  }
  std::map<uint32_t, int> buckets;
  for (const FiveTuple& key : colliding) ++buckets[flow_hash({9, 8, 7, 6}, key, 0, true) % 1024];
  int fullest = 0;
  for (const auto& [bucket, count] : buckets) fullest = std::max(fullest, count);
  CHECK(fullest <= 4);
}

TEST("sequential addresses and ports spread evenly") {
  std::vector<int> buckets(4096);
  for (uint32_t n = 0; n < 65'536; ++n) ++buckets[flow_hash(kKey, tuple(n), 0, true) % buckets.size()];
  CHECK(*std::max_element(buckets.begin(), buckets.end()) <= 40);
}
