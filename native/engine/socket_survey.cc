#include "native/engine/socket_survey.h"

#include <sched.h>

#include <cerrno>
#include <thread>

#include "native/base/clock.h"
#include "native/host/namespace_list.h"
#include "native/host/socket_dump.h"

namespace nettrace {
namespace {

/// Runs on a thread of its own: it does not come back from where it goes.
void visit_others(const SocketRequest& request, SocketListing& listing) {
  const int64_t began = clock_nanos(CLOCK_THREAD_CPUTIME_ID);
  for (size_t i = 1; i < listing.namespaces.size(); ++i) {
    ListingNamespace& space = listing.namespaces[i];
    const UniqueFd there = open_namespace(space);
    if (!there || ::setns(there.get(), CLONE_NEWNET) != 0) {
      space.number = errno;
      continue;
    }
    dump_sockets(request, static_cast<uint16_t>(i), listing);
  }
  listing.cost_ns += clock_nanos(CLOCK_THREAD_CPUTIME_ID) - began;
}

}  // namespace

SocketListing survey_sockets(const SocketRequest& request) {
  SocketListing listing;
  const int64_t began = clock_nanos(CLOCK_THREAD_CPUTIME_ID);
  if (request.all_namespaces) listing.namespaces = list_namespaces();
  dump_sockets(request, 0, listing);
  if (listing.namespaces.size() > 1) std::thread(visit_others, std::cref(request), std::ref(listing)).join();
  listing.cost_ns += clock_nanos(CLOCK_THREAD_CPUTIME_ID) - began;
  return listing;
}

}  // namespace nettrace
