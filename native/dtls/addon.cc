/**
 * The addon: `new Association(settings)`, whose methods return what is to be done now; src/dtls/native.ts has the types. The
 * other class, `Aead`, is in aead-class.cc.
 * JavaScript brings datagrams and deadlines, and has the sentences.
 */
#include <algorithm>

#include "aead-class.h"
#include "association.h"
#include "napi.h"

namespace dtls {
namespace {

Expectation readExpectation(const Reader& from) {
  Expectation expected;
  uint32_t usage = expected.usage;
  uint32_t matching = expected.matching;
  from.read("usage", usage);
  from.read("matching", matching);
  from.read("keyOnly", expected.keyOnly);
  from.read("data", expected.data);
  expected.usage = static_cast<uint8_t>(std::min(usage, 255u));
  expected.matching = static_cast<uint8_t>(std::min(matching, 255u));
  return expected;
}

Settings readSettings(napi_env env, const Reader& from) {
  Settings settings;
  from.read("server", settings.server);
  from.read("suites", settings.suites);
  from.read("shortTags", settings.shortTags);
  from.read("pskIdentity", settings.pskIdentity);
  from.read("pskKey", settings.pskKey);
  from.read("privateKey", settings.privateKey);
  from.read("certificates", settings.certificates);
  from.read("rawPublicKeys", settings.rawPublicKeys);
  from.each("expectations",
            [&](napi_value item) { settings.expectations.push_back(readExpectation(Reader(env, item))); });
  from.read("anchors", settings.anchors);
  from.read("sentName", settings.sentName);
  from.read("expectedName", settings.expectedName);
  if (from.has("time")) from.read("time", settings.time.emplace());
  if (from.has("connectionId")) from.read("connectionId", settings.connectionId.emplace());
  from.read("session", settings.session);
  from.read("ticketKeys", settings.ticketKeys);
  from.read("mtu", settings.mtu);
  from.read("firstTimeout", settings.firstTimeoutMs);
  return settings;
}

const char* nameOf(State state) {
  switch (state) {
    case State::handshaking:
      return "handshaking";
    case State::connected:
      return "connected";
    case State::closed:
      return "closed";
    case State::failed:
      return "failed";
  }
  return "failed";
}

napi_value fromFailure(napi_env env, const Failure& failure) {
  napi_value object;
  check(napi_create_object(env, &object));
  if (failure.receivedAlert >= 0) set(env, object, "receivedAlert", fromNumber(env, failure.receivedAlert));
  if (failure.sentAlert >= 0) set(env, object, "sentAlert", fromNumber(env, failure.sentAlert));
  set(env, object, "verification", fromNumber(env, static_cast<double>(failure.verification)));
  const char* words = X509_verify_cert_error_string(failure.verification);
  set(env, object, "verificationReason", fromText(env, words == nullptr ? "" : words));
  set(env, object, "reason", fromText(env, failure.reason));
  return object;
}

/** What is to be done now, and how it stands. */
napi_value fromStep(napi_env env, Association& association) {
  napi_value step;
  check(napi_create_object(env, &step));
  set(env, step, "datagrams", fromList(env, association.takeDatagrams()));
  set(env, step, "data", fromList(env, association.takeData()));
  set(env, step, "state", fromText(env, nameOf(association.state())));
  const int64_t wait = association.untilTimeout();
  if (wait >= 0) set(env, step, "timeout", fromNumber(env, static_cast<double>(wait)));
  if (association.state() == State::failed) set(env, step, "failure", fromFailure(env, association.failure()));
  return step;
}

napi_value fromAgreement(napi_env env, const Agreement& agreed) {
  napi_value object;
  check(napi_create_object(env, &object));
  set(env, object, "suite", fromNumber(env, agreed.suite));
  set(env, object, "resumed", fromFlag(env, agreed.resumed));
  set(env, object, "extendedMasterSecret", fromFlag(env, agreed.extendedMasterSecret));
  set(env, object, "connectionId", fromFlag(env, agreed.connectionId));
  set(env, object, "maxPayload", fromNumber(env, static_cast<double>(agreed.maxPayload)));
  if (!agreed.peerCertificate.empty()) set(env, object, "peerCertificate", fromBytes(env, agreed.peerCertificate));
  return object;
}

napi_value fromKeySource(napi_env env, const KeySource& source) {
  napi_value object;
  check(napi_create_object(env, &object));
  set(env, object, "suite", fromNumber(env, source.suite));
  set(env, object, "masterSecret", fromBytes(env, source.masterSecret));
  set(env, object, "clientRandom", fromBytes(env, source.clientRandom));
  set(env, object, "serverRandom", fromBytes(env, source.serverRandom));
  if (source.peerConnectionId.has_value()) set(env, object, "peerConnectionId", fromBytes(env, *source.peerConnectionId));
  return object;
}

/** A call from JavaScript: on which association, and with which argument. */
struct Call {
  napi_env env;
  napi_value self = nullptr;
  napi_value argument = nullptr;

  Call(napi_env env, napi_callback_info info) : env(env) {
    size_t count = 1;
    check(napi_get_cb_info(env, info, &count, &argument, &self, nullptr));
  }

  Association& association() const {
    void* wrapped = nullptr;
    if (napi_unwrap(env, self, &wrapped) != napi_ok) throw Refusal("the association was disposed of");
    return *static_cast<Association*>(wrapped);
  }
};

void destroy(napi_env, void* association, void*) { delete static_cast<Association*>(association); }

napi_value construct(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const Call call(env, info);
    auto association = std::make_unique<Association>(readSettings(env, Reader(env, call.argument)));
    check(napi_wrap(env, call.self, association.get(), destroy, nullptr, nullptr));
    association.release();
    return call.self;
  });
}

/** A method that does something, and tells what follows from it. */
template <void (*Do)(Association&, const Call&)>
napi_value stepping(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const Call call(env, info);
    Do(call.association(), call);
    return fromStep(env, call.association());
  });
}

void start(Association& association, const Call&) { association.start(); }
void timeout(Association& association, const Call&) { association.timeout(); }
void close(Association& association, const Call&) { association.close(); }
void receive(Association& association, const Call& call) {
  const View view = viewOf(call.env, call.argument);
  association.receive(Bytes(view.data, view.data + view.size));
}
void send(Association& association, const Call& call) {
  const View view = viewOf(call.env, call.argument);
  association.send(view.data, view.size);
}

/** A method that tells something. */
template <napi_value (*Tell)(napi_env, const Association&)>
napi_value telling(napi_env env, napi_callback_info info) {
  return guarded(env, [&] { return Tell(env, Call(env, info).association()); });
}

napi_value agreement(napi_env env, const Association& association) {
  return fromAgreement(env, association.agreement());
}
napi_value keySource(napi_env env, const Association& association) {
  const std::optional<KeySource> source = association.keySource();
  return source.has_value() ? fromKeySource(env, *source) : nullptr;
}
napi_value exportSession(napi_env env, const Association& association) {
  return fromBytes(env, association.exportSession());
}
napi_value hasFinished(napi_env env, const Association& association) {
  return fromFlag(env, association.hasFinished());
}

/** Its keys are wiped now, not when the garbage is collected. */
napi_value dispose(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    void* association = nullptr;
    if (napi_remove_wrap(env, Call(env, info).self, &association) == napi_ok) destroy(env, association, nullptr);
    return nullptr;
  });
}

napi_value classAssociation(napi_env env) {
  const napi_property_descriptor methods[] = {
      method("start", stepping<start>),
      method("receive", stepping<receive>),
      method("timeout", stepping<timeout>),
      method("send", stepping<send>),
      method("close", stepping<close>),
      method("agreement", telling<agreement>),
      method("keySource", telling<keySource>),
      method("exportSession", telling<exportSession>),
      method("hasFinished", telling<hasFinished>),
      method("dispose", dispose),
  };
  napi_value constructor;
  check(napi_define_class(env, "Association", NAPI_AUTO_LENGTH, construct, nullptr, std::size(methods), methods,
                          &constructor));
  return constructor;
}

napi_value initialize(napi_env env, napi_value exports) {
  return guarded(env, [&] {
    set(env, exports, "version", fromText(env, OpenSSL_version(OPENSSL_VERSION)));
    set(env, exports, "rawPublicKeys", fromFlag(env, knowsRawPublicKeys()));
    set(env, exports, "Association", classAssociation(env));
    set(env, exports, "Aead", classAead(env));
    return exports;
  });
}

}  // namespace
}  // namespace dtls

NAPI_MODULE_INIT() { return dtls::initialize(env, exports); }
