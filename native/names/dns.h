// Owns: DNS messages (RFC 1035), as far as they ask for addresses of a host or give them.
// Knows nothing of: who asked whom, and whether an answer is wanted.
#pragma once

#include "native/base/bytes.h"
#include "native/names/name_clue.h"

namespace nettrace {

/// Reads a question for A or AAAA records, or an answer that has some. The name is the one that was asked for, whatever
/// aliases (CNAME) lead from it to the addresses. `message` may be cut off: what is whole in it counts. False if it is
/// neither, or if it breaks a rule before the first address. Takes a bounded number of steps: 64 records, 128 labels
/// and 16 compression pointers a name, each to an earlier place (RFC 1035 4.1.4).
bool read_dns(Bytes message, NameClue& clue) noexcept;

/// The same for a segment of a TCP connection that holds a whole message behind its length (RFC 1035 4.2.2).
bool read_dns_segment(Bytes payload, NameClue& clue) noexcept;

}  // namespace nettrace
