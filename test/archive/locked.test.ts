import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { ArchiveError } from "../../src/archive/archive-error.ts";
import { lock, unlock, WrongPassphrase } from "../../src/archive/locked.ts";
import { systemRandom } from "../../src/clock.ts";

const plain = Buffer.from("the key of server 101");
const locked = await lock(plain, "correct horse battery", systemRandom);

test("what was locked opens by the same passphrase, and shows nothing without", async () => {
  assert.deepEqual(await unlock(locked, "correct horse battery"), plain);
  assert.equal(Buffer.from(locked).indexOf("key"), -1);
  assert.equal(locked.length, 64 + plain.length + 16);
});

test("the same passphrase gives other bytes each time", async () => {
  const again = await lock(plain, "correct horse battery", systemRandom);
  assert.notDeepEqual(again.subarray(12, 40), locked.subarray(12, 40));
});

test("a passphrase of composed letters is the same as one of combined letters", async () => {
  const made = await lock(plain, "Schl\u00fcssel", systemRandom);
  assert.deepEqual(await unlock(made, "Schlu\u0308ssel"), plain);
});

test("a wrong passphrase is told apart from damage, wherever that is", async () => {
  await assert.rejects(unlock(locked, "correct horse"), WrongPassphrase);
  const parts = [0, 8, 9, 10, 11, 13, 30, 41, 57, 64, 80, locked.length - 1];
  for (const at of parts) {
    const other = Uint8Array.from(locked);
    other[at] = (other[at] ?? 0) ^ 1;
    await assert.rejects(unlock(other, "correct horse battery"), ArchiveError, `byte ${at}`);
  }
  for (const length of [0, 63, 79, locked.length - 1]) {
    await assert.rejects(unlock(locked.subarray(0, length), "correct horse battery"), ArchiveError, `${length} bytes`);
  }
});

test("parameters that would exhaust the machine are refused without being tried", async () => {
  for (const [logN, r, p] of [
    [30, 8, 1],
    [15, 255, 255],
    [0, 8, 1],
    [15, 0, 1],
  ]) {
    const other = Uint8Array.from(locked);
    other.set([logN ?? 0, r ?? 0, p ?? 0], 9);
    other.set(createHash("sha256").update(other.subarray(0, 56)).digest().subarray(0, 8), 56);
    await assert.rejects(unlock(other, "correct horse battery"), ArchiveError, `${logN} ${r} ${p}`);
  }
});
