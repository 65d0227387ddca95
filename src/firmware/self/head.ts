/**
 * The head of an artefact: everything that is believed of it, and the signature by which it is.
 *
 *   8 bytes   "LGWSELF1"
 *   4 bytes   length of the manifest, big-endian
 *   n bytes   the manifest, JSON in UTF-8
 *   64 bytes  Ed25519 (RFC 8032) over all of the above
 *
 * Behind it comes the body: the bytes of all files, one after the other, in brotli (RFC 7932).
 */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { reasonOf } from "../../errors.ts";
import { ArtefactError, type Manifest, parseManifest } from "./manifest.ts";

export interface ArtefactHead {
  readonly manifest: Manifest;
  /** As it stands in the artefact. */
  readonly bytes: Uint8Array;
  /** Of the folder of this version: its version, and some of the hash of what was signed. */
  readonly folder: string;
}

const MAGIC = new TextEncoder().encode("LGWSELF1");
export const PREAMBLE = MAGIC.length + 4;
const SIGNATURE = 64;
const LONGEST_MANIFEST = 4 * 2 ** 20;
const DIGITS_OF_FOLDER = 12;

/** The name of the folder of a version, as `head` makes it. */
export const FOLDER_NAME = /^\d[A-Za-z0-9.+~]{0,99}-[0-9a-f]{12}$/;

/** How long the head is that begins like this. Throws ArtefactError where it is none. */
export function lengthOfHead(preamble: Uint8Array): number {
  if (preamble.length < PREAMBLE) throw new ArtefactError("damaged", "it is cut off");
  if (!MAGIC.every((byte, index) => preamble[index] === byte)) {
    throw new ArtefactError("unsuitable", "it is no version of this program: it does not begin like one");
  }
  const length = new DataView(preamble.buffer, preamble.byteOffset).getUint32(MAGIC.length);
  if (length > LONGEST_MANIFEST) throw new ArtefactError("damaged", `a manifest of ${length} bytes`);
  return PREAMBLE + length + SIGNATURE;
}

/** `bytes`: exactly the head. Nothing of it is looked at before one of the keys has signed it. Throws ArtefactError. */
export function openHead(bytes: Uint8Array, keys: readonly KeyObject[]): ArtefactHead {
  const length = lengthOfHead(bytes);
  if (bytes.length !== length) throw new ArtefactError("damaged", "it is cut off");
  const signed = bytes.subarray(0, length - SIGNATURE);
  const signature = bytes.subarray(length - SIGNATURE);
  if (signature.every((byte) => byte === 0)) throw new ArtefactError("untrusted", "it is not signed");
  if (!keys.some((key) => verify(null, signed, key, signature))) {
    const among = keys.length === 1 ? "the key" : `one of the ${keys.length} keys`;
    throw new ArtefactError("untrusted", `it is not signed by ${among} of gateway.firmware.self.keys, or was altered`);
  }
  const manifest = parseManifest(signed.subarray(PREAMBLE));
  const hash = createHash("sha256").update(signed).digest("hex").slice(0, DIGITS_OF_FOLDER);
  return { manifest, bytes, folder: `${manifest.version}-${hash}` };
}

/** A pinned key of its PEM. Throws an Error with a sentence. */
export function signingKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw new Error(`expected a public key in PEM, as "lwm2m-gateway keys signing" makes it: ${reasonOf(error)}`);
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new Error(`expected a public key of Ed25519, not of ${key.asymmetricKeyType}`);
}
