/** AES-CCM (RFC 3610) with a key of 16 bytes, as formats of advertisements use it. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { digitsOf, malformed } from "./parts.ts";

export const KEY_BYTES = 16;
const CHECK_BYTES = 4;

/** How a format uses AES-CCM. */
export interface CcmUse {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  /** What is checked beside the message; absent: nothing. */
  readonly associated?: Uint8Array;
}

/** The message behind `sealed`, whose last four bytes are its check. Throws DeviceError `malformed` where that is wrong. */
export function openSealed(sealed: Uint8Array, { key, nonce, associated }: CcmUse): Uint8Array {
  const message = sealed.subarray(0, -CHECK_BYTES);
  try {
    const decipher = createDecipheriv("aes-128-ccm", key, nonce, { authTagLength: CHECK_BYTES });
    decipher.setAuthTag(sealed.subarray(-CHECK_BYTES));
    if (associated !== undefined) decipher.setAAD(associated, { plaintextLength: message.length });
    const opened = decipher.update(message);
    decipher.final();
    return Uint8Array.from(opened);
  } catch (error) {
    throw malformed("it cannot be decrypted: the key is of another device, or the packet was damaged or forged", error);
  }
}

export function seal(message: Uint8Array, { key, nonce, associated }: CcmUse): Uint8Array {
  const cipher = createCipheriv("aes-128-ccm", key, nonce, { authTagLength: CHECK_BYTES });
  if (associated !== undefined) cipher.setAAD(associated, { plaintextLength: message.length });
  const sealed = cipher.update(message);
  cipher.final();
  return Uint8Array.of(...sealed, ...cipher.getAuthTag());
}

/** Throws DeviceError `malformed` where there is none, or one of another length. */
export function neededKey(key: Uint8Array | undefined): Uint8Array {
  if (key === undefined) throw malformed("it is encrypted, and the device has no key");
  if (key.length !== KEY_BYTES) throw malformed(`its key has ${key.length} bytes; ${KEY_BYTES} were expected`);
  return key;
}

/** The six bytes of an address, as it is written. Throws DeviceError `malformed`. */
export function addressBytes(address: string): Uint8Array {
  const bytes = digitsOf(address, 6);
  if (bytes === undefined) throw malformed(`"${address}" is no address, without which nothing can be decrypted`);
  return bytes;
}
