// Owns: the server name in a TLS ClientHello (RFC 8446 4.1.2, RFC 6066 3).
// Knows nothing of: what carries it: TCP's records are read here, QUIC's frames in quic.h.
#pragma once

#include "native/base/bytes.h"
#include "native/names/host_name.h"

namespace nettrace {

/// The server name of a handshake message that is a ClientHello; it may be cut off behind the name. Extensions that are
/// not known (GREASE, RFC 8701) are passed over. Where the hello is encrypted (ECH, RFC 9849) this is the outer one's:
/// the name of whoever serves the host. False if there is none.
bool read_client_hello(Bytes handshake, HostName& name) noexcept;

/// The same for a segment that starts with the record of a ClientHello. Only that segment is looked at.
bool read_tls_record(Bytes payload, HostName& name) noexcept;

}  // namespace nettrace
