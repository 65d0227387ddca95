import assert from "node:assert/strict";
import test from "node:test";
import { Worker } from "node:worker_threads";
import { StoreError } from "../../src/store/store-error.ts";
import { WorkerClient } from "../../src/store/worker-client.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";

test("a thread that dies rejects everything that waits, says so once, and refuses what comes later", async () => {
  const { client, log, failures } = clientOf(`
    parentPort.postMessage({ type: "opened" });
    parentPort.on("message", ({ call }) => { if (call === "forgetDevice") throw new RangeError("a bug"); });
  `);
  await client.opened();
  const asked = [client.call("assignDevices", []), client.call("forgetDevice", "x"), client.call("assignDevices", [])];
  for (const outcome of await Promise.allSettled(asked)) {
    assert.ok(outcome.status === "rejected");
    assertFailed(outcome.reason);
    assert.ok(outcome.reason.cause instanceof RangeError);
  }
  await assert.rejects(client.call("assignDevices", []), (error) => assertFailed(error));
  await client.close();
  assert.deepEqual(
    log.map(({ level, message }) => `${level}: ${message}`),
    ["error: the store's thread died: a bug"],
  );
  assert.equal(failures.length, 1);
});

test("a thread that ends without a word is a failure too", async () => {
  const { client, failures } = clientOf(`
    parentPort.postMessage({ type: "opened" });
    parentPort.once("message", () => process.exit(3));
  `);
  await client.opened();
  await assert.rejects(client.call("forgetDevice", "x"), (error) => assertFailed(error, /ended with code 3/));
  assert.equal(failures.length, 1);
});

test("a thread that dies while it opens rejects the opening", async () => {
  const { client } = clientOf(`throw new Error("no such module");`);
  await assert.rejects(client.opened(), (error) => assertFailed(error, /no such module/));
});

test("an error crosses the threads with its kind, its message and its cause; the thread lives on", async () => {
  const { client, log, failures } = clientOf(`
    parentPort.postMessage({ type: "opened" });
    parentPort.on("message", ({ number, call }) => {
      if (call === "close") parentPort.unref();
      const error = { kind: "unwritable", message: "no room", detail: "SqliteError: database or disk is full" };
      parentPort.postMessage(call === "close" ? { type: "answer", number } : { type: "failure", number, error });
    });
  `);
  await client.opened();
  await assert.rejects(client.call("forgetDevice", "x"), (error) => {
    assert.ok(error instanceof StoreError);
    assert.equal(error.kind, "unwritable");
    assert.equal(error.message, "no room");
    assert.match(String(error.cause), /disk is full/);
    return true;
  });
  await client.close();
  assert.deepEqual([log, failures], [[], []]);
});

function clientOf(script: string): { client: WorkerClient; log: LogLine[]; failures: Error[] } {
  const log: LogLine[] = [];
  const failures: Error[] = [];
  const worker = new Worker(`const { parentPort } = require("node:worker_threads"); ${script}`, { eval: true });
  return { client: new WorkerClient(worker, recordingLogger(log), (error) => failures.push(error)), log, failures };
}

function assertFailed(error: unknown, message = /the store's thread died/): true {
  assert.ok(error instanceof StoreError);
  assert.equal(error.kind, "failed");
  assert.match(error.message, message);
  return true;
}
