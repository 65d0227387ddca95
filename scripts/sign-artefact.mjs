/**
 * Signs what build-artefact.mjs has made, in place:
 *
 *   node scripts/sign-artefact.mjs FILE --key KEY.pem
 *
 * or in two steps where the key is elsewhere: the first writes what is to be signed (Ed25519, as it is: no hash before it), the
 * second puts the 64 bytes of the signature into the file:
 *
 *   node scripts/sign-artefact.mjs FILE --write SIGNED.bin
 *   node scripts/sign-artefact.mjs FILE --signature SIGNATURE.bin
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { putSignature, signArtefact, signedPart } from "./artefact/write.mjs";

const text = { type: "string" };

try {
  const { values, positionals } = parseArgs({
    options: { key: text, write: text, signature: text },
    allowPositionals: true,
  });
  main(positionals, values);
} catch (error) {
  process.stderr.write(`lwm2m-gateway: ${error.message}\n`);
  process.exitCode = 1;
}

function main([file, ...others], { key, write, signature }) {
  if (file === undefined || others.length > 0 || [key, write, signature].filter(Boolean).length !== 1) {
    throw new Error(
      "usage: node scripts/sign-artefact.mjs FILE --key KEY.pem | --write SIGNED.bin | --signature SIGNATURE.bin",
    );
  }
  if (key !== undefined) signArtefact(file, readFileSync(key));
  if (write !== undefined) writeFileSync(write, signedPart(file));
  if (signature !== undefined) putSignature(file, readFileSync(signature));
}
