/** The pseudorandom function of TLS 1.2 (RFC 5246 §5), by which DTLS 1.2 makes its keys. */
import { createHmac } from "node:crypto";

/** Of the PRF, by the suite: RFC 5246 §5, RFC 5487 §2. */
export type PrfHash = "sha256" | "sha384";

/** `seed`: the label in ASCII, and what follows it. */
export function prf(hash: PrfHash, secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const hmac = (...data: readonly Uint8Array[]): Uint8Array => {
    const made = createHmac(hash, secret);
    for (const part of data) made.update(part);
    return made.digest();
  };
  const output = new Uint8Array(length);
  let a = seed;
  for (let at = 0; at < length; ) {
    a = hmac(a);
    const part = hmac(a, seed).subarray(0, length - at);
    output.set(part, at);
    at += part.length;
  }
  return output;
}
