import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { request as secureRequest } from "node:https";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { connect as connectSecurely } from "node:tls";
import fc from "fast-check";
import { type HttpDoorSettings, openHttpDoor } from "../../src/admin/http-door.ts";
import { Plain, type Route, Stream } from "../../src/admin/route.ts";
import { MINUTE } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { aCertificate } from "../support/a-certificate.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

const ROUTES: readonly Route[] = [
  { method: "GET", path: "/v1/status", answer: () => ({ up: true }) },
  { method: "POST", path: "/v1/echo", writes: true, answer: ({ body }) => ({ body }) },
  {
    method: "GET",
    path: "/healthz",
    open: true,
    answer: ({ anonymous }) => new Plain("text/plain", `ok ${anonymous}\n`),
  },
  { method: "GET", path: "/v1/events", answer: () => new Stream(three()) },
];

async function* three() {
  for (const n of [1, 2, 3]) yield { event: "value", data: { n, text: "a\nb" } };
}

interface Said {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function aDoor(t: TestContext, given: Partial<HttpDoorSettings> = {}, log = silentLogger, clock?: FakeClock) {
  const settings = { address: "127.0.0.1", port: 0, token: TOKEN, hosts: ["gateway.local"], ...given };
  const door = await openHttpDoor(settings, ROUTES, log, clock);
  t.after(() => door.close());
  const ask = async (asked: Asked): Promise<Said> => {
    const options = { host: "127.0.0.1", port: door.port, path: "/v1/status", agent: false, ...asked };
    const sent = given.tls === undefined ? request(options) : secureRequest({ ...options, ca: given.tls.certificate });
    sent.end(asked.body);
    const [response] = await once(sent, "response");
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() };
  };
  return { door, ask };
}

test("who knows the token is answered; who does not is told, and what is open is for all", async (t) => {
  const { ask } = await aDoor(t);
  const known = await ask({ headers: AUTHORIZED });
  assert.deepEqual([known.status, known.text], [200, '{"up":true}\n']);
  assert.equal(known.headers["cache-control"], "no-store");
  assert.equal(known.headers["access-control-allow-origin"], undefined);
  const unknown = await ask({});
  assert.deepEqual([unknown.status, unknown.headers["www-authenticate"]], [401, "Bearer"]);
  assert.equal(unknown.text, '{"error":"expected the header Authorization: Bearer TOKEN","code":"LG706"}\n');
  for (const authorization of ["Bearer", `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, `Bearer ${TOKEN.slice(1)}`, TOKEN]) {
    assert.equal((await ask({ headers: { authorization } })).status, 401, authorization);
  }
  const health = await ask({ path: "/healthz" });
  assert.deepEqual([health.status, health.headers["content-type"], health.text], [200, "text/plain", "ok true\n"]);
  assert.equal((await ask({ path: "/healthz", headers: AUTHORIZED })).text, "ok undefined\n");
  assert.equal((await ask({ path: "/v1/nothing" })).status, 401, "what there is is nobody's business");
  assert.equal((await ask({ path: "/healthz", method: "POST" })).status, 401);
});

test("another name than the gateway's, or a page from elsewhere, gets nothing, with the token or without", async (t) => {
  const { ask, door } = await aDoor(t);
  const asked = async (headers: Readonly<Record<string, string>>) =>
    (await ask({ headers: { ...AUTHORIZED, ...headers } })).status;
  for (const host of ["localhost", "127.0.0.1:9", `[::1]:${door.port}`, "GATEWAY.local", "gateway.local:443"]) {
    assert.equal(await asked({ host }), 200, host);
  }
  for (const host of ["evil.example", "gateway.local.evil.example", "localhost@evil.example", "10.0.0.5", ":80"]) {
    assert.equal(await asked({ host }), 421, host);
    assert.equal((await ask({ path: "/healthz", headers: { host } })).status, 421, host);
  }
  assert.equal(await asked({ host: "localhost:80", origin: "http://localhost:80" }), 200);
  for (const origin of [
    "http://evil.example",
    "null",
    "https://localhost:80",
    "http://localhost",
    "http://localhost:81",
  ]) {
    assert.equal(await asked({ host: "localhost:80", origin }), 403, origin);
  }
});

test("wrong tokens are told in the log, a few of them; more than ten in a minute only wait", async (t) => {
  const lines: LogLine[] = [];
  const clock = new FakeClock();
  const { ask } = await aDoor(t, {}, recordingLogger(lines), clock);
  const wrong = { authorization: `Bearer ${"x".repeat(32)}` };
  const statuses: (number | undefined)[] = [];
  for (let i = 0; i < 12; i++) statuses.push((await ask({ headers: wrong })).status);
  assert.deepEqual(statuses, [...Array(10).fill(401), 429, 429]);
  assert.equal((await ask({ headers: AUTHORIZED })).status, 200, "who knows it does not wait");
  await clock.advance(MINUTE);
  assert.equal((await ask({ headers: wrong })).status, 401);
  assert.deepEqual(
    lines.map(({ level, message, fields: { from, more } }) => [level, message, from, more]),
    [
      ...Array(5).fill(["warn", "somebody asked the API with a wrong token", "127.0.0.1", undefined]),
      ["warn", "wrong tokens: as many more in this minute", ["127.0.0.1"], 7],
      ["warn", "somebody asked the API with a wrong token", "127.0.0.1", undefined],
    ],
  );
  assert.ok(!JSON.stringify(lines).includes("xxxx"));
});

test("what changes something is audited, with the address", async (t) => {
  const lines: LogLine[] = [];
  const { ask } = await aDoor(t, {}, recordingLogger(lines));
  const said = await ask({ method: "POST", path: "/v1/echo", headers: AUTHORIZED, body: '{"secret":"geheim"}' });
  assert.equal(said.text, '{"body":{"secret":"geheim"}}\n');
  assert.deepEqual(
    lines.map(({ message, fields }) => [message, fields]),
    [["audit", { by: "HTTP 127.0.0.1", request: "POST /v1/echo", outcome: "done" }]],
  );
});

test("over TLS from 1.2 on; plain HTTP is no way in", async (t) => {
  const { certificate, privateKey } = aCertificate("gateway.local");
  const { ask, door } = await aDoor(t, { tls: { certificate, privateKey } });
  const origin = `https://127.0.0.1:${door.port}`;
  assert.equal((await ask({ headers: { ...AUTHORIZED, origin } })).status, 200);
  assert.equal((await ask({ headers: { ...AUTHORIZED, origin: origin.replace("s:", ":") } })).status, 403);
  const old = connectSecurely({
    host: "127.0.0.1",
    port: door.port,
    ca: certificate,
    maxVersion: "TLSv1.1",
    minVersion: "TLSv1",
  });
  const [refusal] = await once(old, "error");
  assert.ok(refusal instanceof Error);
  const plain = connect(door.port, "127.0.0.1");
  plain.on("error", () => {});
  plain.end("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
  let heard = "";
  plain.setEncoding("latin1").on("data", (text: string) => {
    heard += text;
  });
  await once(plain, "close");
  assert.ok(!heard.includes("200"));
});

test("events come as they are, each with its name and its JSON", async (t) => {
  const { ask } = await aDoor(t);
  const { headers, text } = await ask({ path: "/v1/events", headers: AUTHORIZED });
  assert.equal(headers["content-type"], "text/event-stream");
  const event = (n: number): string => `event: value\ndata: {"n":${n},"text":"a\\nb"}\n\n`;
  assert.equal(text, `: \n\n${event(1)}${event(2)}${event(3)}`);
});

test("whatever comes over the wire, it is answered or closed, and the next one is served", async (t) => {
  const { ask, door } = await aDoor(t);
  const send = async (bytes: Uint8Array | string): Promise<void> => {
    const socket = connect(door.port, "127.0.0.1");
    socket.on("error", () => {}).resume();
    socket.end(bytes);
    await once(socket, "close");
  };
  const line = fc.string({ unit: "binary" });
  const http = fc.tuple(line, line, fc.string()).map(([target, header, body]) => {
    const head = `POST /v1/${target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${TOKEN}\r\nx: ${header}`;
    return `${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), http), (bytes) => send(bytes)),
    { numRuns: 60 },
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (body) => {
      const { status } = await ask({ method: "POST", path: "/v1/echo", headers: AUTHORIZED, body });
      assert.ok(status === 200 || status === 400, String(status));
    }),
    { numRuns: 60 },
  );
  const long = await ask({ headers: { ...AUTHORIZED, x: "x".repeat(10_000) } });
  assert.equal(long.status, 431);
  assert.equal((await ask({ headers: AUTHORIZED })).status, 200);
});

test("who says nothing, or too slowly, is hung up on; who opens many gets no more", async (t) => {
  const limits = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 50 };
  const { ask, door } = await aDoor(t, { limits });
  const open = async (text: string) => {
    const socket = connect(door.port, "127.0.0.1");
    socket.on("error", () => {}).resume();
    await once(socket, "connect");
    socket.write(text);
    return once(socket, "close");
  };
  const head = `POST /v1/echo HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${TOKEN}\r\n`;
  await Promise.all([open("GET /v1/sta"), open(head), open(`${head}content-length: 10\r\n\r\n{`)]);
  assert.equal((await ask({ headers: AUTHORIZED })).status, 200);

  const { door: other } = await aDoor(t);
  const sockets = await Promise.all(
    Array.from({ length: 64 }, async () => {
      const socket = connect(other.port, "127.0.0.1");
      await once(socket, "connect");
      return socket;
    }),
  );
  const surplus = connect(other.port, "127.0.0.1");
  surplus.on("error", () => {}).resume();
  await once(surplus, "close");
  for (const socket of sockets) socket.destroy();
});

test("a port that another has is named, with the key to change", async (t) => {
  const { door } = await aDoor(t);
  await assert.rejects(
    openHttpDoor({ address: "127.0.0.1", port: door.port, token: TOKEN, hosts: [] }, ROUTES, silentLogger),
    {
      name: "AdminSocketError",
      message: `cannot listen at 127.0.0.1:${door.port} (gateway.admin.listen): another process has it`,
    },
  );
});
