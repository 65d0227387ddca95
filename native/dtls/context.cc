#include "context.h"

namespace dtls {
namespace {

/** 112 bits: RFC 7525 §4. */
constexpr int kSecurityLevel = 2;
/** RFC 7925 §4.4: P-256 is a must. LwM2M forbids curves below 255 bits. */
constexpr const char* kGroups = "P-256:X25519:P-384";
constexpr const char* kSignatures = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512";
constexpr uint8_t kSelectCertificate = 0;
constexpr uint8_t kSelectPublicKey = 1;

/**
 * Encrypt-then-MAC (RFC 7366) is off: with it OpenSSL 3.5 ends the association at a record with a wrong MAC, which anybody can
 * send, where RFC 6347 §4.1.2.7 wants it dropped. It matters to suites with CBC alone.
 */
constexpr uint64_t kOptions = SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                              SSL_OP_NO_ENCRYPT_THEN_MAC | SSL_OP_CIPHER_SERVER_PREFERENCE;

using SecurityCallback = int (*)(const SSL*, const SSL_CTX*, int, int, int, void*, void*);
SecurityCallback levelAllows = nullptr;

bool isAboutSuites(int operation) {
  return operation == SSL_SECOP_CIPHER_SUPPORTED || operation == SSL_SECOP_CIPHER_SHARED ||
         operation == SSL_SECOP_CIPHER_CHECK;
}

bool isShortTagged(const void* suite) {
  const int cipher = SSL_CIPHER_get_cipher_nid(static_cast<const SSL_CIPHER*>(suite));
  return cipher == NID_aes_128_ccm || cipher == NID_aes_256_ccm;
}

/**
 * OpenSSL counts CCM_8 as 64 bits, for its tag. "@SECLEVEL=0" would let it pass, and with it SHA-1 and short keys in
 * certificates; so the level stays, and this one thing is let through.
 */
int allowsShortTags(const SSL* ssl, const SSL_CTX* context, int operation, int bits, int nid, void* other, void* extra) {
  if (isAboutSuites(operation) && isShortTagged(other)) return 1;
  return levelAllows(ssl, context, operation, bits, nid, other, extra);
}

void setStrength(SSL_CTX* context, const Settings& settings) {
  SSL_CTX_set_security_level(context, kSecurityLevel);
  if (settings.shortTags) {
    levelAllows = SSL_CTX_get_security_callback(context);
    SSL_CTX_set_security_callback(context, allowsShortTags);
  }
  require(SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1, "DTLS 1.2 is not there");
  require(SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1, "DTLS 1.2 is not there");
  require(SSL_CTX_set_cipher_list(context, settings.suites.c_str()) == 1, "no such suites: " + settings.suites);
  require(SSL_CTX_set1_groups_list(context, kGroups) == 1, "no such groups");
  require(SSL_CTX_set1_sigalgs_list(context, kSignatures) == 1, "no such signatures");
}

Owned<X509> certificateOf(const Bytes& der) {
  const uint8_t* at = der.data();
  Owned<X509> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  require(certificate != nullptr, "this is no certificate in DER");
  return certificate;
}

Owned<EVP_PKEY> privateKeyOf(const Secret& der) {
  const uint8_t* at = der.data();
  Owned<EVP_PKEY> key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  require(key != nullptr, "this is no private key in PKCS #8");
  return key;
}

void setOwnCertificate(SSL_CTX* context, const Settings& settings) {
  if (settings.privateKey.empty()) return;
  const auto& chain = settings.certificates;
  for (size_t i = 0; i < chain.size(); i++) {
    const Owned<X509> certificate = certificateOf(chain[i]);
    const bool taken = i == 0 ? SSL_CTX_use_certificate(context, certificate.get()) == 1
                              : SSL_CTX_add1_chain_cert(context, certificate.get()) == 1;
    require(taken, "the certificate cannot be used");
  }
  // OpenSSL refuses a key that does not belong to the certificate before it.
  require(SSL_CTX_use_PrivateKey(context, privateKeyOf(settings.privateKey).get()) == 1,
          "the private key cannot be used");
}

void setAnchors(SSL_CTX* context, const Settings& settings) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const Bytes& der : settings.anchors) {
    require(X509_STORE_add_cert(store, certificateOf(der).get()) == 1, "the CA cannot be used");
  }
}

/** LwM2M numbers the ways of matching otherwise than RFC 6698 §7.4, which has no SHA-384. */
void enableExpectations(SSL_CTX* context) {
  require(SSL_CTX_dane_enable(context) == 1 && SSL_CTX_dane_mtype_set(context, EVP_sha384(), 2, 2) == 1 &&
              SSL_CTX_dane_mtype_set(context, EVP_sha512(), 3, 3) == 1,
          "TLSA records are not there");
}

/** LwM2M takes the one certificate or key of usage 3 whatever its names and dates say; OpenSSL would look at the names. */
void setExpectations(SSL* ssl, const Settings& settings) {
  require(SSL_dane_enable(ssl, nullptr) == 1, "TLSA records are not there");
  SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
  for (const Expectation& expected : settings.expectations) {
    const uint8_t selector = expected.keyOnly ? kSelectPublicKey : kSelectCertificate;
    const auto& data = expected.data;
    require(SSL_dane_tlsa_add(ssl, expected.usage, selector, expected.matching, data.data(), data.size()) == 1,
            "what is expected of the other side cannot be used");
  }
}

void setNames(SSL* ssl, const Settings& settings) {
  if (!settings.sentName.empty())
    require(SSL_set_tlsext_host_name(ssl, settings.sentName.c_str()) == 1, "the name cannot be sent");
  if (settings.expectedName.empty()) return;
  X509_VERIFY_PARAM* checks = SSL_get0_param(ssl);
  // An address is looked for among addresses, a name among names (RFC 9525 §6.1).
  if (X509_VERIFY_PARAM_set1_ip_asc(checks, settings.expectedName.c_str()) == 1) return;
  require(X509_VERIFY_PARAM_set1_host(checks, settings.expectedName.c_str(), 0) == 1, "this is no name of a host");
}

void setTime(SSL* ssl, const Settings& settings) {
  X509_VERIFY_PARAM* checks = SSL_get0_param(ssl);
  if (settings.time.has_value()) X509_VERIFY_PARAM_set_time(checks, static_cast<time_t>(*settings.time));
  else X509_VERIFY_PARAM_set_flags(checks, X509_V_FLAG_NO_CHECK_TIME);
}

void setRawPublicKeys(SSL* ssl) {
  require(knowsRawPublicKeys(), std::string("raw public keys need OpenSSL 3.2 or later; this Node carries ") +
                                    OpenSSL_version(OPENSSL_VERSION));
  const uint8_t raw[] = {TLSEXT_cert_type_rpk};
  require(SSL_set1_client_cert_type(ssl, raw, sizeof raw) == 1 && SSL_set1_server_cert_type(ssl, raw, sizeof raw) == 1,
          "raw public keys are not there");
}

void setTicketKeys(SSL_CTX* context, const Settings& settings) {
  Secret keys(settings.ticketKeys.data(), settings.ticketKeys.size());
  require(SSL_CTX_set_tlsext_ticket_keys(context, keys.data(), static_cast<long>(keys.size())) == 1,
          "ticket keys have 80 bytes");
}

void resume(SSL* ssl, const Secret& exported) {
  const uint8_t* at = exported.data();
  const Owned<SSL_SESSION> session(d2i_SSL_SESSION(nullptr, &at, static_cast<long>(exported.size())));
  // What is no session, or none that fits, is no error: a full handshake does the same.
  if (session != nullptr) SSL_set_session(ssl, session.get());
}

}  // namespace

Owned<SSL_CTX> makeContext(const Settings& settings) {
  Owned<SSL_CTX> context(SSL_CTX_new(settings.server ? DTLS_server_method() : DTLS_client_method()));
  require(context != nullptr, "DTLS is not there");
  SSL_CTX_set_options(context.get(), kOptions);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  setStrength(context.get(), settings);
  setOwnCertificate(context.get(), settings);
  setAnchors(context.get(), settings);
  if (!settings.ticketKeys.empty()) setTicketKeys(context.get(), settings);
  if (!settings.expectations.empty()) {
    enableExpectations(context.get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

void prepare(SSL* ssl, const Settings& settings) {
  if (!settings.expectations.empty()) setExpectations(ssl, settings);
  // After the expectations: switching those on forgets the names.
  setNames(ssl, settings);
  setTime(ssl, settings);
  if (settings.rawPublicKeys) setRawPublicKeys(ssl);
  if (!settings.session.empty()) resume(ssl, settings.session);
  require(SSL_set_mtu(ssl, settings.mtu) != 0, "the MTU is too small");
}

}  // namespace dtls
