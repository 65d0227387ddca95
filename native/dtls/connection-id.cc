#include "connection-id.h"

#include <algorithm>

namespace dtls {
namespace {

/** IANA: "connection_id". */
constexpr unsigned kExtension = 54;
constexpr unsigned kMessages = SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO;
constexpr size_t kLongest = 255;

/** opaque cid<0..2^8-1> */
int add(SSL*, unsigned, unsigned, const unsigned char** out, size_t* size, X509*, size_t, int* alert, void* argument) {
  const Bytes& ours = static_cast<ConnectionIds*>(argument)->ours;
  auto* extension = static_cast<unsigned char*>(OPENSSL_malloc(1 + ours.size()));
  if (extension == nullptr) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return -1;
  }
  extension[0] = static_cast<unsigned char>(ours.size());
  std::copy(ours.begin(), ours.end(), extension + 1);
  *out = extension;
  *size = 1 + ours.size();
  return 1;
}

void release(SSL*, unsigned, unsigned, const unsigned char* extension, void*) {
  OPENSSL_free(const_cast<unsigned char*>(extension));
}

int parse(SSL* ssl, unsigned, unsigned, const unsigned char* in, size_t size, X509*, size_t, int* alert,
          void* argument) {
  if (size == 0 || in[0] != size - 1) {
    *alert = SSL_AD_DECODE_ERROR;
    return 0;
  }
  auto& ids = *static_cast<ConnectionIds*>(argument);
  ids.theirs.emplace(in + 1, in + size);
  // Room for the CID, and for the type of the content behind it (RFC 9146 §4). Where there is none, datagrams become a
  // little longer than they were meant to: that is better than no association.
  if (size > 1) SSL_set_mtu(ssl, ids.mtu - static_cast<long>(size));
  return 1;
}

}  // namespace

void useConnectionIds(SSL_CTX* context, ConnectionIds& ids) {
  if (ids.ours.size() > kLongest) throw Refusal("a Connection ID has 255 bytes at most");
  require(SSL_CTX_add_custom_ext(context, kExtension, kMessages, add, release, &ids, parse, &ids) == 1,
          "Connection IDs cannot be offered");
}

}  // namespace dtls
