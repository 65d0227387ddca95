/** The keys of both directions, out of what OpenSSL tells of a handshake: RFC 5246 §6.3. */
import type { KeySource } from "../native.ts";
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
export function recordKeys({ suite, masterSecret, clientRandom, serverRandom }: KeySource): RecordKeys {
  const ciphers = CIPHERS.get(suite);
  if (ciphers === undefined) throw new Error(`no keys are made for records of suite 0x${suite.toString(16)}`);
  const { aead, hash } = ciphers;
  const { keyLength } = aead;
  const seed = Buffer.concat([LABEL, serverRandom, clientRandom]);
  // With AEAD there are no keys for a MAC before these (RFC 5246 §6.3).
  const block = prf(hash, masterSecret, seed, 2 * (keyLength + SALT_LENGTH));
  const salts = block.subarray(2 * keyLength);
  const keys = {
    client: new RecordProtection(aead, block.subarray(0, keyLength), salts.subarray(0, SALT_LENGTH)),
    server: new RecordProtection(aead, block.subarray(keyLength, 2 * keyLength), salts.subarray(SALT_LENGTH)),
  };
  block.fill(0);
  return keys;
}
