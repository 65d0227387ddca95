/**
 * The OpenSSL that Node carries, for C++: owners for what must be freed, bytes that are wiped, and the functions that an
 * older Node does not have.
 */
#pragma once

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

static_assert(OPENSSL_VERSION_MAJOR == 3, "these sources know OpenSSL 3: read its migration guide, then change this line");

// RFC 7250 came with OpenSSL 3.2, and Node 22 began with 3.0. What is weak is null where Node does not have it; then the
// addon loads all the same, and says what it cannot do.
#pragma weak SSL_set1_client_cert_type
#pragma weak SSL_set1_server_cert_type

namespace dtls {

using Bytes = std::vector<uint8_t>;

/** Bytes that somebody else owns. */
struct View {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

/** What was asked cannot be done; its sentence reaches JavaScript as the message of an Error. */
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/** A key: wiped when it goes, and never copied, so that there is one place to wipe. */
class Secret {
 public:
  Secret() = default;
  Secret(const uint8_t* data, size_t size) : bytes_(data, data + size) {}
  Secret(Secret&& other) noexcept = default;
  Secret& operator=(Secret&& other) noexcept {
    wipe();
    bytes_ = std::move(other.bytes_);
    return *this;
  }
  ~Secret() { wipe(); }

  const uint8_t* data() const { return bytes_.data(); }
  uint8_t* data() { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

 private:
  void wipe() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  Bytes bytes_;
};

struct Free {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

/** Node shares OpenSSL's queue of errors with us: what we leave there, it would take for its own. */
class ErrorQueue {
 public:
  ErrorQueue() { ERR_set_mark(); }
  ~ErrorQueue() { ERR_pop_to_mark(); }
  ErrorQueue(const ErrorQueue&) = delete;
  ErrorQueue& operator=(const ErrorQueue&) = delete;

  /** What OpenSSL says of the last failure; empty where it says nothing. */
  static std::string reason() {
    const char* text = ERR_reason_error_string(ERR_peek_last_error());
    return text == nullptr ? "" : text;
  }
};

/** For calls that return 1 when they did it. */
inline void require(bool done, const std::string& otherwise) {
  if (done) return;
  const std::string reason = ErrorQueue::reason();
  throw Refusal(reason.empty() ? otherwise : otherwise + ": " + reason);
}

/** Whether this Node knows raw public keys (RFC 7250). */
inline bool knowsRawPublicKeys() {
  return SSL_set1_client_cert_type != nullptr && SSL_set1_server_cert_type != nullptr;
}

}  // namespace dtls
