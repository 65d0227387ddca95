/** What is wrong with certificates before anybody sees them: the wrong key, a chain that leads nowhere, dates. */
import type { X509Certificate } from "node:crypto";
import { HOUR, type Millis, type UnixMillis } from "../clock.ts";
import type { PrivateKey } from "./key-files.ts";

const DAY: Millis = 24 * HOUR;
/** Time enough to have a new one made and brought. */
const SOON: Millis = 30 * DAY;

/**
 * Why these cannot be shown as ours, as a sentence; undefined: they can. RFC 5246 §7.4.2: ours first, each of the others has
 * issued the one before it.
 */
export function chainFault(chain: readonly X509Certificate[], { key }: PrivateKey): string | undefined {
  const [own, ...issuers] = chain;
  if (own === undefined) return "there is no certificate";
  if (!own.checkPrivateKey(key)) {
    const at = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
    return at === -1
      ? `the certificate of ${nameOf(own)} does not belong to the private key`
      : `the certificate of ${nameOf(own)} stands before ours, that of the private key (number ${at + 1}): ours comes first`;
  }
  let before = own;
  for (const issuer of issuers) {
    if (!before.checkIssued(issuer)) {
      return `${nameOf(issuer)} has not issued ${nameOf(before)}; expected ours first, then each its issuer`;
    }
    before = issuer;
  }
  return undefined;
}

/** How a certificate stands at a time. */
export interface Validity {
  readonly state: "early" | "valid" | "ending" | "expired";
  /** Full days until it ends; below zero: since. */
  readonly days: number;
  /** Its dates. */
  readonly from: UnixMillis;
  readonly until: UnixMillis;
}

export function validityOf({ validFromDate, validToDate }: X509Certificate, now: UnixMillis): Validity {
  const [from, until] = [validFromDate.getTime(), validToDate.getTime()];
  const days = Math.floor((until - now) / DAY);
  return { state: stateAt(now), days, from, until };

  function stateAt(time: UnixMillis): Validity["state"] {
    if (time > until) return "expired";
    if (time < from) return "early";
    return until - time < SOON ? "ending" : "valid";
  }
}

/** A sentence for whoever must get a new one; undefined: there is time. */
export function dateFault(certificate: X509Certificate, now: UnixMillis): string | undefined {
  const { state, days, from, until } = validityOf(certificate, now);
  const whose = `the certificate of ${nameOf(certificate)}`;
  switch (state) {
    case "valid":
      return undefined;
    case "early":
      return `${whose} is not valid before ${dayOf(from)}`;
    case "ending":
      return `${whose} ends in ${days === 1 ? "1 day" : `${days} days`}, on ${dayOf(until)}`;
    case "expired":
      return `${whose} has expired on ${dayOf(until)}`;
  }
}

/** "2026-11-22", in UTC. */
export function dayOf(time: UnixMillis): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Its subject on one line: "CN=gateway-1, O=Acme"; where it has none, its alternative names. */
export function nameOf({ subject, subjectAltName, serialNumber }: X509Certificate): string {
  return oneLine(subject) || (subjectAltName ?? `serial number ${serialNumber}`);
}

/** Node gives a line to each part of a name; a name with nothing in it is undefined, whatever its type says. */
export function oneLine(name: string | undefined): string {
  return (name ?? "").split("\n").join(", ");
}
