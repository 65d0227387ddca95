/** GnuTLS's echo server (`gnutls-serv`, Debian's gnutls-bin) against our association. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Credentials } from "../../src/dtls/credentials.ts";
import { dtlsAddon, makePki } from "../support/dtls.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { start } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { freeUdpPort } from "../support/udp-relay.ts";
import { connectTo } from "./dtls/our-end.ts";

const LIMIT = { timeout: 10_000 };
const KEY = Buffer.from("0123456789abcdef");

everyTestIsAgainst("GnuTLS", debianVersion("gnutls-bin"));

async function aServer(t: TestContext, args: readonly string[]) {
  if (!hasTool(t, "gnutls-serv", "apt install gnutls-bin")) return undefined;
  const native = dtlsAddon(t);
  if (native === undefined) return undefined;
  const port = await freeUdpPort();
  const process = start(t, "gnutls-serv", ["--udp", "--echo", "--port", String(port), ...args]);
  await process.printed(/IPv4 0\.0\.0\.0 port \d+\.\.\.done/);
  return { native, port, process };
}

/** `key`: what the server holds for our identity. */
function pskArgs(t: TestContext, ciphers: string, key = KEY, identity = "gateway-1"): string[] {
  const file = join(temporaryDirectory(t), "psk.txt");
  writeFileSync(file, `${identity}:${key.toString("hex")}\n`);
  const priority = `NONE:+VERS-DTLS1.2:${ciphers}:+SIGN-ALL:+COMP-NULL:+GROUP-SECP256R1`;
  return ["--pskpasswd", file, "--priority", priority];
}

const psk: Credentials = { mode: "psk", identity: "gateway-1", key: KEY };

for (const [number, ciphers] of [
  [0xc0a8, "+PSK:+AES-128-CCM-8:+AEAD"],
  [0x00a8, "+PSK:+AES-128-GCM:+AEAD"],
  [0x00ae, "+PSK:+AES-128-CBC:+SHA256"],
  [0xc037, "+ECDHE-PSK:+AES-128-CBC:+SHA256"],
] as const) {
  test(`suite 0x${number.toString(16).padStart(4, "0")}: a handshake, and an echo`, LIMIT, async (t) => {
    const server = await aServer(t, pskArgs(t, ciphers));
    if (server === undefined) return;
    const { native, port } = server;
    const ours = await connectTo(t, native, { port, credentials: psk, options: { suites: [number] } });
    assert.equal((await ours.session).suite, number);
    ours.say("from the gateway\n");
    await ours.hears(/from the gateway/);
  });
}

test("another key, and an identity that it does not know, are refused in words", LIMIT, async (t) => {
  for (const args of [
    pskArgs(t, "+PSK:+AES-128-CCM-8:+AEAD", Buffer.from("another key")),
    pskArgs(t, "+PSK:+AES-128-CCM-8:+AEAD", KEY, "somebody"),
  ]) {
    const server = await aServer(t, args);
    if (server === undefined) return;
    const { native, port } = server;
    const ours = await connectTo(t, native, { port, credentials: psk, options: { handshakeTimeout: 2500 } });
    await assert.rejects(ours.session, /our PSK/);
  }
});

test("raw public keys on both sides, and another key than the expected one", LIMIT, async (t) => {
  const pki = makePki(t);
  if (pki === undefined) return;
  const { client, server: own } = pki;
  const publicFile = join(temporaryDirectory(t), "server.pub");
  const pem = Buffer.from(own.publicKey).toString("base64");
  writeFileSync(publicFile, `-----BEGIN PUBLIC KEY-----\n${pem.replace(/.{64}/g, "$&\n")}\n-----END PUBLIC KEY-----\n`);
  const priority = "NORMAL:-VERS-ALL:+VERS-DTLS1.2:+AES-128-CCM-8:+CTYPE-SRV-RAWPK:+CTYPE-CLI-RAWPK";
  const args = [
    "--rawpkfile",
    publicFile,
    "--rawpkkeyfile",
    own.keyFile,
    "--require-client-cert",
    "--priority",
    priority,
  ];
  const credentials = (serverPublicKey: Uint8Array): Credentials => ({
    mode: "rpk",
    privateKey: client.privateKey,
    serverPublicKey,
  });
  // It serves one client at a time, and is patient with the first.
  const [known, other] = [await aServer(t, args), await aServer(t, args)];
  if (known === undefined || other === undefined || !known.native.rawPublicKeys) return;
  const ours = await connectTo(t, known.native, { port: known.port, credentials: credentials(own.publicKey) });
  await ours.session;
  ours.say("from the gateway\n");
  await ours.hears(/from the gateway/);
  const wrong = await connectTo(t, other.native, {
    port: other.port,
    credentials: credentials(pki.stranger.publicKey),
  });
  await assert.rejects(wrong.session, /another public key than the one that is configured/);
});
