#include "aead.h"

#include <algorithm>

namespace dtls {
namespace {

constexpr size_t kLongestTag = 16;
/** What the length of a record can say. */
constexpr size_t kLongest = 0xffff;

bool isCcm(const EVP_CIPHER* cipher) { return EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE; }

/** OpenSSL takes a null pointer for another command, and an empty array of JavaScript may be one. */
const uint8_t* pointerOf(View view) {
  static constexpr uint8_t nothing = 0;
  return view.data == nullptr ? &nothing : view.data;
}

/** With everything that is the same for each record. To CCM the lengths are a part of its key: they come before that. */
Owned<EVP_CIPHER_CTX> makeContext(const EVP_CIPHER* cipher, View key, int nonceSize, int tagSize, bool sealing) {
  const int enc = sealing ? 1 : 0;
  Owned<EVP_CIPHER_CTX> owned(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* context = owned.get();
  require(context != nullptr && EVP_CipherInit_ex(context, cipher, nullptr, nullptr, nullptr, enc) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, nonceSize, nullptr) == 1 &&
              (!isCcm(cipher) || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tagSize, nullptr) == 1) &&
              EVP_CipherInit_ex(context, nullptr, nullptr, key.data, nullptr, enc) == 1,
          "the cipher cannot be used");
  return owned;
}

}  // namespace

Aead::Aead(const std::string& name, size_t tagSize, View key, View salt) : tagSize_(tagSize) {
  const ErrorQueue errors;
  const Owned<EVP_CIPHER> cipher(EVP_CIPHER_fetch(nullptr, name.c_str(), nullptr));
  require(cipher != nullptr, "there is no cipher " + name);
  ccm_ = isCcm(cipher.get());
  require(ccm_ || EVP_CIPHER_get_mode(cipher.get()) == EVP_CIPH_GCM_MODE, name + " is neither GCM nor CCM");
  require(key.size == static_cast<size_t>(EVP_CIPHER_get_key_length(cipher.get())), "this is no key of " + name);
  require(salt.size == kSalt, "the salt of a nonce has 4 bytes");
  require(tagSize_ == kLongestTag || (ccm_ && tagSize_ == 8), "a tag has 16 bytes, with CCM also 8");
  std::copy(salt.data, salt.data + kSalt, nonce_);
  sealing_ = makeContext(cipher.get(), key, kNonce, static_cast<int>(tagSize_), true);
  opening_ = makeContext(cipher.get(), key, kNonce, static_cast<int>(tagSize_), false);
}

// What was made of the key OpenSSL wipes with its contexts.
Aead::~Aead() { OPENSSL_cleanse(nonce_, sizeof nonce_); }

void Aead::seal(View content, View nonce, View additionalData, uint8_t* fragment) {
  const ErrorQueue errors;
  require(nonce.size == kExplicitNonce, "the explicit part of a nonce has 8 bytes");
  EVP_CIPHER_CTX* context = sealing_.get();
  uint8_t* sealed = std::copy(nonce.data, nonce.data + kExplicitNonce, fragment);
  require(begin(context, nonce.data) && update(context, additionalData, content, sealed) &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tagSize_), sealed + content.size) == 1,
          "this cannot be sealed");
}

bool Aead::open(View fragment, View additionalData, uint8_t* content) {
  const ErrorQueue errors;
  EVP_CIPHER_CTX* context = opening_.get();
  const View sealed = {fragment.data + kExplicitNonce, fragment.size - overhead()};
  uint8_t tag[kLongestTag];
  std::copy(sealed.data + sealed.size, fragment.data + fragment.size, tag);
  return begin(context, fragment.data) &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tagSize_), tag) == 1 &&
         update(context, additionalData, sealed, content);
}

bool Aead::begin(EVP_CIPHER_CTX* context, const uint8_t* explicitNonce) {
  std::copy(explicitNonce, explicitNonce + kExplicitNonce, nonce_ + kSalt);
  return EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce_, -1) == 1;
}

/** CCM wants to hear of the length first, and checks the tag in the call that deciphers; GCM checks it in the last one. */
bool Aead::update(EVP_CIPHER_CTX* context, View additionalData, View in, uint8_t* out) const {
  if (in.size > kLongest || additionalData.size > kLongest) return false;
  const int size = static_cast<int>(in.size);
  const int additional = static_cast<int>(additionalData.size);
  int written = 0;
  return (!ccm_ || EVP_CipherUpdate(context, nullptr, &written, nullptr, size) == 1) &&
         EVP_CipherUpdate(context, nullptr, &written, pointerOf(additionalData), additional) == 1 &&
         EVP_CipherUpdate(context, out, &written, pointerOf(in), size) == 1 &&
         EVP_CipherFinal_ex(context, out + size, &written) == 1;
}

}  // namespace dtls
