/** Why there is no connection to a broker, in words for whoever must mend it. */
import { DeviceError, reasonOf } from "../../../src/adapter.ts";
import type { BrokerAddress } from "../options.ts";

/** Of Node and OpenSSL. The system's own words are for the others. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused: no broker listens there",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the name of the host cannot be looked up now",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "no answer",
  EPIPE: "the broker closed the connection",
  SELF_SIGNED_CERT_IN_CHAIN: "the broker's certificate is of a CA that is not trusted: give its file as ca",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the broker's certificate is signed by itself: give its file as ca to trust it",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the broker's certificate is of a CA that is not trusted: give its file as ca",
  UNABLE_TO_GET_ISSUER_CERT: "the broker's certificate is of a CA that is not trusted: give its file as ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the broker's certificate is of a CA that is not trusted: give its file as ca",
  CERT_SIGNATURE_FAILURE: "the broker's certificate is not of the CA that is given as ca",
  CERT_HAS_EXPIRED: "the broker's certificate has expired",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet: is the gateway's clock right?",
  CERT_REVOKED: "the broker's certificate is revoked",
  ERR_SSL_WRONG_VERSION_NUMBER: "there is no TLS: is it the broker's port for mqtt://?",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "there is no TLS: is it the broker's port for mqtt://?",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "the broker wants a client certificate: give certificate and key",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "the broker refused the handshake: it may want a client certificate",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "the broker does not trust the CA of our certificate",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "the broker does not accept our certificate",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "our certificate has expired",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "the broker does not accept our certificate",
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: "the broker does not accept our certificate",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "the broker wants another version of TLS",
};

/** CONNACK: MQTT 3.1.1 §3.2.2.3, MQTT 5.0 §3.2.2.2; DISCONNECT: §3.14.2.1; SUBACK, PUBACK: §3.9.3, §3.4.2.1. */
const CODES: Readonly<Record<number, string>> = {
  1: "the broker does not speak MQTT 3.1.1: try version: 5",
  2: "the broker does not take this client_id",
  3: "the broker is not available",
  4: "bad user name or password",
  5: "not authorized",
  128: "refused",
  132: "the broker does not speak MQTT 5: leave out version: 5",
  133: "the broker does not take this client_id",
  134: "bad user name or password",
  135: "not authorized",
  136: "the broker is not available",
  137: "the broker is busy",
  138: "the broker has banned this client",
  139: "the broker is shutting down",
  141: "the broker heard nothing for too long",
  142: "another client has come with the same client_id",
  143: "the broker does not allow this filter",
  144: "the broker does not allow this topic",
  147: "too many messages at once",
  149: "the packet is too large for the broker",
  150: "too many messages for the broker",
  151: "a quota of the broker is used up",
  152: "an administrator of the broker has ended it",
  153: "the broker does not take this payload",
  154: "the broker keeps no retained messages",
  155: "the broker does not offer this quality of service",
  156: "the broker sends us to another server",
  157: "the broker has moved",
  158: "the broker has no shared subscriptions",
  159: "connected too often",
  160: "the longest time of a connection is over",
  162: "the broker has no subscriptions with wildcards",
};

/** What a code of an answer of the broker means. */
export function codeWords(code: number): string {
  return CODES[code] ?? `refused with code ${code}`;
}

/** DeviceError `unreachable` with the reason in words. `greeted`: the broker had answered on this connection. */
export function unreachable(error: unknown, { secure }: BrokerAddress, greeted: boolean): DeviceError {
  return new DeviceError("unreachable", wordsFor(error, secure, greeted), { cause: error });
}

/** The connection ended without a word. */
export function closedWords(secure: boolean, greeted: boolean): string {
  if (greeted) return "the broker closed the connection";
  const hint = secure ? "it may want a client certificate, or not accept ours" : "is it its port for TLS (mqtts://)?";
  return `the broker closed the connection before it answered: ${hint}`;
}

function wordsFor(error: unknown, secure: boolean, greeted: boolean): string {
  // A name with several addresses fails with one error that holds the others.
  if (error instanceof AggregateError) {
    return [...new Set(error.errors.map((one) => wordsFor(one, secure, greeted)))].join("; ");
  }
  const code = codeOf(error);
  if (typeof code === "number") return codeWords(code);
  if (code === "ECONNRESET") return closedWords(secure, greeted);
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `the broker's certificate has another name: ${reasonOf(error)}`;
  return (code === undefined || !Object.hasOwn(WORDS, code) ? undefined : WORDS[code]) ?? reasonOf(error);
}

function codeOf(error: unknown): string | number | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" || typeof error.code === "number" ? error.code : undefined;
}
