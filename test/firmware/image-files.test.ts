import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { fileName, ImageFiles } from "../../src/firmware/image-files.ts";
import { ImageError } from "../../src/firmware/images.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";

const MOST = 1_000_000;

async function someImages(t: TestContext) {
  const directory = join(await mkdtemp(join(tmpdir(), "images-")), "firmware");
  t.after(() => rm(join(directory, ".."), { recursive: true, force: true }));
  const lines: LogLine[] = [];
  const images = () => new ImageFiles({ directory, log: recordingLogger(lines) });
  return { directory, images, lines };
}

const bytesOf = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31) ^ (i >> 8)));
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const isImageError = (kind: string) => (error: unknown) => error instanceof ImageError && error.kind === kind;

test("an image is written as it arrives, whole with its hash, and found again by the process after this one", async (t) => {
  const { images, directory } = await someImages(t);
  const bytes = bytesOf(200_000);
  const incoming = await images().begin("meter-1", MOST);
  for (let at = 0; at < bytes.length; at += 1024) await incoming.write(bytes.subarray(at, at + 1024));
  assert.equal(incoming.length, bytes.length);
  const image = await incoming.finish({ name: "meter.bin", version: "2.1" });
  assert.deepEqual(await readdir(directory), ["meter-1.image", "meter-1.json"]);
  const found = await images().open("meter-1");
  for (const one of [image, found]) {
    assert.ok(one);
    assert.deepEqual([one.size, Buffer.from(one.sha256).toString("hex")], [200_000, sha256(bytes)]);
    assert.deepEqual([one.name, one.version], ["meter.bin", "2.1"]);
    assert.deepEqual(Buffer.from(await one.read(70_000, 500)), bytes.subarray(70_000, 70_500));
    assert.deepEqual(Buffer.from(await one.read(199_900, 500)), bytes.subarray(199_900));
    assert.equal((await one.read(200_000, 10)).length, 0);
  }
  await images().remove("meter-1");
  assert.deepEqual(await readdir(directory), []);
  assert.equal(await images().open("meter-1"), undefined);
});

test("what is left in the middle is gone on with, its hash too", async (t) => {
  const { images } = await someImages(t);
  const bytes = bytesOf(100_000);
  const first = await images().begin("meter-1", MOST);
  await first.write(bytes.subarray(0, 60_000));
  await first.leave();
  assert.equal(await images().open("meter-1"), undefined);
  const second = await images().resume("meter-1", MOST);
  assert.equal(second?.length, 60_000);
  await second.write(bytes.subarray(60_000));
  const image = await second.finish({});
  assert.equal(Buffer.from(image.sha256).toString("hex"), sha256(bytes));
  assert.equal(await images().resume("meter-1", MOST), undefined);
});

test("one that is longer than may be is refused, and removed where the limit is lower now", async (t) => {
  const { images, directory } = await someImages(t);
  const incoming = await images().begin("meter-1", 1000);
  await incoming.write(bytesOf(900));
  await assert.rejects(incoming.write(bytesOf(101)), isImageError("too-large"));
  assert.equal(incoming.length, 900);
  await incoming.leave();
  assert.equal(await images().resume("meter-1", 800), undefined);
  assert.deepEqual(await readdir(directory), []);
});

test("one without a byte is none; one that begins again has what came after that alone", async (t) => {
  const { images } = await someImages(t);
  const incoming = await images().begin("meter-1", MOST);
  await assert.rejects(incoming.finish({}), isImageError("empty"));
  await incoming.write(bytesOf(5000));
  await incoming.restart();
  await incoming.write(bytesOf(10));
  const image = await incoming.finish({});
  assert.deepEqual([image.size, Buffer.from(image.sha256).toString("hex")], [10, sha256(bytesOf(10))]);
});

test("a new one removes what its owner had, and nothing of another", async (t) => {
  const { images, directory } = await someImages(t);
  for (const owner of ["meter-1", ""]) {
    const incoming = await images().begin(owner, MOST);
    await incoming.write(bytesOf(10));
    await incoming.finish({});
  }
  const next = await images().begin("meter-1", MOST);
  assert.deepEqual(await readdir(directory), ["_gateway.image", "_gateway.json", "meter-1.part"]);
  await next.discard();
  assert.equal((await images().open(""))?.size, 10);
});

test("an image that is not what arrived is removed, with a line of the log", async (t) => {
  const { images, lines, directory } = await someImages(t);
  const damages = [
    async (base: string) => writeFile(`${base}.image`, "something else"),
    async (base: string) => writeFile(`${base}.json`, "{"),
    async (base: string) => writeFile(`${base}.json`, JSON.stringify({ size: 3 })),
    async (base: string) => rm(`${base}.image`).then(() => mkdir(`${base}.image`)),
  ];
  for (const damage of damages) {
    const incoming = await images()
      .begin("meter-1", MOST)
      .catch(() => undefined);
    await incoming?.write(bytesOf(3));
    await incoming?.finish({});
    await damage(join(directory, "meter-1"));
    lines.length = 0;
    assert.equal(await images().open("meter-1"), undefined);
    assert.deepEqual(
      lines.map(({ level, fields: { prefix } }) => [level, prefix]),
      [["warn", "meter-1"]],
    );
  }
});

test("a full disk is an error of its kind", async (t) => {
  const { directory } = await someImages(t);
  await mkdir(directory, { recursive: true });
  // What cannot be a directory has no room either.
  await writeFile(join(directory, "file"), "");
  const images = new ImageFiles({ directory: join(directory, "file"), log: recordingLogger([]) });
  await assert.rejects(images.begin("meter-1", MOST), isImageError("disk"));
  const full = await new ImageFiles({ directory, log: recordingLogger([]) }).begin("full", MOST);
  await full.leave();
  await assert.rejects(full.write(bytesOf(1)), isImageError("disk"));
});

test("whatever an owner is called, its file is one of this directory and nobody else's", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
      assert.match(fileName(a), /^[A-Za-z0-9_%-]+$/);
      if (a !== b) assert.notEqual(fileName(a), fileName(b));
    }),
  );
});

test("what is on the disk is what was written, in whatever pieces", async (t) => {
  const { images } = await someImages(t);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { minLength: 1 }), async (pieces) => {
      let incoming = await images().begin("meter-1", MOST);
      for (const [i, piece] of pieces.entries()) {
        await incoming.write(piece);
        if (i % 3 !== 2) continue;
        await incoming.leave();
        incoming = (await images().resume("meter-1", MOST)) ?? assert.fail("it is there");
      }
      const image = await incoming.finish({});
      assert.deepEqual(await readFile(image.file), Buffer.concat(pieces));
      assert.ok(await images().open("meter-1"));
    }),
    { numRuns: 30 },
  );
});
