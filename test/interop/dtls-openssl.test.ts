/** OpenSSL's own server (`openssl s_server`) against our association. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import type { Certificates, Credentials } from "../../src/dtls/credentials.ts";
import type { CertificateUsage } from "../../src/dtls/native.ts";
import { CIPHER_SUITES } from "../../src/dtls/suites.ts";
import { dtlsAddon, makePki, type Pki } from "../support/dtls.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { everyTestIsAgainst } from "../support/peer.ts";
import { type RunningProcess, start } from "../support/process.ts";
import { freeUdpPort } from "../support/udp-relay.ts";
import { connectTo } from "./dtls/our-end.ts";

const LIMIT = { timeout: 30_000 };
const KEY = Buffer.from("0123456789abcdef");
const psk: Credentials = { mode: "psk", identity: "gateway-1", key: KEY };

everyTestIsAgainst(
  "OpenSSL",
  /OpenSSL (\S+)/.exec(spawnSync("openssl", ["version"], { encoding: "utf8" }).stdout)?.[1] ?? "?",
);

/** The server on a free port: what it is told on its standard input it says to its client. */
async function aServer(t: TestContext, args: readonly string[]) {
  if (!hasTool(t, "openssl", "apt install openssl")) return undefined;
  const native = dtlsAddon(t);
  if (native === undefined) return undefined;
  const port = await freeUdpPort();
  const common = ["s_server", "-dtls1_2", "-accept", `127.0.0.1:${port}`];
  const process: RunningProcess = start(t, "openssl", [...common, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  await process.printed(/ACCEPT/);
  return { native, port, process, says: (text: string) => process.child.stdin?.write(text) };
}

const pskServer = (suite: string): string[] => [
  ...["-nocert", "-psk", KEY.toString("hex"), "-psk_identity", "gateway-1"],
  ...["-cipher", `${suite}:@SECLEVEL=0`],
];

for (const { number, name, openssl } of CIPHER_SUITES.filter(({ authentication }) => authentication === "psk")) {
  test(`${name}: a handshake, and a word in each direction`, LIMIT, async (t) => {
    const server = await aServer(t, pskServer(openssl));
    if (server === undefined) return;
    const ours = await connectTo(t, server.native, {
      port: server.port,
      credentials: psk,
      options: { suites: [number] },
    });
    const { suite, extendedMasterSecret, connectionId } = await ours.session;
    // It knows of no Connection IDs.
    assert.deepEqual([suite, extendedMasterSecret, connectionId], [number, true, false]);
    ours.say("from the gateway\n");
    await server.process.printed(/from the gateway/);
    server.says("from the server\n");
    await ours.hears(/from the server/);
  });
}

test("the second handshake resumes the first", LIMIT, async (t) => {
  const server = await aServer(t, pskServer("PSK-AES128-CCM8"));
  if (server === undefined) return;
  const first = await connectTo(t, server.native, { port: server.port, credentials: psk });
  const { resumed, resumption } = await first.session;
  assert.equal(resumed, false);
  assert.ok(resumption !== undefined);
  first.close();
  await server.process.printed(/ACCEPT[\s\S]*DONE|shutdown accept socket|ACCEPT[\s\S]*ACCEPT|CONNECTION CLOSED/);
  const second = await connectTo(t, server.native, {
    port: server.port,
    credentials: psk,
    options: { session: resumption },
  });
  assert.equal((await second.session).resumed, true);
});

test("with another key it falls silent, and that is told in words", LIMIT, async (t) => {
  const server = await aServer(t, pskServer("PSK-AES128-CCM8"));
  if (server === undefined) return;
  const ours = await connectTo(t, server.native, {
    port: server.port,
    credentials: { mode: "psk", identity: "gateway-1", key: Buffer.from("another key") },
    options: { handshakeTimeout: 2500 },
  });
  await assert.rejects(ours.session, /our PSK is not the one that it has/);
});

// ── certificates ─────────────────────────────────────────────────────────────

function certificates(pki: Pki, usage: CertificateUsage, data: Uint8Array): Certificates {
  const { certificate, privateKey } = pki.client;
  return { mode: "x509", certificates: [certificate], privateKey, server: [{ usage, matching: 0, data }] };
}

async function aCertified(t: TestContext, suite: string) {
  const pki = makePki(t);
  if (pki === undefined) return undefined;
  const own = ["-cert", pki.server.certificateFile, "-key", pki.server.keyFile];
  const asks = ["-Verify", "1", "-verify_return_error", "-CAfile", pki.ca.certificateFile];
  const server = await aServer(t, [...own, ...asks, "-cipher", `${suite}:@SECLEVEL=0`]);
  return server === undefined ? undefined : { ...server, pki };
}

for (const { number, name, openssl } of CIPHER_SUITES.filter(
  ({ authentication }) => authentication === "certificate",
)) {
  test(`${name}: both show certificates of one CA`, LIMIT, async (t) => {
    const server = await aCertified(t, openssl);
    if (server === undefined) return;
    const { native, port, pki, process } = server;
    const credentials = certificates(pki, 2, pki.ca.certificate);
    const ours = await connectTo(t, native, { port, credentials, options: { suites: [number] } });
    assert.equal((await ours.session).suite, number);
    ours.say("from the gateway\n");
    await process.printed(/from the gateway/);
  });
}

test("a server of another name is not ours, and is told that", LIMIT, async (t) => {
  const server = await aCertified(t, "ECDHE-ECDSA-AES128-CCM8");
  if (server === undefined) return;
  const { native, port, pki, process } = server;
  const credentials = certificates(pki, 2, pki.ca.certificate);
  const ours = await connectTo(t, native, { port, credentials, options: { host: "other.example" } });
  await assert.rejects(ours.session, /the server's certificate is not for other\.example/);
  await process.printed(/alert bad certificate/);
});

test("a client of another CA is refused, and hears why", LIMIT, async (t) => {
  const server = await aCertified(t, "ECDHE-ECDSA-AES128-CCM8");
  if (server === undefined) return;
  const { native, port, pki } = server;
  const { certificate, privateKey } = pki.stranger;
  const credentials = { ...certificates(pki, 3, pki.server.certificate), certificates: [certificate], privateKey };
  const ours = await connectTo(t, native, { port, credentials });
  await assert.rejects(ours.session, /the server (?:does not take our certificate|does not know the CA)/);
});
