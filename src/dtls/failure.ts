/** Why there is no association, for whoever must act: alerts (RFC 5246 §7.2, RFC 4279 §2), checks of certificates, silence. */
import type { UnixMillis } from "../clock.ts";
import type { Credentials } from "./credentials.ts";
import type { NativeFailure } from "./native.ts";

export interface DtlsFailure {
  /** A sentence without its full stop. */
  readonly message: string;
  /** What the server told us, by its number in RFC 5246 §7.2. */
  readonly alert?: number;
  /** Whether the same again would fail the same: LwM2M's transport binding §5.2.10. Somebody must act. */
  readonly final: boolean;
}

/** What is known where it failed. */
export interface Circumstances {
  readonly credentials: Credentials;
  /** The name or address that the certificate must have. */
  readonly expectedName: string | undefined;
  /** By which the dates of certificates were judged; undefined: they were not. */
  readonly time: UnixMillis | undefined;
  /** Where they were not: it is not earlier. */
  readonly earliest?: UnixMillis | undefined;
}

/** LwM2M's transport binding §5.2.10: "Fail". The rest may be better next time. */
const FINAL: ReadonlySet<number> = new Set([42, 43, 44, 45, 46, 48, 49, 112, 113, 114, 115]);

/** RFC 5246 §7.2.1: with close_notify the server ends an association in order. */
export const CLOSE_NOTIFY = 0;

const X509_V_OK = 0;

export function explainFailure(failure: NativeFailure, circumstances: Circumstances): DtlsFailure {
  const { receivedAlert, sentAlert, verification } = failure;
  const alert = receivedAlert ?? sentAlert;
  const final = verification !== X509_V_OK || (alert !== undefined && FINAL.has(alert));
  const told = receivedAlert === undefined ? {} : { alert: receivedAlert };
  return { message: message(failure, circumstances), ...told, final };
}

/** What a handshake that found no end has shown so far. */
export interface Silence {
  readonly answered: boolean;
  readonly finished: boolean;
}

export function explainSilence({ answered, finished }: Silence, { credentials }: Circumstances): DtlsFailure {
  return { message: silence(), final: false };

  function silence(): string {
    if (!answered) return "no answer: is the server there, and is this its port for DTLS?";
    // RFC 6347 §4.1.2.7: what cannot be deciphered is dropped without a word.
    if (finished && credentials.mode === "psk")
      return "the server fell silent where encryption begins: our PSK is not the one that it has for our identity";
    return "the handshake did not come to its end: too much was lost on the way";
  }
}

/** `earliest`: nobody knows what time it is, but it is past this. */
export function explainExpiry(earliest: UnixMillis): DtlsFailure {
  return { message: `the server's certificate has expired; it is ${minuteOf(earliest)} UTC at least`, final: true };
}

function minuteOf(time: UnixMillis): string {
  return new Date(time).toISOString().slice(0, 16);
}

function message(failure: NativeFailure, circumstances: Circumstances): string {
  if (failure.verification !== X509_V_OK) return badCertificate(failure, circumstances);
  if (failure.receivedAlert !== undefined) return refused(failure.receivedAlert, circumstances);
  if (failure.sentAlert === NO_RENEGOTIATION)
    return "the server wanted another handshake in the midst of one association";
  return `the server does not keep to DTLS 1.2: ${failure.reason === "" ? "no reason is known" : failure.reason}`;
}

const NO_RENEGOTIATION = 100;

/** By the numbers of OpenSSL's x509_vfy.h. */
function badCertificate({ verification, verificationReason }: NativeFailure, circumstances: Circumstances): string {
  const { time, expectedName, credentials } = circumstances;
  const today = time === undefined ? "" : `; by our clock it is ${minuteOf(time)} UTC`;
  switch (verification) {
    case 9:
      return `the server's certificate is not valid yet${today}`;
    case 10:
      return `the server's certificate has expired${today}`;
    case 18:
    case 19:
    case 20:
    case 21:
      return "the server's certificate does not come from a CA that we trust";
    case 23:
      return "the server's certificate was revoked";
    case 62:
    case 64:
      return `the server's certificate is not for ${expectedName ?? "that server"}`;
    case 65:
      return credentials.mode === "rpk"
        ? "the server has another public key than the one that is configured"
        : "neither the server's certificate nor a CA of it is the one that is configured";
    default:
      return `the server's certificate cannot be trusted: ${verificationReason}`;
  }
}

function refused(alert: number, { credentials }: Circumstances): string {
  const known = credentials.mode === "psk" ? ofPsk(alert) : ofCertificate(alert);
  return known ?? OTHER_ALERTS.get(alert) ?? `the server refuses, with alert ${alert}`;
}

/** The identity is not said: sentences reach logs. */
function ofPsk(alert: number): string | undefined {
  switch (alert) {
    case 115:
      return "the server does not know our PSK identity";
    case 20:
    case 51:
      return "our PSK is not the one that the server has for our identity";
    default:
      return undefined;
  }
}

function ofCertificate(alert: number): string | undefined {
  switch (alert) {
    case 42:
    case 43:
    case 46:
      return `the server does not take our certificate or public key (alert ${alert})`;
    case 44:
      return "our certificate was revoked, says the server";
    case 45:
      return "our certificate has expired, says the server";
    case 48:
      return "the server does not know the CA of our certificate";
    case 51:
      return "the server could not verify our signature: does the private key belong to the certificate?";
    default:
      return undefined;
  }
}

const OTHER_ALERTS: ReadonlyMap<number, string> = new Map([
  [0, "the server ended the association"],
  [
    40,
    "the server takes nothing of what we offer: suites, a PSK where it wants a certificate or the other way, or a certificate that is missing (alert 40)",
  ],
  [47, "the server finds our handshake illegal (alert 47)"],
  [49, "the server denies us access (alert 49)"],
  [70, "the server does not speak DTLS 1.2 (alert 70)"],
  [71, "the server wants stronger cipher suites than we offer (alert 71)"],
  [80, "the server has an internal error (alert 80)"],
  [112, "the server does not know the name that we sent (SNI)"],
]);
