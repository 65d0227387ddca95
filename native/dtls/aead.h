/**
 * What protects the records of one direction: AES in GCM (RFC 5288 §3) or CCM (RFC 6655 §3) under one key, whose schedule is
 * made once. OpenSSL has such a thing for each association, but lets nobody seal with other additional data.
 */
#pragma once

#include "openssl.h"

namespace dtls {

class Aead {
 public:
  /** Bytes of the nonce that go with each record, before what is sealed. */
  static constexpr size_t kExplicitNonce = 8;

  /** `cipher`: "aes-128-ccm", as OpenSSL names it. `salt`: the part of the nonce that is a secret. Throws Refusal. */
  Aead(const std::string& cipher, size_t tagSize, View key, View salt);
  ~Aead();
  Aead(const Aead&) = delete;
  Aead& operator=(const Aead&) = delete;

  /** Bytes of a fragment beside its content. */
  size_t overhead() const { return kExplicitNonce + tagSize_; }
  /** Writes nonce, ciphertext and tag; there is room for the content and `overhead()`. Throws Refusal. */
  void seal(View content, View nonce, View additionalData, uint8_t* fragment);
  /** Writes the content of a fragment that has `overhead()` bytes or more. False: it is not authentic, and nothing to be used. */
  bool open(View fragment, View additionalData, uint8_t* content);

 private:
  static constexpr size_t kSalt = 4;
  static constexpr size_t kNonce = kSalt + kExplicitNonce;

  bool begin(EVP_CIPHER_CTX* context, const uint8_t* explicitNonce);
  bool update(EVP_CIPHER_CTX* context, View additionalData, View in, uint8_t* out) const;

  size_t tagSize_;
  bool ccm_ = false;
  uint8_t nonce_[kNonce] = {};
  // Two, for OpenSSL's CCM chooses with the key by which code it runs over many blocks: to seal, or to open.
  Owned<EVP_CIPHER_CTX> sealing_;
  Owned<EVP_CIPHER_CTX> opening_;
};

}  // namespace dtls
