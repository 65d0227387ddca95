import assert from "node:assert/strict";
import { closeSync, fstatSync, openSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { isJournal, journalWriter } from "../../src/service/journal.ts";
import { journalEntry } from "../../src/service/journal-entry.ts";
import { loadAddon } from "../../src/service/native.ts";
import { aDatagramSocket } from "../support/datagram-socket.ts";
import { temporaryDirectory } from "../support/temp.ts";

test("a value of one line is text, one of several has its length in front", () => {
  const bytes = Buffer.from(journalEntry({ MESSAGE: "grüß", LWM2M_ERROR: "a\nbc" }));
  const length = "\u0004\0\0\0\0\0\0\0";
  assert.equal(bytes.toString(), `MESSAGE=grüß\nLWM2M_ERROR\n${length}a\nbc\n`);
});

test("an entry arrives, also one that is too long for a datagram", async (t) => {
  const addon = loadAddon();
  assert.ok("native" in addon, "missing" in addon ? addon.missing : "");
  const socket = await aDatagramSocket(t);
  if (socket === undefined) return;
  const write = journalWriter(addon.native, socket.path);
  assert.equal(write({ MESSAGE: "short", PRIORITY: "6" }), true);
  assert.equal(write({ MESSAGE: "x".repeat(10_000_000), PRIORITY: "3" }), true);
  const arrived = await socket.got(/^file:/);
  assert.equal(socket.texts[0], "MESSAGE=short\nPRIORITY=6\n");
  assert.match(arrived, /^file:10000020:MESSAGE=x{92}$/);
});

test("a journal that is not there takes nothing, and says so", (t) => {
  const addon = loadAddon();
  assert.ok("native" in addon);
  const write = journalWriter(addon.native, join(temporaryDirectory(t), "none"));
  assert.equal(write({ MESSAGE: "lost" }), false);
});

test("standard output is the journal where systemd says so and nobody has sent it elsewhere", (t) => {
  const file = openSync(join(temporaryDirectory(t), "out"), "w");
  t.after(() => closeSync(file));
  const { dev, ino } = fstatSync(file, { bigint: true });
  assert.equal(isJournal({ JOURNAL_STREAM: `${dev}:${ino}` }, file), true);
  assert.equal(isJournal({ JOURNAL_STREAM: `${dev}:${ino + 1n}` }, file), false);
  assert.equal(isJournal({}, file), false);
  assert.equal(isJournal({ JOURNAL_STREAM: "1:1" }, 9999), false);
});
