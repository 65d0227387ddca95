import assert from "node:assert/strict";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { askAdminSocket, openAdminSocket } from "../../src/admin/socket.ts";
import { silentLogger } from "../../src/log.ts";
import { temporaryDirectory } from "../support/temp.ts";

const routes = new Map([["/status", () => ({ up: true, big: 2n ** 63n, bytes: Uint8Array.of(1, 255) })]]);

test("a running gateway answers on its socket, which only its user can open", async (t) => {
  const path = join(temporaryDirectory(t), "state", "admin.sock");
  const socket = await openAdminSocket(path, routes, silentLogger);
  t.after(() => socket.close());
  assert.deepEqual(await askAdminSocket(path, "/status"), { up: true, big: "9223372036854775808", bytes: "01ff" });
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  await assert.rejects(askAdminSocket(path, "/nothing"), /404/);
});

test("a second gateway on the same socket is refused with a sentence", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  const socket = await openAdminSocket(path, routes, silentLogger);
  t.after(() => socket.close());
  await assert.rejects(openAdminSocket(path, routes, silentLogger), /another gateway is running/);
  assert.ok(await askAdminSocket(path, "/status"));
});

test("a file that a killed gateway left behind is in nobody's way", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  await writeFile(path, "");
  const socket = await openAdminSocket(path, routes, silentLogger);
  t.after(() => socket.close());
  assert.ok(await askAdminSocket(path, "/status"));
});

test("a path that no socket can have is refused with the key to change", async (t) => {
  const path = join(temporaryDirectory(t), "x".repeat(120), "admin.sock");
  await assert.rejects(openAdminSocket(path, routes, silentLogger), /longer than 107 bytes/);
});

test("asking where no gateway runs fails at once", async (t) => {
  await assert.rejects(askAdminSocket(join(temporaryDirectory(t), "admin.sock"), "/status"), /ENOENT/);
});
