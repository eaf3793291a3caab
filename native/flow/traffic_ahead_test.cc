// Tests: what is charged before its packets have come: they take it back, or it is void.
#include <netinet/in.h>

#include "native/dev/test.h"
#include "native/flow/metered_fixture.h"

using namespace nettrace;
using namespace nettrace::test;

TEST("what a full ring lost stays charged, what never was on the wire does not") {
  Metered fixture;
  const PacketView view = sent_packet(IPPROTO_TCP, 1000, 80, 114);
  fixture.count(view);
  fixture.charge(1, tuple_of(view), 114 * 3, 3);
  fixture.meter.set_lost_frames(0, 2, kNow);
  fixture.meter.tidy(0, kNow + 10 * kNanosPerSecond);
  CHECK_EQ(fixture.sent_by(1), 342u);
  CHECK_EQ(fixture.recovered().bytes, 228u);
  CHECK(fixture.books_close());

  Metered without_loss;
  without_loss.count(view);
  without_loss.charge(1, tuple_of(view), 114 * 3, 3);
  without_loss.meter.tidy(0, kNow + 10 * kNanosPerSecond);
  CHECK_EQ(without_loss.sent_by(1) + without_loss.of(Reason::kPending).sent.bytes, 114u);
  CHECK_EQ(without_loss.recovered().bytes, 0u);
  CHECK(without_loss.books_close());
}
