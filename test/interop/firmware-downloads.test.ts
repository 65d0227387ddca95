/** Images from servers that others wrote: nginx (HTTP, HTTPS), libcoap (CoAP, with DTLS too), aiocoap (CoAP, over TCP too). */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openCoapSocket } from "../../demo/coap-socket.ts";
import { MINUTE, systemClock, systemRandom } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { OPTION, stringOptions } from "../../src/coap/options.ts";
import type { ServerSettings } from "../../src/config/types.ts";
import type { Credentials } from "../../src/dtls/credentials.ts";
import { DownloadError } from "../../src/firmware/download.ts";
import { downloaders } from "../../src/gateway/firmware/downloads.ts";
import { aCuttingRelay } from "../support/a-cutting-relay.ts";
import { anImage } from "../support/a-download.ts";
import { AnIncomingImage } from "../support/an-incoming-image.ts";
import { dtlsAddon, makePki } from "../support/dtls.ts";
import { findTool } from "../support/foreign-tool.ts";
import { debianVersion, tellPeer } from "../support/peer.ts";
import { start } from "../support/process.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { INSTALL, VARIANTS } from "./libcoap-client.ts";
import { findAiocoap, freePort } from "./tcp/aiocoap.ts";

const LIMIT = { timeout: 60_000 };
const BODY = anImage(300_000);
const KEY = "0123456789abcdef";
const PSK: Credentials = { mode: "psk", identity: "gateway-1", key: Buffer.from(KEY) };

interface Given {
  readonly servers?: readonly Pick<ServerSettings, "host" | "port" | "security">[];
  readonly ca?: string;
}

/** What fetches, as the gateway has it; and what became of it. */
function aWorld(t: TestContext, { servers = [], ca }: Given = {}) {
  const lines: LogLine[] = [];
  const into = AnIncomingImage.begin(t);
  const marks: string[] = [];
  const all = downloaders({
    servers: servers.map(({ security, ...rest }) => ({ ...rest, ...(security === undefined ? {} : { security }) })),
    settings: { patience: MINUTE, ...(ca === undefined ? {} : { ca }) },
    clock: { ...systemClock, forCertificates: { now: Date.now() } },
    random: systemRandom,
    log: recordingLogger(lines),
  });
  const fetch = async (uri: string, mark?: string): Promise<readonly [number, string] | undefined> => {
    const known = all.find(({ schemes }) => schemes.includes(uri.split(":")[0] ?? ""));
    const hears = { onProgress: () => {}, onMark: (told: string) => marks.push(told), ...(mark ? { mark } : {}) };
    try {
      await known?.fetch(uri, into, new AbortController().signal, hears);
      return undefined;
    } catch (error) {
      assert.ok(error instanceof DownloadError, String(error));
      return [error.result, error.message];
    }
  };
  return { lines, into, marks, fetch };
}

async function listens(port: number): Promise<void> {
  const end = performance.now() + 10_000;
  for (let open = false; !open; ) {
    assert.ok(performance.now() < end, "it does not listen");
    const socket = connect(port, "127.0.0.1");
    open = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
  }
}

// ── nginx ────────────────────────────────────────────────────────────────────

async function anNginx(t: TestContext, tls?: { readonly certificateFile: string; readonly keyFile: string }) {
  const program = findTool(t, ["nginx", "/usr/sbin/nginx"], "apt-get install -y nginx-light");
  if (program === undefined) return undefined;
  tellPeer(t, "nginx", debianVersion("nginx"));
  const folder = temporaryDirectory(t);
  const port = await freePort();
  writeFileSync(join(folder, "image.bin"), BODY);
  const secured =
    tls === undefined ? "" : `ssl_certificate ${tls.certificateFile}; ssl_certificate_key ${tls.keyFile};`;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http {
  access_log off; default_type application/octet-stream; gzip on; gzip_types *; gzip_min_length 1;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  server { listen 127.0.0.1:${port}${tls === undefined ? "" : " ssl"}; root ${folder}; ${secured}
    location /moved { return 302 /image.bin; } }
}
`,
  );
  start(t, program, ["-p", folder, "-e", join(folder, "error.log"), "-c", join(folder, "nginx.conf")]);
  await listens(port);
  return { port };
}

test("nginx: three connections that break, a redirect, and it goes on by its ETag", LIMIT, async (t) => {
  const nginx = await anNginx(t);
  if (nginx === undefined) return;
  const relay = await aCuttingRelay(t, nginx.port, [100_000, 50_000]);
  const { fetch, into, lines, marks } = aWorld(t);
  assert.equal(await fetch(`http://127.0.0.1:${relay.port}/image.bin`), undefined);
  assert.ok(into.content.equals(BODY));
  assert.ok(!into.calls.includes("restart"));
  assert.equal(lines.length, 2);
  assert.match(marks[0] ?? "", /^"/);
  const again = aWorld(t);
  await again.into.write(BODY.subarray(0, 123_456));
  assert.equal(await again.fetch(`http://127.0.0.1:${nginx.port}/image.bin`, marks[0]), undefined);
  assert.ok(again.into.content.equals(BODY));
  assert.ok(!again.into.calls.includes("restart"));
  const moved = aWorld(t);
  // Its redirect names the port that it listens at.
  assert.equal(await moved.fetch(`http://127.0.0.1:${nginx.port}/moved`), undefined);
  assert.equal((await aWorld(t).fetch(`http://127.0.0.1:${nginx.port}/none`))?.[0], 7);
});

test("nginx with TLS: by a CA of the configuration", LIMIT, async (t) => {
  const pki = makePki(t);
  const nginx = pki === undefined ? undefined : await anNginx(t, pki.server);
  if (nginx === undefined || pki === undefined) return;
  const { fetch, into } = aWorld(t, { ca: readFileSync(pki.ca.certificateFile, "utf8") });
  assert.equal(await fetch(`https://127.0.0.1:${nginx.port}/image.bin`), undefined);
  assert.ok(into.content.equals(BODY));
});

// ── libcoap ──────────────────────────────────────────────────────────────────

/** One of its servers, which has our image at `image`. */
async function aLibcoap(t: TestContext, programs: readonly string[], ...args: readonly string[]) {
  const program = findTool(t, programs, INSTALL);
  if (program === undefined) return undefined;
  tellPeer(t, "libcoap", debianVersion("libcoap3-bin"));
  const port = await freePort();
  start(t, program, ["-A", "127.0.0.1", "-p", String(port), "-d", "10", ...args]);
  await listens(port);
  const socket = await openCoapSocket();
  t.after(() => socket.close());
  const put = { code: CODE.put, options: stringOptions(OPTION.uriPath, ["image"]), payload: BODY };
  assert.equal((await socket.request(`127.0.0.1:${port}`, put)).code, CODE.created);
  return { port };
}

test("libcoap: in blocks; its ETags are of one session, so that another process begins anew", LIMIT, async (t) => {
  const server = await aLibcoap(
    t,
    VARIANTS.map((variant) => `coap-server${variant}`),
  );
  if (server === undefined) return;
  const uri = `coap://127.0.0.1:${server.port}/image`;
  const { fetch, into, marks } = aWorld(t);
  assert.equal(await fetch(uri), undefined);
  assert.ok(into.content.equals(BODY));
  const again = aWorld(t);
  await again.into.write(BODY.subarray(0, 200_000));
  assert.equal(await again.fetch(uri, marks[0]), undefined);
  assert.ok(again.into.content.equals(BODY));
  assert.deepEqual([again.into.calls.includes("restart"), again.marks[0] === marks[0]], [true, false]);
  assert.equal((await aWorld(t).fetch(`${uri}-none`))?.[0], 7);
});

for (const library of ["openssl", "gnutls"]) {
  test(
    `coap-server-${library}: over DTLS with the key of the server that is configured, and with no other`,
    LIMIT,
    async (t) => {
      if (dtlsAddon(t) === undefined) return;
      const server = await aLibcoap(t, [`coap-server-${library}`], "-k", KEY);
      if (server === undefined) return;
      const port = server.port + 1;
      const security = { credentials: PSK, connectionId: "offer", provider: "auto" } as const;
      const { fetch, into } = aWorld(t, { servers: [{ host: "127.0.0.1", port: 1, security }] });
      assert.equal(await fetch(`coaps://127.0.0.1:${port}/image`), undefined);
      assert.ok(into.content.equals(BODY));
      const stranger = await aWorld(t).fetch(`coaps://127.0.0.1:${port}/image`);
      assert.equal(stranger?.[0], 7);
      assert.match(stranger?.[1] ?? "", /none of the servers/);
    },
  );
}

// ── aiocoap ──────────────────────────────────────────────────────────────────

async function anAiocoap(t: TestContext, transport: string) {
  const python = findAiocoap(t);
  if (python === undefined) return undefined;
  const folder = temporaryDirectory(t);
  writeFileSync(join(folder, "image.bin"), BODY);
  const port = await freePort();
  const env = { ...process.env, AIOCOAP_SERVER_TRANSPORT: transport };
  const arguments_ = ["-m", "aiocoap.cli.fileserver", "--bind", `127.0.0.1:${port}`, folder];
  start(t, python, arguments_, { env });
  return { port };
}

test("aiocoap over TCP: three connections that break, and it goes on by its ETag", LIMIT, async (t) => {
  const server = await anAiocoap(t, "tcpserver");
  if (server === undefined) return;
  await listens(server.port);
  const relay = await aCuttingRelay(t, server.port, [100_000, 50_000]);
  const { fetch, into } = aWorld(t);
  assert.equal(await fetch(`coap+tcp://127.0.0.1:${relay.port}/image.bin`), undefined);
  assert.ok(into.content.equals(BODY));
  assert.ok(!into.calls.includes("restart"), "it went on");
  assert.equal(relay.connections(), 3);
});

test("aiocoap over UDP", LIMIT, async (t) => {
  const server = await anAiocoap(t, "simplesocketserver");
  if (server === undefined) return;
  const { fetch, into } = aWorld(t);
  assert.equal(await fetch(`coap://127.0.0.1:${server.port}/image.bin`), undefined);
  assert.ok(into.content.equals(BODY));
});
