/** What protects the records of one direction: AEAD by RFC 5246 §6.2.3.3, RFC 5288 §3 (GCM), RFC 6655 §3 and §4 (CCM_8). */
import type { NativeAead, NativeAeadClass } from "../native.ts";

/** How the records of a suite are protected. */
export interface Aead {
  /** OpenSSL's name. */
  readonly cipher: "aes-128-ccm" | "aes-256-ccm" | "aes-128-gcm" | "aes-256-gcm";
  /** All in bytes. */
  readonly keyLength: number;
  readonly tagLength: number;
}

/** The part of the nonce that is a secret, `client_write_IV` or `server_write_IV`; the rest goes with the record. */
export const SALT_LENGTH = 4;
export const EXPLICIT_NONCE_LENGTH = 8;

export interface SecretKey {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

/** Over the addon: a cipher of node:crypto is made anew for each record, which costs several times what sealing it does. */
export class RecordProtection {
  /** Bytes of a record beside its content: the explicit nonce and the tag. */
  readonly overhead: number;
  private readonly native: NativeAead;

  /** Copies the key and the salt. */
  constructor(Native: NativeAeadClass, { cipher, tagLength }: Aead, { key, salt }: SecretKey) {
    this.overhead = EXPLICIT_NONCE_LENGTH + tagLength;
    this.native = new Native(cipher, tagLength, key, salt);
  }

  /** The fragment of a record. A nonce, of 8 bytes, must never be that of another record. */
  seal(content: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array): Uint8Array {
    return this.native.seal(content, nonce, additionalData);
  }

  /** The content of a record; undefined: this fragment is not one that the other side made with that additional data. */
  open(fragment: Uint8Array, additionalData: Uint8Array): Uint8Array | undefined {
    return this.native.open(fragment, additionalData);
  }

  /** After it nothing is sealed, and nothing opened. */
  wipe(): void {
    this.native.dispose();
  }
}

/** The nonce that a fragment carries. */
export function nonceOf(fragment: Uint8Array): Uint8Array {
  return fragment.subarray(0, EXPLICIT_NONCE_LENGTH);
}
