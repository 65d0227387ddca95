/** Writes and signs artefacts: src/firmware/self/head.ts says what they look like. Plain JavaScript that Node 18 runs. */
import { createHash, createPrivateKey, sign } from "node:crypto";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from "node:fs";
import { relative } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createBrotliCompress } from "node:zlib";
import { filesBelow } from "../deb/tree.mjs";

const MAGIC = "LGWSELF1";
const PREAMBLE = MAGIC.length + 4;
const SIGNATURE = 64;

/** Of all that lies below `home`, unsigned. `told`: version, arch and state of the manifest. */
export async function writeArtefact({ home, file, told, quick = false }) {
  const paths = filesBelow(home);
  const files = paths.map((path) => describe(home, path));
  const manifest = Buffer.from(JSON.stringify({ format: 1, name: "lwm2m-gateway", ...told, files }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(manifest.length);
  const output = createWriteStream(file);
  output.write(Buffer.concat([Buffer.from(MAGIC), length, manifest, Buffer.alloc(SIGNATURE)]));
  const params = { [constants.BROTLI_PARAM_QUALITY]: quick ? 1 : 9, [constants.BROTLI_PARAM_LGWIN]: 22 };
  await pipeline(Readable.from(contents(paths)), createBrotliCompress({ params }), output);
}

function describe(home, path) {
  const bytes = readFileSync(path);
  const executable = (lstatSync(path).mode & 0o100) !== 0;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { path: relative(home, path), size: bytes.length, sha256, ...(executable ? { executable } : {}) };
}

async function* contents(paths) {
  for (const path of paths) yield* createReadStream(path);
}

/** What is to be signed of an artefact. */
export function signedPart(file) {
  const descriptor = openSync(file, "r");
  try {
    const preamble = read(descriptor, PREAMBLE);
    if (preamble.toString("latin1", 0, MAGIC.length) !== MAGIC) throw new Error(`${file} is no artefact`);
    return read(descriptor, PREAMBLE + preamble.readUInt32BE(MAGIC.length));
  } finally {
    closeSync(descriptor);
  }
}

/** By a key in PEM, in place. */
export function signArtefact(file, pem) {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== "ed25519")
    throw new Error(`expected a key of Ed25519, not of ${key.asymmetricKeyType}`);
  putSignature(file, sign(null, signedPart(file), key));
}

/** One that was made elsewhere, of what `signedPart` gives. */
export function putSignature(file, signature) {
  if (signature.length !== SIGNATURE)
    throw new Error(`a signature of ${signature.length} bytes; expected ${SIGNATURE}`);
  const position = signedPart(file).length;
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, signature, 0, SIGNATURE, position);
  closeSync(descriptor);
}

function read(descriptor, length) {
  const bytes = Buffer.alloc(length);
  if (readSync(descriptor, bytes, 0, length, 0) !== length) throw new Error("it is cut off");
  return bytes;
}
