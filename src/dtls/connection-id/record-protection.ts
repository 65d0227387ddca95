/** What protects the records of one direction: AEAD by RFC 5246 §6.2.3.3, RFC 5288 §3 (GCM), RFC 6655 §3 and §4 (CCM_8). */
import {
  type CipherCCMTypes,
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
} from "node:crypto";

/** How the records of a suite are protected. */
export interface Aead {
  readonly cipher: CipherCCMTypes | CipherGCMTypes;
  /** All in bytes. */
  readonly keyLength: number;
  readonly tagLength: number;
}

/** The part of the nonce that is a secret, `client_write_IV` or `server_write_IV`; the rest goes with the record. */
export const SALT_LENGTH = 4;
export const EXPLICIT_NONCE_LENGTH = 8;

export class RecordProtection {
  private readonly aead: Aead;
  /** Of bytes Node would make such a one for each record: ten of the fourteen microseconds that one takes. */
  private readonly key: KeyObject;
  private readonly salt: Uint8Array;

  /** Copies the key and the salt. */
  constructor(aead: Aead, key: Uint8Array, salt: Uint8Array) {
    this.aead = aead;
    this.key = createSecretKey(key);
    this.salt = Uint8Array.from(salt);
  }

  /** Bytes of a record beside its content: the explicit nonce and the tag. */
  get overhead(): number {
    return EXPLICIT_NONCE_LENGTH + this.aead.tagLength;
  }

  /** The fragment of a record. A nonce, of 8 bytes, must never be that of another record. */
  seal(content: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array): Uint8Array {
    const { cipher, tagLength: authTagLength } = this.aead;
    // One call for both kinds: to CCM the length is a must, and GCM does not look at it.
    const sealing = createCipheriv(cipher as CipherCCMTypes, this.key, this.wholeNonce(nonce), { authTagLength });
    sealing.setAAD(additionalData, { plaintextLength: content.length });
    const sealed = sealing.update(content);
    sealing.final();
    return Buffer.concat([nonce, sealed, sealing.getAuthTag()]);
  }

  /** The content of a record; undefined: this fragment is not one that the other side made with that additional data. */
  open(fragment: Uint8Array, additionalData: Uint8Array): Uint8Array | undefined {
    const { cipher, tagLength: authTagLength } = this.aead;
    const length = fragment.length - this.overhead;
    if (length < 0) return undefined;
    const nonce = this.wholeNonce(nonceOf(fragment));
    const opening = createDecipheriv(cipher as CipherCCMTypes, this.key, nonce, { authTagLength });
    opening.setAuthTag(fragment.subarray(EXPLICIT_NONCE_LENGTH + length));
    opening.setAAD(additionalData, { plaintextLength: length });
    try {
      const content = opening.update(fragment.subarray(EXPLICIT_NONCE_LENGTH, EXPLICIT_NONCE_LENGTH + length));
      opening.final();
      return content;
    } catch {
      return undefined;
    }
  }

  /** The key itself is Node's to wipe, when nobody holds this object any more. */
  wipe(): void {
    this.salt.fill(0);
  }

  private wholeNonce(explicit: Uint8Array): Uint8Array {
    return Buffer.concat([this.salt, explicit]);
  }
}

/** The nonce that a fragment carries. */
export function nonceOf(fragment: Uint8Array): Uint8Array {
  return fragment.subarray(0, EXPLICIT_NONCE_LENGTH);
}
