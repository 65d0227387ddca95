/**
 * Bytes under a passphrase. The key is made by scrypt (RFC 7914), the bytes are sealed with AES-256-GCM. What it looks like:
 *
 *   0  "LWGWLOCK"
 *   8  version, 1
 *   9  log2 N, r, p: one byte each
 *   12 salt, 16 bytes; 28 nonce, 12 bytes
 *   40 check of the passphrase: 16 bytes that scrypt gives beside the key
 *   56 check of these 56 bytes: the first 8 of their SHA-256
 *   64 the sealed bytes, then a tag of 16
 *
 * The first 64 bytes are sealed, too (AAD). So a wrong passphrase is told apart from damage, before and after the passphrase.
 */
import { createCipheriv, createDecipheriv, createHash, scrypt } from "node:crypto";
import type { Random } from "../clock.ts";
import { ArchiveError } from "./archive-error.ts";

/** The passphrase is not the one by which the bytes were locked. */
export class WrongPassphrase extends Error {
  constructor() {
    super("the passphrase is not the one with which the backup was made");
    this.name = "WrongPassphrase";
  }
}

interface Cost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MB and about half a second on a small gateway: each guess costs the same. */
const COST: Cost = { logN: 15, r: 8, p: 3 };
/** Beyond that no file of ours is, and reading it would exhaust the machine. */
const MOST_MEMORY = 256 * 2 ** 20;
const MOST_WORK = 2 ** 26;

const MAGIC = Buffer.from("LWGWLOCK");
const VERSION = 1;
const SALT_AT = 12;
const NONCE_AT = 28;
const CHECK_AT = 40;
const DIGEST_AT = 56;
const HEADER = 64;
const TAG = 16;
const KEY = 32;
const CHECK = 16;

export async function lock(plain: Uint8Array, passphrase: string, random: Random): Promise<Uint8Array> {
  const header = Buffer.alloc(HEADER);
  MAGIC.copy(header);
  header.set([VERSION, COST.logN, COST.r, COST.p], MAGIC.length);
  header.set(random(NONCE_AT - SALT_AT), SALT_AT);
  header.set(random(CHECK_AT - NONCE_AT), NONCE_AT);
  const { key, check } = await keyOf(passphrase, header.subarray(SALT_AT, NONCE_AT), COST);
  header.set(check, CHECK_AT);
  header.set(digestOf(header), DIGEST_AT);
  const cipher = createCipheriv("aes-256-gcm", key, header.subarray(NONCE_AT, CHECK_AT)).setAAD(header);
  return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Rejects with WrongPassphrase, or with ArchiveError where it is damaged, or of a later version. */
export async function unlock(locked: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const bytes = Buffer.from(locked.buffer, locked.byteOffset, locked.byteLength);
  const header = bytes.subarray(0, HEADER);
  const cost = costOf(bytes);
  const { key, check } = await keyOf(passphrase, header.subarray(SALT_AT, NONCE_AT), cost);
  if (!check.equals(header.subarray(CHECK_AT, DIGEST_AT))) throw new WrongPassphrase();
  const opened = createDecipheriv("aes-256-gcm", key, header.subarray(NONCE_AT, CHECK_AT))
    .setAAD(header)
    .setAuthTag(bytes.subarray(bytes.length - TAG));
  const plain = opened.update(bytes.subarray(HEADER, bytes.length - TAG));
  try {
    return Buffer.concat([plain, opened.final()]);
  } catch (error) {
    throw new ArchiveError("the locked part is damaged: the passphrase is right, its bytes are not", { cause: error });
  }
}

/** What its header says of it, once that is known to be whole. Throws ArchiveError. */
function costOf(bytes: Buffer): Cost {
  if (bytes.length < HEADER + TAG || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new ArchiveError("the locked part is none, or it is cut off");
  }
  const [version = 0, logN = 0, r = 0, p = 0] = bytes.subarray(MAGIC.length, SALT_AT);
  if (version !== VERSION) {
    throw new ArchiveError(`the locked part has version ${version}; this program knows ${VERSION}`);
  }
  if (!digestOf(bytes).equals(bytes.subarray(DIGEST_AT, HEADER))) {
    throw new ArchiveError("the locked part is damaged in its first bytes");
  }
  const memory = 128 * 2 ** logN * r;
  if (logN < 1 || r < 1 || p < 1 || memory > MOST_MEMORY || 2 ** logN * r * p > MOST_WORK) {
    throw new ArchiveError("the locked part asks for more memory or time than any of ours");
  }
  return { logN, r, p };
}

function keyOf(
  passphrase: string,
  salt: Uint8Array,
  { logN, r, p }: Cost,
): Promise<{ readonly key: Buffer; readonly check: Buffer }> {
  const options = { N: 2 ** logN, r, p, maxmem: 2 * MOST_MEMORY };
  return new Promise((resolve, reject) => {
    // The same letters may be written in two ways.
    scrypt(passphrase.normalize("NFC"), salt, KEY + CHECK, options, (error, made) => {
      if (error === null) resolve({ key: made.subarray(0, KEY), check: made.subarray(KEY) });
      else reject(error);
    });
  });
}

function digestOf(header: Buffer): Buffer {
  return createHash("sha256")
    .update(header.subarray(0, DIGEST_AT))
    .digest()
    .subarray(0, HEADER - DIGEST_AT);
}
