// Owns: known traffic for the truth tests: each process moves an exact number of bytes and reports it as a JSON line.
// Knows nothing of: nettrace. A server prints a "ready" line; standard input at its end tells it to finish.
#include "native/dev/traffic_raw.h"
#include "native/dev/traffic_shared.h"
#include "native/dev/traffic_swarm.h"
#include "native/dev/traffic_ways.h"

// Usage: traffic COMMAND ADDRESS PORT OPTIONS
//   serve [connections=N] [give=BYTES] [fork] [workers=N]      gives to each connection, reads to its end
//
//   connect [bytes=N] [rate=BYTES/S] [take=BYTES] [hold=MS] [OWN] [early]
//
//   crowd processes=N [together] [options of connect]          one after the other, or together
//
//   idle connections=N                                         holds them until standard input ends
//
//   udp-send packets=N size=N rate=PACKETS/S [unconnected] [anew] [OWN] [answers] [hold=MS] [early]
//
//   anew: connects for each datagram again
//
//   OWN: bind=PORT, from=ADDRESS, transparent (the address is nobody's here); see bind_own()
//
//   early: is connected, says so, and begins when standard input ends; only what comes then is counted
//
//   udp-receive [echo]                                         until standard input ends
//
//   fresh [rate=SOCKETS/S] [size=N] [open=N]                   a new socket for each datagram
//
//   Further ones, each described where it is: ask, swarm (traffic_swarm.h), share, serve-passed (traffic_shared.h),
//   ping, raw-send, raw-receive (traffic_raw.h), stream, batches (traffic_ways.h)

namespace nettrace::traffic {
namespace {

struct Command {
  std::string_view name;
  int (*run)(const Address&, const Options&);
};

int connect_once(const Address& address, const Options& options) {
  transfer(address, options).print("connect");
  return 0;
}

constexpr Command kCommands[] = {{"serve", &serve},
                                 {"connect", &connect_once},
                                 {"crowd", &crowd},
                                 {"idle", &idle},
                                 {"udp-send", &udp_send},
                                 {"udp-receive", &udp_receive},
                                 {"fresh", &fresh},
                                 {"ask", &ask},
                                 {"swarm", &swarm},
                                 {"share", &share},
                                 {"serve-passed", &serve_passed},
                                 {"ping", &ping},
                                 {"raw-send", &raw_send},
                                 {"raw-receive", &raw_receive},
                                 {"stream", &stream},
                                 {"batches", &batches}};

int run(const std::vector<std::string>& words) {
  for (const auto& [name, command] : kCommands) {
    if (words.size() < 3 || words[0] != name) continue;
    return command(parse_address(words[1].c_str(), std::strtoull(words[2].c_str(), nullptr, 10)),
                   Options({words.begin() + 3, words.end()}));
  }
  std::fprintf(stderr, "traffic: see the head of traffic.cc for its commands\n");
  return 2;
}

}  // namespace
}  // namespace nettrace::traffic

int main(int argc, char** argv) {
  return nettrace::traffic::run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
}
