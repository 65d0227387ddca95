/** The keys of both directions, out of what OpenSSL tells of a handshake: RFC 5246 §6.3. */
import type { KeySource, NativeDtls } from "../native.ts";
import { type PrfHash, prf } from "./prf.ts";
import { type Aead, RecordProtection, SALT_LENGTH } from "./record-protection.ts";

export interface RecordKeys {
  readonly client: RecordProtection;
  readonly server: RecordProtection;
}

interface SuiteCiphers {
  readonly aead: Aead;
  readonly hash: PrfHash;
}

const AES_128_CCM_8: SuiteCiphers = { aead: { cipher: "aes-128-ccm", keyLength: 16, tagLength: 8 }, hash: "sha256" };
const AES_256_CCM_8: SuiteCiphers = { aead: { cipher: "aes-256-ccm", keyLength: 32, tagLength: 8 }, hash: "sha256" };
const AES_128_GCM: SuiteCiphers = { aead: { cipher: "aes-128-gcm", keyLength: 16, tagLength: 16 }, hash: "sha256" };
const AES_256_GCM: SuiteCiphers = { aead: { cipher: "aes-256-gcm", keyLength: 32, tagLength: 16 }, hash: "sha384" };

/** By IANA's numbers: all of ../suites.ts that are AEAD. */
const CIPHERS: ReadonlyMap<number, SuiteCiphers> = new Map([
  [0xc0a8, AES_128_CCM_8],
  [0x00a8, AES_128_GCM],
  [0xc0a9, AES_256_CCM_8],
  [0x00a9, AES_256_GCM],
  [0xc0ae, AES_128_CCM_8],
  [0xc02b, AES_128_GCM],
]);

const LABEL = Buffer.from("key expansion");

/** Throws an Error where the suite is none with AEAD: it was not offered together with Connection IDs. */
export function recordKeys(native: NativeDtls, source: KeySource): RecordKeys {
  const { suite, masterSecret, clientRandom, serverRandom } = source;
  const ciphers = CIPHERS.get(suite);
  if (ciphers === undefined) throw new Error(`no keys are made for records of suite 0x${suite.toString(16)}`);
  const { aead, hash } = ciphers;
  const { keyLength } = aead;
  const seed = Buffer.concat([LABEL, serverRandom, clientRandom]);
  // With AEAD there are no keys for a MAC before these (RFC 5246 §6.3).
  const block = prf(hash, masterSecret, seed, 2 * (keyLength + SALT_LENGTH));
  const part = (at: number, length: number): Uint8Array => block.subarray(at, at + length);
  const salts = 2 * keyLength;
  const client = { key: part(0, keyLength), salt: part(salts, SALT_LENGTH) };
  const server = { key: part(keyLength, keyLength), salt: part(salts + SALT_LENGTH, SALT_LENGTH) };
  const keys = {
    client: new RecordProtection(native.Aead, aead, client),
    server: new RecordProtection(native.Aead, aead, server),
  };
  block.fill(0);
  return keys;
}
