import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { zipSync } from "fflate";
import { ArchiveError } from "../../src/archive/archive-error.ts";
import { sourceOf, ZipReader } from "../../src/archive/zip-reader.ts";
import { zipped } from "../../src/archive/zip-writer.ts";
import { chanceOf } from "../support/chance.ts";
import { run } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

const LIMITS = { files: 100, bytes: 10_000_000 };
const NOW = Date.UTC(2026, 2, 1);
const chance = chanceOf(7);
const below = (end: number): number => Math.floor(chance() * end);
const noiseOf = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256));

async function packed(files: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const entries = Object.entries(files).map(([name, bytes]) => ({ name, content: [bytes] }));
  return joined(zipped(entries, NOW));
}

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

async function unpacked(archive: Uint8Array, limits = LIMITS): Promise<Record<string, string>> {
  const reader = await ZipReader.open(sourceOf(archive), limits);
  const found: Record<string, string> = {};
  for (const name of reader.files.keys()) found[name] = Buffer.from(await reader.bytes(name, 1e7)).toString();
  return found;
}

const text = (words: string): Uint8Array => Buffer.from(words);
const refusal = (pattern: RegExp) => (error: unknown) => error instanceof ArchiveError && pattern.test(error.message);

test("what was packed comes back: empty, small, large and unpackable files", async () => {
  const large = "a line of the log\n".repeat(100_000);
  const noise = noiseOf(200_000);
  const archive = await packed({ "a/empty": text(""), "b.txt": text("öß"), large: text(large), noise });
  assert.ok(archive.length < 260_000, String(archive.length));
  const found = await unpacked(archive);
  assert.deepEqual(Object.keys(found), ["a/empty", "b.txt", "large", "noise"]);
  assert.deepEqual(Object.values(found).slice(0, 3), ["", "öß", large]);
  const reader = await ZipReader.open(sourceOf(archive), LIMITS);
  assert.deepEqual(Buffer.from(await reader.bytes("noise", 1e6)), Buffer.from(noise));
});

test("python's zipfile takes our archive, and we take its own", async (t) => {
  const folder = temporaryDirectory(t);
  writeFileSync(join(folder, "ours.zip"), await packed({ "x/y.txt": text("hello"), z: text("") }));
  const script = `
import zipfile
ours = zipfile.ZipFile("ours.zip")
assert ours.testzip() is None
print(ours.read("x/y.txt").decode(), oct(ours.getinfo("z").external_attr >> 16))
with zipfile.ZipFile("theirs.zip", "w", zipfile.ZIP_DEFLATED) as theirs:
  theirs.writestr("folder/", "")
  theirs.writestr("folder/a", "from python")`;
  const { stdout, stderr } = await run(t, "python3", ["-c", script], { cwd: folder });
  assert.equal(stdout, "hello 0o100600\n", stderr);
  assert.deepEqual(await unpacked(readFileSync(join(folder, "theirs.zip"))), { "folder/a": "from python" });
});

test("a name that leads out of the folder is refused, in both directions", async () => {
  for (const name of ["../etc/passwd", "/etc/passwd", "a/../../b", "a//b", "./a", "a\\b", "a\0b", "x".repeat(600)]) {
    const made = zipSync({ [name]: text("x") });
    await assert.rejects(ZipReader.open(sourceOf(made), LIMITS), ArchiveError, name);
    await assert.rejects(packed({ [name]: text("x") }), ArchiveError, name);
  }
});

test("a link is refused", async () => {
  const made = zipSync({ link: [text("/etc/passwd"), { os: 3, attrs: 0o120777 * 65_536 }] });
  await assert.rejects(ZipReader.open(sourceOf(made), LIMITS), refusal(/link is a link/));
});

test("a bomb is refused before it is unpacked, and while it is where its list lies", async () => {
  const bomb = zipSync({ bomb: new Uint8Array(20_000_000) });
  await assert.rejects(ZipReader.open(sourceOf(bomb), LIMITS), refusal(/20000000 bytes; at most 10000000/));
  const at = Buffer.from(bomb).lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  new DataView(bomb.buffer, bomb.byteOffset).setUint32(at + 24, 1000, true);
  await assert.rejects(unpacked(bomb), refusal(/bomb is damaged/));
  const many = zipSync(Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`f${i}`, text("")])));
  await assert.rejects(ZipReader.open(sourceOf(many), LIMITS), refusal(/101 files/));
});

test("two files that share their bytes are refused", async () => {
  const made = zipSync({ a: text("one"), b: text("two") });
  const at = Buffer.from(made).lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  new DataView(made.buffer, made.byteOffset).setUint32(at + 42, 0, true);
  await assert.rejects(ZipReader.open(sourceOf(made), LIMITS), refusal(/lies in another/));
});

test("a wrong byte in a file is found, a cut archive too", async () => {
  const archive = await packed({ a: text("the quick brown fox"), b: noiseOf(1000) });
  for (const at of [35, 45, 200]) {
    const other = Uint8Array.from(archive);
    other[at] = (other[at] ?? 0) ^ 0x10;
    await assert.rejects(unpacked(other), ArchiveError, String(at));
  }
  for (const length of [0, 10, 100, archive.length - 1]) {
    await assert.rejects(unpacked(archive.subarray(0, length)), ArchiveError, String(length));
  }
});

test("whatever the bytes are, the reader gives what was packed or an ArchiveError", async () => {
  const archive = await packed({ "a/b": text("hello".repeat(100)), c: noiseOf(300), d: text("") });
  for (let round = 0; round < 1500; round++) {
    const other = Uint8Array.from(archive);
    for (let n = below(4); n >= 0; n--) other[below(other.length)] = below(256);
    const bytes = below(5) === 0 ? other.subarray(0, below(other.length)) : other;
    try {
      for (const name of Object.keys(await unpacked(bytes, { files: 10, bytes: 100_000 })))
        assert.ok(name.length < 600);
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
    }
  }
});
