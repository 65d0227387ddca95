/** One association: a handshake, what follows it, and its end. No socket, no timer: both are JavaScript's. */
#pragma once

#include "connection-id.h"
#include "datagrams.h"
#include "settings.h"

namespace dtls {

enum class State { handshaking, connected, closed, failed };

/** Why a handshake or an association failed; JavaScript makes a sentence of it. */
struct Failure {
  /** RFC 5246 §7.2: what the other side told us, and what we told it; -1: nothing. */
  int receivedAlert = -1;
  int sentAlert = -1;
  /** X509_V_OK, or what was wrong with its certificate: openssl/x509_vfy.h. */
  long verification = X509_V_OK;
  /** In OpenSSL's words. */
  std::string reason;
};

/** What both sides agreed on. */
struct Agreement {
  uint16_t suite;
  bool resumed;
  bool extendedMasterSecret;
  /** Whether the other side gave us one: RFC 9146. */
  bool connectionId;
  /** The longest application data of one datagram. */
  size_t maxPayload;
  /** DER; empty where there is none. */
  Bytes peerCertificate;
};

/** What the records are protected with: from this their keys are made (RFC 5246 §6.3), and the CID they have (RFC 9146 §3). */
struct KeySource {
  uint16_t suite;
  Secret masterSecret;
  Bytes clientRandom;
  Bytes serverRandom;
  /** Absent: the other side did not answer the extension. */
  std::optional<Bytes> peerConnectionId;
};

class Association {
 public:
  explicit Association(Settings settings);
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  /** The client's first flight; a server waits. */
  void start();
  /** Takes a datagram, whatever it holds. */
  void receive(Bytes datagram);
  /** Sends the last flight again, if it is time for that. */
  void timeout();
  /** Throws Refusal where nothing can be sent: not connected, or too long for a record. */
  void send(const uint8_t* data, size_t size);
  /** close_notify. */
  void close();

  State state() const { return state_; }
  const Failure& failure() const { return failure_; }
  /** Milliseconds until timeout(); -1: nothing is waited for. */
  int64_t untilTimeout() const;
  /** Whether our last flight of the handshake is out: what still may go wrong is the key. */
  bool hasFinished() const;
  /** What is to leave, and what has come, since the last time. */
  std::vector<Bytes> takeDatagrams();
  std::vector<Bytes> takeData();

  /** Once connected, and after that. Throws Refusal before. */
  Agreement agreement() const;
  /** For a later handshake that is shorter; it holds the master secret. Empty: there is none. */
  Secret exportSession() const;
  /** From the first record on that is encrypted; absent before. */
  std::optional<KeySource> keySource() const;

 private:
  void pump();
  size_t longestData() const;
  void end(int error);
  void onAlert(int where, int value);
  void setCallbacks(SSL_CTX* context);

  static unsigned pskOfClient(SSL*, const char* hint, char* identity, unsigned idSize, unsigned char* key, unsigned size);
  static unsigned pskOfServer(SSL*, const char* identity, unsigned char* key, unsigned size);
  static unsigned timerOf(SSL*, unsigned microseconds);
  static void infoOf(const SSL*, int where, int value);

  Settings settings_;
  Datagrams datagrams_;
  std::vector<Bytes> data_;
  State state_ = State::handshaking;
  Failure failure_;
  ConnectionIds connectionIds_;
  Owned<SSL_CTX> context_;
  // Below what it uses: it goes first.
  Owned<SSL> ssl_;
};

}  // namespace dtls
