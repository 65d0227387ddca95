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

}  // namespace dtls
