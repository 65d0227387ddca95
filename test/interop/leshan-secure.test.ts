/** The gateway at Leshan over DTLS, behind a NAT: pre-shared keys, raw public keys, certificates; a server that dies. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { dtlsAddon, makePki, type Pki } from "../support/dtls.ts";
import { GatewayProcess } from "./leshan/gateway-process.ts";
import { findLeshan } from "./leshan/installation.ts";
import type { LeshanClient, LeshanSecurity } from "./leshan/leshan-security.ts";
import { LeshanServer } from "./leshan/leshan-server.ts";
import { type LeshanValue, type Notification, valuesOf } from "./leshan/messages.ts";
import { WireRecorder } from "./leshan/wire-recorder.ts";

const LIMIT = { timeout: 90_000 };
const KEY = Buffer.from("0123456789abcdef");
/** A number that the server itself can change, and that the account keeps. */
const NUMBER = "/1/0/5";
/** Leshan knows who comes with a certificate by its CN. */
const ENDPOINT = "client";

interface Mode {
  readonly client: LeshanClient;
  readonly identity?: LeshanSecurity["identity"];
  /** The keys of the server's entry, and the files that they name. */
  readonly keys: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
}

const PSK: Mode = {
  client: { endpoint: ENDPOINT, identity: "gateway-1", key: KEY },
  keys: "psk: { identity: gateway-1, key: !secret psk }",
  files: { "secrets.yaml": `psk: ${KEY.toString("hex")}\n` },
};

const MODES: Readonly<Record<string, (pki: Pki) => Mode>> = {
  "raw public keys": ({ client, server }) => ({
    client: { endpoint: ENDPOINT, publicKey: client.publicKey },
    identity: { privateKey: server.privateKey, publicKey: server.publicKey },
    keys: "rpk: { private_key: client.key, server_public_key: server.der }",
    files: { "client.key": readFileSync(client.keyFile), "server.der": server.publicKey },
  }),
  certificates: ({ client, server, ca }) => ({
    client: { endpoint: ENDPOINT },
    identity: { privateKey: server.privateKey, certificates: [server.certificate], trusted: [ca.certificate] },
    keys: "x509: { private_key: client.key, certificates: client.pem, server: ca.pem }",
    files: {
      "client.key": readFileSync(client.keyFile),
      "client.pem": readFileSync(client.certificateFile),
      "ca.pem": readFileSync(ca.certificateFile),
    },
  }),
};

interface World {
  readonly leshan: LeshanServer;
  readonly gateway: GatewayProcess;
  readonly wire: WireRecorder;
  /** A Leshan that knows nothing, in the place of the one that was killed. */
  startAgain(): Promise<LeshanServer>;
}

/** Resolves when the gateway is registered. */
async function aWorld(
  t: TestContext,
  { client, identity, keys, files }: Mode,
  more = "lifetime: 4s",
): Promise<World | undefined> {
  const java = await findLeshan(t);
  if (java === undefined || dtlsAddon(t) === undefined) return undefined;
  const security: LeshanSecurity = { clients: [client], ...(identity === undefined ? {} : { identity }) };
  const start = () => LeshanServer.start(t, java, ENDPOINT, security);
  const leshan = await start();
  const wire = await WireRecorder.open(t, leshan.coapsPort ?? 0);
  const server = `${keys}, ${more}`;
  const gateway = new GatewayProcess(t, { scheme: "coaps", endpoint: ENDPOINT, port: wire.port, server, files });
  await leshan.events.next(0, "REGISTRATION");
  return {
    ...{ leshan, gateway, wire },
    async startAgain() {
      const another = await start();
      wire.serverPort = another.coapsPort ?? 0;
      return another;
    },
  };
}

/** It is read and observed; then the NAT forgets it, and it is read and observed as before. */
async function livesOn({ leshan, wire }: World): Promise<void> {
  assert.equal((await leshan.observe(NUMBER, "SENML_CBOR")).status, "CONTENT(205)");
  await notifies(leshan, 101);
  const { registrationId } = await leshan.registration();
  const mark = leshan.events.mark;
  wire.remap();
  // The server cannot know where the gateway is before that has said something.
  await leshan.events.next(mark, "UPDATED");
  await notifies(leshan, 102);
  assert.equal((await leshan.read(NUMBER, "TEXT")).status, "CONTENT(205)");
  assert.deepEqual(leshan.events.since(mark, "REGISTRATION"), []);
  assert.equal((await leshan.registration()).registrationId, registrationId);
}

async function notifies(leshan: LeshanServer, value: number): Promise<void> {
  const mark = leshan.events.mark;
  const node = { kind: "singleResource", id: 5, type: "INTEGER", value: String(value) } as const;
  assert.equal((await leshan.write(NUMBER, node, "TEXT")).status, "CHANGED(204)");
  await leshan.events.next(mark, "NOTIFICATION", (one) => valueIn(one) === String(value));
}

function valueIn({ val, res }: Notification): LeshanValue | undefined {
  return valuesOf(val, res)[NUMBER];
}

test("a pre-shared key: read, observed, and known by its Connection ID at another port", LIMIT, async (t) => {
  const world = await aWorld(t, PSK);
  if (world === undefined) return;
  await livesOn(world);
  assert.equal(handshakes(world), 1);
});

test(
  "without a Connection ID the session is taken up again, and registration and observation go on",
  LIMIT,
  async (t) => {
    const world = await aWorld(t, PSK, "dtls: { connection_id: off }, lifetime: 12s");
    if (world === undefined) return;
    await livesOn(world);
    assert.equal(handshakes(world), 2);
    await world.gateway.printed(/"resumed":true/);
  },
);

for (const [name, mode] of Object.entries(MODES)) {
  test(`${name}: the same`, LIMIT, async (t) => {
    const pki = makePki(t);
    const world = pki === undefined ? undefined : await aWorld(t, mode(pki));
    if (world === undefined) return;
    await livesOn(world);
    assert.equal(handshakes(world), 1);
  });
}

test("a Leshan that was killed and knows nothing any more is found, and has it registered", LIMIT, async (t) => {
  const world = await aWorld(t, PSK, "lifetime: 12s");
  if (world === undefined) return;
  await world.leshan.kill();
  const another = await world.startAgain();
  await another.events.next(0, "REGISTRATION");
  assert.equal((await another.observe(NUMBER, "SENML_CBOR")).status, "CONTENT(205)");
  await notifies(another, 103);
  assert.deepEqual((await world.gateway.stop()).code, 0);
});

/** Begun by the gateway: records of a handshake in epoch 0 that are a ClientHello with its first message number. */
function handshakes({ wire }: World): number {
  const hellos = wire.datagrams.filter(
    ({ fromGateway, bytes }) => fromGateway && bytes[0] === 22 && bytes[13] === 1 && bytes[18] === 0,
  );
  return hellos.length;
}
