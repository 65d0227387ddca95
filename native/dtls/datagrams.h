/** Where OpenSSL reads and writes: datagrams in memory. The socket is JavaScript's. */
#pragma once

#include <deque>

#include "openssl.h"

namespace dtls {

/** Datagrams that came and were not read yet, and those that are to leave. */
struct Datagrams {
  std::deque<Bytes> in;
  std::vector<Bytes> out;
};

/** A BIO over these datagrams, which must outlive it. The caller owns it. */
BIO* newDatagramBio(Datagrams& datagrams);

/**
 * The datagram without records that cannot be valid: of a type that none has in its epoch, or encrypted and shorter than any
 * such record. OpenSSL 3.5 ends the handshake, or the whole association, at such a record, where RFC 6347 §4.1.2.7 wants it
 * dropped; anybody on the way could send one.
 */
Bytes withoutInvalid(Bytes datagram, size_t shortest);

}  // namespace dtls
