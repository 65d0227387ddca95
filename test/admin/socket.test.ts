import assert from "node:assert/strict";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { askAdminSocket } from "../../src/admin/client.ts";
import { AdminRefusal, AdminSocketError } from "../../src/admin/errors.ts";
import { Plain, type Route } from "../../src/admin/route.ts";
import { type AdminSocket, openAdminSocket } from "../../src/admin/socket.ts";
import { silentLogger } from "../../src/log.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temp.ts";

const routes: readonly Route[] = [
  { method: "GET", path: "/v1/status", answer: () => ({ up: true, big: 2n ** 63n, bytes: Uint8Array.of(1, 255) }) },
  {
    method: "GET",
    path: "/v1/bug",
    answer: () => {
      throw new Error("a bug");
    },
  },
  {
    method: "POST",
    path: "/v1/echo",
    writes: true,
    answer: async ({ body }) => {
      if (body === "wrong") throw new AdminRefusal("expected something else");
      if (body === "busy") throw new AdminRefusal("not now", { status: 503, code: "LG701", response: "5.00" });
      return { body };
    },
  },
  { method: "GET", path: "/v1/plain", answer: () => new Plain("text/plain", "no JSON", 200) },
];

async function anAdminSocket(t: TestContext, path: string, log = silentLogger): Promise<AdminSocket> {
  const socket = await openAdminSocket(path, routes, log);
  t.after(() => socket.close());
  return socket;
}

/** Somebody else at the path of a socket. */
async function aForeigner(t: TestContext, path: string, text: string): Promise<void> {
  const server = createHttpServer((_, response) => response.end(text));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => server.close());
}

test("a running gateway answers on its socket, which only its user can open", async (t) => {
  const path = join(temporaryDirectory(t), "state", "admin.sock");
  await anAdminSocket(t, path);
  assert.deepEqual(await askAdminSocket(path, "/v1/status"), { up: true, big: "9223372036854775808", bytes: "01ff" });
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  await assert.rejects(
    askAdminSocket(path, "/v1/statsu"),
    new AdminRefusal("there is no GET /v1/statsu here; did you mean /v1/status?", { status: 404, code: "LG702" }),
  );
});

test("a closed socket leaves no file", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  const socket = await openAdminSocket(path, routes, silentLogger);
  await askAdminSocket(path, "/v1/status");
  await socket.close();
  assert.deepEqual(await readdir(dirname(path)), []);
  await anAdminSocket(t, path);
});

test("a second gateway on the same socket is refused with a sentence, and disturbs nobody", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  await anAdminSocket(t, path);
  await assert.rejects(
    openAdminSocket(path, routes, silentLogger),
    new AdminSocketError(`another gateway is running: it answers on ${path}`, { code: "LG741" }),
  );
  assert.ok(await askAdminSocket(path, "/v1/status"));
});

test("what answers otherwise is somebody too", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  await aForeigner(t, path, "<html>");
  await assert.rejects(openAdminSocket(path, routes, silentLogger), /another gateway is running/);
});

test("a file that a killed gateway left behind is in nobody's way", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  await writeFile(path, "");
  await anAdminSocket(t, path);
  assert.ok(await askAdminSocket(path, "/v1/status"));
});

test("a path that no socket can have is refused with the key to change", async (t) => {
  const folder = temporaryDirectory(t);
  const path = join(folder, "x".repeat(120), "admin.sock");
  const length = Buffer.byteLength(path);
  await assert.rejects(openAdminSocket(path, routes, silentLogger), {
    name: "AdminSocketError",
    message: `the path of the admin socket, ${path}, has ${length} bytes, and a socket can have 107: give gateway.state a shorter path`,
  });
  assert.deepEqual(await readdir(folder), []);
});

test("what else is in the way is named", async (t) => {
  const folder = temporaryDirectory(t);
  await writeFile(join(folder, "file"), "");
  await mkdir(join(folder, "admin.sock"));
  await assert.rejects(openAdminSocket(join(folder, "file/admin.sock"), routes, silentLogger), {
    name: "AdminSocketError",
    message: new RegExp(`^cannot open the admin socket ${folder}/file/admin\\.sock: `),
  });
  await assert.rejects(openAdminSocket(join(folder, "admin.sock"), routes, silentLogger), {
    name: "AdminSocketError",
    message: new RegExp(`^cannot open the admin socket ${folder}/admin\\.sock: `),
  });
});

test("asking where no gateway runs fails at once, and says why", async (t) => {
  const folder = temporaryDirectory(t);
  const path = join(folder, "admin.sock");
  await assert.rejects(askAdminSocket(path, "/v1/status"), {
    name: "AdminSocketError",
    code: "ENOENT",
    message: `no answer on ${path}: there is no such file`,
  });
  await writeFile(path, "");
  await assert.rejects(askAdminSocket(path, "/v1/status"), { code: "ECONNREFUSED", message: /: nobody listens$/ });
});

test("an answer that is no JSON, or no HTTP, or none, is an error with a sentence", async (t) => {
  const folder = temporaryDirectory(t);
  await aForeigner(t, join(folder, "html.sock"), "<html>");
  await assert.rejects(askAdminSocket(join(folder, "html.sock"), "/v1/status"), {
    name: "AdminSocketError",
    message: /answered 200: <html>$/,
  });
  for (const [name, said] of [
    ["odd", "odd\r\n\r\n"],
    ["short", 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"half":'],
    ["mute", ""],
  ] as const) {
    const server = createServer((socket) => socket.on("error", () => {}).end(said));
    await new Promise<void>((resolve) => server.listen(join(folder, name), resolve));
    t.after(() => server.close());
    await assert.rejects(askAdminSocket(join(folder, name), "/v1/status"), { name: "AdminSocketError" }, name);
  }
});

test("a bug in an answer goes to the log, and not to whoever asks", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  const lines: LogLine[] = [];
  await anAdminSocket(t, path, recordingLogger(lines));
  await assert.rejects(askAdminSocket(path, "/v1/bug"), /answered 500: see the gateway's log$/);
  assert.deepEqual(
    lines.map(({ level, message, fields: { err } }) => [level, message, String(err)]),
    [["error", "an admin request failed", "Error: a bug"]],
  );
});

const post = (path: string, body: unknown, route = "/v1/echo") => askAdminSocket(path, route, { body, patience: 5000 });

test("what is posted as JSON reaches the route, and its answer comes back", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  await anAdminSocket(t, path);
  const body = { paths: ["/3/0/0", "Ü".repeat(1000)], servers: [101] };
  assert.deepEqual(await post(path, body), { body });
  assert.deepEqual(await post(path, null), { body: null });
  assert.deepEqual(await post(path, undefined), {}, "nothing is posted");
});

test("what a route does not take is told as its sentence", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  await anAdminSocket(t, path);
  await assert.rejects(post(path, "wrong"), new AdminRefusal("expected something else"));
  await assert.rejects(
    post(path, "busy"),
    new AdminRefusal("not now", { status: 503, code: "LG701", response: "5.00" }),
  );
  const long = "x".repeat(1_000_000);
  await assert.rejects(
    post(path, long),
    new AdminRefusal("expected 65536 bytes at most, not 1000002", { status: 413, code: "LG704" }),
  );
  assert.deepEqual(await post(path, 1), { body: 1 }, "and the gateway goes on");
});

test("a GET is no POST, nor the other way round", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  await anAdminSocket(t, path);
  const wrongMethod = { status: 405, code: "LG703" } as const;
  await assert.rejects(
    askAdminSocket(path, "/v1/echo"),
    new AdminRefusal("/v1/echo takes POST, and not GET", wrongMethod),
  );
  await assert.rejects(
    post(path, {}, "/v1/status"),
    new AdminRefusal("/v1/status takes GET, and not POST", wrongMethod),
  );
});

test("whoever changes something stands in the log, with what became of it, and nothing of the body", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  const lines: LogLine[] = [];
  await anAdminSocket(t, path, recordingLogger(lines));
  await post(path, { password: "geheim" });
  await assert.rejects(post(path, "wrong"));
  await askAdminSocket(path, "/v1/status");
  const about = { by: "admin socket", request: "POST /v1/echo" };
  assert.deepEqual(
    lines.map(({ message, fields }) => [message, fields]),
    [
      ["audit", { ...about, outcome: "done" }],
      ["audit", { ...about, outcome: "refused", reason: "expected something else" }],
    ],
  );
});

test("an answer that is no JSON is as the route has it", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  await anAdminSocket(t, path);
  await assert.rejects(askAdminSocket(path, "/v1/plain"), /answered 200: no JSON$/);
});

test("who hangs up in the middle of a body disturbs nobody", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  const lines: LogLine[] = [];
  await anAdminSocket(t, path, recordingLogger(lines));
  await new Promise<void>((resolve) => {
    const socket = connect(path, () => {
      socket.write('POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"half":', () => socket.destroy());
    });
    socket.on("close", () => resolve());
  });
  assert.deepEqual(await post(path, 1), { body: 1 });
  assert.deepEqual(
    lines.map(({ fields: { outcome } }) => outcome),
    ["done"],
    "it was asked for once",
  );
});
