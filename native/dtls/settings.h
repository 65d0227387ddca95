/** What one association is to be: all that JavaScript says, as values of C++. */
#pragma once

#include <optional>

#include "openssl.h"

namespace dtls {

/** What the peer must show, as a TLSA record says it (RFC 6698 §2.1); the numbers of LwM2M's /0/x/13 and /0/x/15. */
struct Expectation {
  /** 0: CA constraint, 1: service certificate constraint, 2: trust anchor assertion, 3: domain-issued certificate. */
  uint8_t usage = 3;
  /** Whether `data` is of the public key alone, not of the certificate. */
  bool keyOnly = false;
  /** 0: as it is, 1: SHA-256, 2: SHA-384, 3: SHA-512. RFC 6698 has other numbers. */
  uint8_t matching = 0;
  Bytes data;
};

struct Settings {
  /** The side that waits. The gateway is a client always; its tests need somebody to talk to. */
  bool server = false;
  /** OpenSSL's names of the suites, the most wanted first. */
  std::string suites;
  /** Whether CCM_8 is among them, whose tag of 8 bytes is below the security level of all else here. */
  bool shortTags = false;

  std::string pskIdentity;
  Secret pskKey;

  /** PKCS #8, in DER; empty: we have no key pair. */
  Secret privateKey;
  /** Ours first, then what leads to a CA. In DER. Empty with a private key: that key, raw (RFC 7250). */
  std::vector<Bytes> certificates;
  bool rawPublicKeys = false;
  std::vector<Expectation> expectations;
  /** For usages 0 and 1: the CAs that the machine trusts. In DER. */
  std::vector<Bytes> anchors;
  /** Sent as SNI (RFC 6066 §3); empty: nothing is sent. */
  std::string sentName;
  /** The name or the address that the certificate must be for; empty: any. */
  std::string expectedName;
  /** Unix time, in seconds, for the dates of certificates; absent: nobody knows, and they are not looked at. */
  std::optional<int64_t> time;

  /** RFC 9146: what the other side is to put into its records; empty: nothing, but we would take one. Absent: not offered. */
  std::optional<Bytes> connectionId;

  /** What exportSession() gave; empty: a full handshake. */
  Secret session;
  /** Of a server: 80 bytes, by which it knows the sessions of the one before; empty: it knows its own alone. */
  Secret ticketKeys;
  /** Of a datagram's payload, in bytes. */
  uint32_t mtu = 1232;
  /** RFC 6347 §4.2.4.1: the first wait for an answer; it doubles, up to 60 times that. */
  uint32_t firstTimeoutMs = 1000;
};

}  // namespace dtls
