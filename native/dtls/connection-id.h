/**
 * The extension "connection_id" (RFC 9146 §3), which this OpenSSL does not know. Only what both sides say in the handshake is
 * here; OpenSSL goes on to write and to read records without a CID, and JavaScript translates those.
 */
#pragma once

#include <optional>

#include "openssl.h"

namespace dtls {

struct ConnectionIds {
  /** What the other side is to put into the records that it sends us; empty: nothing. */
  Bytes ours;
  /** What it wants in ours; empty: nothing. Absent: it did not answer, and nobody uses any. */
  std::optional<Bytes> theirs;
  /** Of a datagram's payload, in bytes. */
  long mtu = 0;
};

/** Whoever uses that context says `ours`, and what the other side says comes to `theirs`. `ids` must outlive the context. */
void useConnectionIds(SSL_CTX* context, ConnectionIds& ids);

}  // namespace dtls
