/** Connection IDs with Leshan, whose DTLS is Eclipse Californium's Scandium: an association outlives its socket. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Credentials } from "../../src/dtls/credentials.ts";
import { CIPHER_SUITES } from "../../src/dtls/suites.ts";
import { dtlsAddon, makePki } from "../support/dtls.ts";
import { connectTo, type OurEnd, type Theirs } from "./dtls/our-end.ts";
import { findLeshan } from "./leshan/installation.ts";
import type { LeshanSecurity } from "./leshan/leshan-security.ts";
import { LeshanServer } from "./leshan/leshan-server.ts";

const LIMIT = { timeout: 60_000 };
const KEY = Buffer.from("0123456789abcdef");
const client = (identity: string) => ({ endpoint: identity, identity, key: KEY });
const psk = (identity: string): Credentials => ({ mode: "psk", identity, key: KEY });

type Connect = (credentials: Credentials, options?: Theirs["options"]) => Promise<OurEnd>;

async function aLeshan(t: TestContext, security: LeshanSecurity): Promise<Connect | undefined> {
  const java = await findLeshan(t);
  const native = dtlsAddon(t);
  if (java === undefined || native === undefined) return undefined;
  const { coapsPort: port } = await LeshanServer.start(t, java, "nobody", security);
  assert.ok(port !== undefined);
  return (credentials, options = {}) => connectTo(t, native, { port, credentials, options });
}

/** A CoAP ping (RFC 7252 §1.2); resolves when it is answered by a Reset. The message ID is two letters. */
async function ping(ours: OurEnd, id: string): Promise<void> {
  ours.say(`\x40\0${id}`);
  await ours.hears(new RegExp(`\x70\0${id}`));
}

test("from another port the same association goes on without a handshake, each of two by its ID", LIMIT, async (t) => {
  const connect = await aLeshan(t, { clients: [client("one"), client("two")] });
  if (connect === undefined) return;
  const both = [await connect(psk("one")), await connect(psk("two"))];
  for (const ours of both) {
    assert.equal((await ours.session).connectionId, true);
    await ping(ours, "aa");
  }
  for (const id of ["bb", "cc"]) {
    for (const ours of both) await ours.rebind();
    for (const ours of both) await ping(ours, id);
  }
});

for (const { number, name } of CIPHER_SUITES.filter(({ authentication, aead }) => aead && authentication === "psk")) {
  test(`${name} with IDs of one byte`, LIMIT, async (t) => {
    const connect = await aLeshan(t, { connectionIdLength: 1, clients: [client("one")] });
    if (connect === undefined) return;
    const ours = await connect(psk("one"), { suites: [number] });
    const { suite, connectionId } = await ours.session;
    assert.deepEqual([suite, connectionId], [number, true]);
    await ours.rebind();
    await ping(ours, "aa");
  });
}

test("a resumed session gets an ID too", LIMIT, async (t) => {
  const connect = await aLeshan(t, { clients: [client("one")] });
  if (connect === undefined) return;
  const first = await connect(psk("one"));
  const { resumption } = await first.session;
  assert.ok(resumption !== undefined);
  const second = await connect(psk("one"), { session: resumption });
  const { resumed, connectionId } = await second.session;
  assert.deepEqual([resumed, connectionId], [true, true]);
  await second.rebind();
  await ping(second, "aa");
});

test("a server that wants none, and a client that wants none, go on as ever", LIMIT, async (t) => {
  for (const [security, options] of [
    [{ connectionIdLength: 0 }, {}],
    [{}, { connectionId: "off" }],
  ] as const) {
    const connect = await aLeshan(t, { ...security, clients: [client("one")] });
    if (connect === undefined) return;
    const ours = await connect(psk("one"), options);
    assert.equal((await ours.session).connectionId, false);
    await ping(ours, "aa");
  }
});

test("raw public keys, and certificates, with a Connection ID", LIMIT, async (t) => {
  const pki = makePki(t);
  if (pki === undefined) return;
  const { server, client: own, ca } = pki;
  const { privateKey } = own;
  const connect = await aLeshan(t, {
    connectionIdLength: 8,
    identity: { privateKey: server.privateKey, certificates: [server.certificate], trusted: [ca.certificate] },
    clients: [{ endpoint: "raw", publicKey: own.publicKey }, { endpoint: "client" }],
  });
  if (connect === undefined) return;
  const modes: Credentials[] = [
    { mode: "rpk", privateKey, serverPublicKey: server.publicKey },
    {
      mode: "x509",
      privateKey,
      certificates: [own.certificate],
      server: [{ usage: 2, matching: 0, data: ca.certificate }],
    },
  ];
  for (const credentials of modes) {
    const ours = await connect(credentials);
    assert.equal((await ours.session).connectionId, true);
    await ours.rebind();
    await ping(ours, "aa");
  }
});
