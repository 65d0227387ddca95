import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { brotliCompressSync, constants } from "node:zlib";
import fc from "fast-check";
import { lengthOfHead, openHead, signingKey } from "../../../src/firmware/self/head.ts";
import { ArtefactError, parseManifest } from "../../../src/firmware/self/manifest.ts";
import { readBody, readHead } from "../../../src/firmware/self/read-artefact.ts";
import { locateData } from "../../../src/locate.ts";
import { anArtefact, aVendor, KNOWN_STATE } from "../../support/artefact.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const vendor = aVendor();
const suitable = { keys: [vendor.publicKey], arch: process.arch, state: KNOWN_STATE };

test("what a vendor signed is read whole, file by file", async (t) => {
  const long = "x".repeat(300_000);
  const files = { "a/empty": "", "a/long": long, "z/last": "end", "z/none": "" };
  const file = await anArtefact({ folder: temporaryDirectory(t), vendor, files });
  const head = await readHead(file, suitable);
  assert.match(head.folder, /^9\.0\.0-[0-9a-f]{12}$/);
  const got = new Map<string, string>();
  let path = "";
  await readBody(file, head, {
    begin: async (each) => {
      path = each.path;
      got.set(path, "");
    },
    write: async (bytes) => {
      got.set(path, `${got.get(path)}${Buffer.from(bytes).toString()}`);
    },
    end: async () => {},
  });
  assert.deepEqual([...got.keys()], ["a/empty", "a/long", "dist/src/main.js", "package.json", "z/last", "z/none"]);
  assert.deepEqual([got.get("a/long"), got.get("z/last"), got.get("a/empty")], [long, "end", ""]);
});

test("what nobody signed, or somebody else, or what is for others, is refused with a reason", async (t) => {
  const folder = temporaryDirectory(t);
  const refusal = async (file: string): Promise<string> => refusedBy(() => readHead(file, suitable));
  assert.equal(await refusal(await anArtefact({ folder })), "untrusted: it is not signed");
  assert.match(
    await refusal(await anArtefact({ folder, vendor: aVendor(), version: "2" })),
    /^untrusted: it is not signed by the key of gateway\.firmware\.self\.keys, or was altered$/,
  );
  assert.equal(
    await refusal(await anArtefact({ folder, vendor, version: "3", arch: "riscv64" })),
    `unsuitable: version 3 is for riscv64; this machine is ${process.arch}`,
  );
  assert.equal(
    await refusal(await anArtefact({ folder, vendor, version: "4", state: { gateway: 6, history: 4 } })),
    "older: version 4 cannot read the state of this gateway: gateway.db has schema version 7; that one knows up to 6",
  );
  writeFileSync(join(folder, "no"), "#!/bin/sh\necho this is another thing altogether\n");
  assert.match(await refusal(join(folder, "no")), /^unsuitable: it is no version of this program/);
  assert.match(await refusal(join(folder, "nowhere")), /^disk: cannot read /);
});

test("one of several pinned keys will do", async (t) => {
  const file = await anArtefact({ folder: temporaryDirectory(t), vendor });
  const { manifest } = await readHead(file, { ...suitable, keys: [aVendor().publicKey, vendor.publicKey] });
  assert.equal(manifest.version, "9.0.0");
});

test("a body that is cut off, altered, longer or another one is refused", async (t) => {
  const folder = temporaryDirectory(t);
  const file = await anArtefact({ folder, vendor, files: { "a/b": "body ".repeat(5000) } });
  const whole = readFileSync(file);
  const start = lengthOfHead(whole);
  const body = async (bytes: Uint8Array): Promise<string> => {
    const other = join(folder, "other");
    writeFileSync(other, Buffer.concat([whole.subarray(0, start), bytes]));
    return refusedBy(async () => readBody(other, await readHead(other, suitable)));
  };
  assert.match(await body(whole.subarray(start, whole.length - 10)), /^damaged: its body is damaged: /);
  assert.match(await body(new Uint8Array()), /^damaged: /);
  assert.match(await body(brotliCompressSync("body ".repeat(5000))), /^damaged: .*(?:shorter|SHA-256)/);
  assert.match(
    await body(brotliCompressSync(Buffer.alloc(2 ** 27), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })),
    /^damaged: a\/b is not what its SHA-256 says$/,
  );
  const right = `${"body ".repeat(5000)}// a program\n${JSON.stringify({ version: "9.0.0" })}`;
  assert.equal(await body(brotliCompressSync(right)), "taken");
  assert.equal(await body(brotliCompressSync(`${right}.`)), "damaged: its body is longer than its manifest says");
});

test("any byte of the head that is another one is found out", async (t) => {
  const head = (await readHead(await anArtefact({ folder: temporaryDirectory(t), vendor }), suitable)).bytes;
  fc.assert(
    fc.property(fc.nat(head.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const altered = Uint8Array.from(head);
      altered[at] = (altered[at] ?? 0) ^ by;
      assert.throws(() => openHead(altered, [vendor.publicKey]), ArtefactError);
    }),
  );
});

test("chance makes no artefact, and no other error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.throws(() => openHead(bytes, [vendor.publicKey]), ArtefactError);
      assert.throws(() => parseManifest(bytes), ArtefactError);
    }),
  );
});

const SHA = "0".repeat(64);
const NEEDED = ["dist/src/main.js", "package.json"].map((path) => ({ path, size: 1, sha256: SHA }));
const sound = { format: 1, name: "lwm2m-gateway", version: "1.0.0", arch: "x64", state: KNOWN_STATE, files: NEEDED };

test("a manifest that was signed in error is refused all the same", () => {
  const refusal = (change: object): string =>
    refusedNow(() => parseManifest(Buffer.from(JSON.stringify({ ...sound, ...change }))));
  assert.equal(refusal({}), "taken");
  const withPath = (path: unknown): string => refusal({ files: [...NEEDED, { path, size: 1, sha256: SHA }] });
  for (const path of [
    "../x",
    "/etc/passwd",
    "a/../../x",
    "a//b",
    "a/./b",
    "",
    "a/",
    "a\\b",
    "a\0b",
    "a\nb",
    ".artefact",
    7,
    "ä",
  ]) {
    assert.match(withPath(path), /^damaged: a file with the path /, String(path));
  }
  assert.equal(withPath("package.json/x"), "damaged: package.json is a file and a folder");
  assert.equal(withPath("package.json"), "damaged: a file stands twice in the manifest");
  assert.match(
    refusal({ files: [...NEEDED, { path: "a", size: 2 ** 31, sha256: SHA }] }),
    /more than 1073741824 bytes/,
  );
  assert.match(refusal({ files: [{ path: "a", size: -1, sha256: SHA }] }), /a has no size/);
  assert.match(refusal({ files: [] }), /there is no dist\/src\/main\.js in it/);
  assert.match(refusal({ version: "../1" }), /has no version/);
  assert.match(refusal({ version: "1/2" }), /has no version/);
  assert.match(refusal({ name: "another" }), /^unsuitable: it is of "another"/);
  assert.match(refusal({ format: 2 }), /^unsuitable: its format is 2/);
  assert.match(refusal({ state: {} }), /which state it knows/);
  assert.match(refusal({ arch: 5 }), /no processor/);
});

test("whatever JSON a manifest is, it is refused by a sentence", () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(sound)), fc.jsonValue(), (key, value) => {
      const text = JSON.stringify({ ...sound, [key]: value });
      const told = refusedNow(() => parseManifest(Buffer.from(text)));
      assert.match(told, /^(?:taken|damaged: |unsuitable: )/);
    }),
  );
});

test("a key elsewhere signs what is written for it, and a foreign tool makes the same signature", async (t) => {
  const folder = temporaryDirectory(t);
  const file = await anArtefact({ folder });
  const script = (...args: readonly string[]): unknown =>
    execFileSync(process.execPath, [locateData("scripts/sign-artefact.mjs"), file, ...args], { stdio: "pipe" });
  const [toSign, signature] = [join(folder, "to-sign"), join(folder, "signature")];
  script("--write", toSign);
  writeFileSync(signature, sign(null, readFileSync(toSign), createPrivateKey(vendor.privatePem)));
  script("--signature", signature);
  assert.equal(await refusedBy(() => readHead(file, suitable)), "taken");
  const inTwoSteps = readFileSync(file);
  writeFileSync(join(folder, "key"), vendor.privatePem);
  script("--key", join(folder, "key"));
  assert.ok(inTwoSteps.equals(readFileSync(file)));
});

test("a pinned key is a public key of Ed25519", () => {
  assert.equal(signingKey(vendor.publicPem).asymmetricKeyType, "ed25519");
  assert.throws(() => signingKey("nonsense"), /^Error: expected a public key in PEM/);
  const ec = execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout"], { stdio: "pipe" });
  assert.throws(() => signingKey(String(ec)), /not of ec/);
});

async function refusedBy(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "taken";
  } catch (error) {
    if (error instanceof ArtefactError) return `${error.kind}: ${error.message}`;
    throw error;
  }
}

function refusedNow(work: () => unknown): string {
  try {
    work();
    return "taken";
  } catch (error) {
    if (error instanceof ArtefactError) return `${error.kind}: ${error.message}`;
    throw error;
  }
}
