#include "association.h"

#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "context.h"

namespace dtls {
namespace {

constexpr size_t kLongestRecord = SSL3_RT_MAX_PLAIN_LENGTH;
constexpr unsigned kLongestTimeouts = 60;
constexpr const char* kNothingAgreed = "nothing was agreed on yet";

Association& associationOf(const SSL* ssl) { return *static_cast<Association*>(SSL_get_app_data(ssl)); }

/**
 * An encrypted record without content, by its suite: an explicit nonce and a tag (RFC 5288 §3, RFC 6655 §3), or an initial
 * vector, a MAC and padding (RFC 5246 §6.2.3.2).
 */
size_t shortestRecord(const SSL* ssl) {
  const SSL_CIPHER* suite = SSL_get_current_cipher(ssl);
  if (suite == nullptr) return 8 + 8;
  if (SSL_CIPHER_is_aead(suite) == 0) return 16 + 32 + 16;
  const bool shortTag = std::strstr(SSL_CIPHER_get_name(suite), "CCM8") != nullptr;
  return 8 + (shortTag ? 8 : 16);
}

/** 0 says to OpenSSL that there is no key. */
unsigned copyKey(const Secret& key, unsigned char* to, unsigned size) {
  if (key.size() > size) return 0;
  std::memcpy(to, key.data(), key.size());
  return static_cast<unsigned>(key.size());
}

}  // namespace

Association::Association(Settings settings) : settings_(std::move(settings)) {
  const ErrorQueue errors;
  context_ = makeContext(settings_);
  setCallbacks(context_.get());
  if (settings_.connectionId.has_value()) {
    connectionIds_ = {*settings_.connectionId, std::nullopt, static_cast<long>(settings_.mtu)};
    useConnectionIds(context_.get(), connectionIds_);
  }
  ssl_.reset(SSL_new(context_.get()));
  require(ssl_ != nullptr, "no memory");
  SSL_set_app_data(ssl_.get(), this);
  BIO* bio = newDatagramBio(datagrams_);
  SSL_set_bio(ssl_.get(), bio, bio);
  DTLS_set_timer_cb(ssl_.get(), timerOf);
  prepare(ssl_.get(), settings_);
  if (settings_.server) SSL_set_accept_state(ssl_.get());
  else SSL_set_connect_state(ssl_.get());
}

void Association::start() { pump(); }

void Association::receive(Bytes datagram) {
  datagram = withoutInvalid(std::move(datagram), shortestRecord(ssl_.get()));
  // To a BIO an empty datagram is the end of the file.
  if (datagram.empty()) return;
  datagrams_.in.push_back(std::move(datagram));
  pump();
}

void Association::timeout() {
  const ErrorQueue errors;
  if (state_ == State::handshaking && DTLSv1_handle_timeout(ssl_.get()) < 0) end(SSL_ERROR_SSL);
  pump();
}

void Association::send(const uint8_t* data, size_t size) {
  const ErrorQueue errors;
  if (state_ != State::connected) throw Refusal("there is no association");
  if (size > longestData()) throw Refusal("a record holds " + std::to_string(longestData()) + " bytes at most");
  if (size == 0) return;
  const int written = SSL_write(ssl_.get(), data, static_cast<int>(size));
  if (written <= 0) end(SSL_get_error(ssl_.get(), written));
}

void Association::close() {
  const ErrorQueue errors;
  if (state_ == State::connected) SSL_shutdown(ssl_.get());
  if (state_ != State::failed) state_ = State::closed;
}

int64_t Association::untilTimeout() const {
  timeval left = {};
  if (state_ != State::handshaking || DTLSv1_get_timeout(ssl_.get(), &left) != 1) return -1;
  // Up: a timer that rings early rings twice.
  return static_cast<int64_t>(left.tv_sec) * 1000 + (left.tv_usec + 999) / 1000;
}

/** Not by the state of its machine: OpenSSL numbers those states otherwise in 3.0 than in 3.5. */
bool Association::hasFinished() const {
  uint8_t first;
  return SSL_get_finished(ssl_.get(), &first, sizeof first) > 0;
}

std::vector<Bytes> Association::takeDatagrams() { return std::exchange(datagrams_.out, {}); }

std::vector<Bytes> Association::takeData() { return std::exchange(data_, {}); }

Agreement Association::agreement() const {
  SSL* ssl = ssl_.get();
  const SSL_CIPHER* suite = SSL_get_current_cipher(ssl);
  if (suite == nullptr) throw Refusal(kNothingAgreed);
  Agreement agreed{};
  agreed.suite = SSL_CIPHER_get_protocol_id(suite);
  agreed.resumed = SSL_session_reused(ssl) == 1;
  agreed.extendedMasterSecret = SSL_get_extms_support(ssl) == 1;
  agreed.connectionId = connectionIds_.theirs.has_value() && !connectionIds_.theirs->empty();
  agreed.maxPayload = DTLS_get_data_mtu(ssl);
  if (X509* certificate = SSL_get0_peer_certificate(ssl)) {
    agreed.peerCertificate.resize(static_cast<size_t>(i2d_X509(certificate, nullptr)));
    uint8_t* at = agreed.peerCertificate.data();
    i2d_X509(certificate, &at);
  }
  return agreed;
}

Secret Association::exportSession() const {
  SSL_SESSION* session = SSL_get0_session(ssl_.get());
  if (session == nullptr || SSL_SESSION_is_resumable(session) != 1) return {};
  const Bytes room(static_cast<size_t>(i2d_SSL_SESSION(session, nullptr)));
  Secret exported(room.data(), room.size());
  uint8_t* at = exported.data();
  i2d_SSL_SESSION(session, &at);
  return exported;
}

std::optional<KeySource> Association::keySource() const {
  const SSL_SESSION* session = SSL_get0_session(ssl_.get());
  const SSL_CIPHER* suite = SSL_get_current_cipher(ssl_.get());
  if (session == nullptr || suite == nullptr) return std::nullopt;
  uint8_t master[SSL_MAX_MASTER_KEY_LENGTH];
  const size_t size = SSL_SESSION_get_master_key(session, master, sizeof master);
  if (size == 0) return std::nullopt;
  KeySource source{SSL_CIPHER_get_protocol_id(suite), Secret(master, size), Bytes(SSL3_RANDOM_SIZE),
                   Bytes(SSL3_RANDOM_SIZE), connectionIds_.theirs};
  OPENSSL_cleanse(master, sizeof master);
  SSL_get_client_random(ssl_.get(), source.clientRandom.data(), source.clientRandom.size());
  SSL_get_server_random(ssl_.get(), source.serverRandom.data(), source.serverRandom.size());
  return source;
}

/** With a CID the type of the content lies behind it, and counts (RFC 9146 §5). */
size_t Association::longestData() const {
  const auto& theirs = connectionIds_.theirs;
  return theirs.has_value() && !theirs->empty() ? kLongestRecord - 1 : kLongestRecord;
}

/** SSL_read drives the handshake too. It wants more only when every datagram is read. */
void Association::pump() {
  const ErrorQueue errors;
  uint8_t record[kLongestRecord];
  while (state_ == State::handshaking || state_ == State::connected) {
    const int count = SSL_read(ssl_.get(), record, sizeof record);
    if (state_ == State::handshaking && SSL_is_init_finished(ssl_.get())) state_ = State::connected;
    if (count > 0) {
      data_.emplace_back(record, record + count);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), count);
    if (error != SSL_ERROR_WANT_READ) end(error);
    else if (datagrams_.in.empty()) return;
  }
}

void Association::end(int error) {
  if (error == SSL_ERROR_ZERO_RETURN) {
    // RFC 5246 §7.2.1: a close_notify is answered by one.
    SSL_shutdown(ssl_.get());
    state_ = State::closed;
    return;
  }
  failure_.verification = SSL_get_verify_result(ssl_.get());
  failure_.reason = ErrorQueue::reason();
  state_ = State::failed;
}

void Association::onAlert(int where, int value) {
  const int description = value & 0xff;
  if (description == SSL_AD_CLOSE_NOTIFY) return;
  if ((where & SSL_CB_READ) != 0) failure_.receivedAlert = description;
  else failure_.sentAlert = description;
}

void Association::setCallbacks(SSL_CTX* context) {
  SSL_CTX_set_info_callback(context, infoOf);
  if (settings_.pskKey.empty()) return;
  if (settings_.server) SSL_CTX_set_psk_server_callback(context, pskOfServer);
  else SSL_CTX_set_psk_client_callback(context, pskOfClient);
}

unsigned Association::pskOfClient(SSL* ssl, const char*, char* identity, unsigned idSize, unsigned char* key,
                                  unsigned size) {
  const Settings& settings = associationOf(ssl).settings_;
  if (settings.pskIdentity.size() + 1 > idSize) return 0;
  std::memcpy(identity, settings.pskIdentity.c_str(), settings.pskIdentity.size() + 1);
  return copyKey(settings.pskKey, key, size);
}

unsigned Association::pskOfServer(SSL* ssl, const char* identity, unsigned char* key, unsigned size) {
  const Settings& settings = associationOf(ssl).settings_;
  if (identity == nullptr || settings.pskIdentity != identity) return 0;
  return copyKey(settings.pskKey, key, size);
}

/** RFC 6347 §4.2.4.1: twice as long each time. 0 asks for the first. */
unsigned Association::timerOf(SSL* ssl, unsigned microseconds) {
  const unsigned first = associationOf(ssl).settings_.firstTimeoutMs * 1000;
  return microseconds == 0 ? first : std::min(microseconds * 2, first * kLongestTimeouts);
}

void Association::infoOf(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_ALERT) != 0) associationOf(ssl).onAlert(where, value);
}

}  // namespace dtls
