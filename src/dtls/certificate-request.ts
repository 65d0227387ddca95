/** PKCS #10 (RFC 2986): what a CA makes a certificate of. Written in DER (X.690) by hand: it is short, and always the same. */
import { sign } from "node:crypto";
import type { PrivateKey } from "./key-files.ts";

/** RFC 5280, appendix A.1: ub-common-name. */
export const LONGEST_COMMON_NAME = 64;

/**
 * The request in DER, for a certificate of that name (CN), with the purposes that LwM2M Clients have. `name`: 1 to 64
 * characters.
 */
export function certificateRequest(name: string, key: PrivateKey): Uint8Array {
  const algorithm = signatureOf(key);
  const info = sequence(
    VERSION_1,
    sequence(set(sequence(COMMON_NAME, tlv(UTF8_STRING, Buffer.from(name))))),
    key.publicKey,
    tlv(ATTRIBUTES, sequence(EXTENSION_REQUEST, set(sequence(KEY_USAGE, CLIENT_AUTHENTICATION)))),
  );
  const signature = sign(algorithm.hash, info, key.key);
  return sequence(info, sequence(algorithm.identifier), tlv(BIT_STRING, NO_UNUSED_BITS, signature));
}

const BIT_STRING = 0x03;
const UTF8_STRING = 0x0c;
const SEQUENCE = 0x30;
const SET = 0x31;
/** [0], constructed. */
const ATTRIBUTES = 0xa0;

const VERSION_1 = Buffer.from("020100", "hex");
const NO_UNUSED_BITS = Uint8Array.of(0);
/** 2.5.4.3 */
const COMMON_NAME = Buffer.from("0603550403", "hex");
/** 1.2.840.113549.1.9.14, RFC 2985 §5.4.2 */
const EXTENSION_REQUEST = Buffer.from("06092a864886f70d01090e", "hex");
/** RFC 5280 §4.2.1.3: 2.5.29.15, critical, digitalSignature. RFC 7925 §4.4.2 wants no more. */
const KEY_USAGE = Buffer.from("300e0603551d0f0101ff040403020780", "hex");
/** RFC 5280 §4.2.1.12: 2.5.29.37, clientAuth. */
const CLIENT_AUTHENTICATION = Buffer.from("30130603551d25040c300a06082b06010505070302", "hex");

/** RFC 5758 §3.2: ecdsa-with-SHA256 and -SHA384, the hash that is as strong as the curve. */
const WITH_SHA256 = { hash: "sha256", identifier: Buffer.from("06082a8648ce3d040302", "hex") };
const WITH_SHA384 = { hash: "sha384", identifier: Buffer.from("06082a8648ce3d040303", "hex") };

function signatureOf({ key }: PrivateKey): typeof WITH_SHA256 {
  return key.asymmetricKeyDetails?.namedCurve === "secp384r1" ? WITH_SHA384 : WITH_SHA256;
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tlv(SEQUENCE, ...parts);
}

function set(...parts: readonly Uint8Array[]): Uint8Array {
  return tlv(SET, ...parts);
}

/** X.690 §8.1: the tag, the length, what is inside. */
function tlv(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const inner = Buffer.concat(parts);
  const { length } = inner;
  const long = length < 0x80 ? [] : bytesOf(length);
  const first = long.length === 0 ? length : 0x80 + long.length;
  return Buffer.concat([Uint8Array.of(tag, first, ...long), inner]);
}

/** Big-endian, as few as will do. */
function bytesOf(number: number): readonly number[] {
  return number === 0 ? [] : [...bytesOf(Math.floor(number / 0x100)), number % 0x100];
}
