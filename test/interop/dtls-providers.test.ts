/**
 * What every provider of DTLS must stand, at libcoap's servers, over OpenSSL and GnuTLS.
 * DTLS_HANDSHAKES makes more of them, DTLS_DATAGRAMS more of what strangers send.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { fakeRandom, settle, settleUntil } from "../support/fake-clock.ts";
import { aLibcoapServer, type LibcoapOptions, type LibcoapServer } from "../support/libcoap-server.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { aRelay, type UdpRelay, type Weather } from "../support/udp-relay.ts";
import { fastClock, KEY, type Ours, ourEnd, PROVIDERS, type Provider } from "./dtls/providers.ts";

const { DTLS_HANDSHAKES = "12", DTLS_DATAGRAMS = "5000" } = process.env;
const HANDSHAKES = Number(DTLS_HANDSHAKES);
const DATAGRAMS = Number(DTLS_DATAGRAMS);
const AT_A_TIME = 12;
/** How many of a hundred must come to their end within a minute, where 10 % are lost and 10 % overtaken, each way. */
const LEAST: Readonly<Record<Provider, number>> = { openssl: 99, "node-dtls-client": 95 };
/** Where the least memory is that a test may call a leak, in bytes. */
const NOISE = 48 * 2 ** 20;
const LIMIT = { timeout: 60_000 };

everyTestIsAgainst("libcoap", debianVersion("libcoap3-bin"));

async function connected(
  t: TestContext,
  provider: Provider,
  options: Partial<LibcoapOptions> = {},
): Promise<{ readonly server: LibcoapServer; readonly relay: UdpRelay; readonly ours: Ours } | undefined> {
  const server = await aLibcoapServer(t, { key: KEY, ...options });
  if (server === undefined) return undefined;
  const relay = await aRelay(t, server.port);
  const ours = await ourEnd(t, provider, { port: relay.port });
  if (ours === undefined) return undefined;
  await ours.transport.resolve();
  return { server, relay, ours };
}

for (const provider of PROVIDERS) {
  for (const library of ["openssl", "gnutls"] as const) {
    for (const hint of ["", "a hint"]) {
      const name = hint === "" ? "no hint" : "a hint";
      test(`${provider}: a handshake with ${name} of libcoap over ${library}, and an answer`, LIMIT, async (t) => {
        const world = await connected(t, provider, { library, hint });
        await world?.ours.isAnswered(1);
      });
    }
  }

  test(`${provider}: another key is told in words, and never leads to an association`, LIMIT, async (t) => {
    const server = await aLibcoapServer(t, { key: KEY });
    if (server === undefined) return;
    const key = Buffer.from("another key");
    const ours = await ourEnd(t, provider, { port: server.port, key, clock: fastClock(10) });
    if (ours === undefined) return;
    await assert.rejects(ours.transport.resolve(), /^Error: no DTLS association with .*: .*our PSK/);
    assert.deepEqual([ours.transport.security, ours.events], [undefined, []]);
  });

  test(`${provider}: two hundred records lost in a row, then a hundred of a hundred answers`, LIMIT, async (t) => {
    const world = await connected(t, provider);
    if (world === undefined) return;
    const { relay, ours } = world;
    let lost = 0;
    relay.loses = (_, towards) => towards === "client" && ++lost > 0;
    for (let id = 1; id <= 200; id++) ours.ask(id);
    await settleUntil("they are lost", () => lost >= 200);
    relay.loses = () => false;
    // OpenSSL goes on as if nothing was; the other is deaf by then: what the gateway does when a message stays unanswered.
    if (provider === "node-dtls-client") {
      ours.transport.doubt?.();
      await ours.transport.resolve();
    }
    for (let id = 1001; id <= 1100; id++) await ours.isAnswered(id);
  });

  test(`${provider}: behind a NAT that gives it another port it is back at once`, LIMIT, async (t) => {
    const world = await connected(t, provider);
    if (world === undefined) return;
    const { relay, ours } = world;
    await ours.isAnswered(1);
    relay.remap();
    // libcoap knows no Connection IDs: to it this comes from somebody else.
    ours.ask(2);
    ours.transport.doubt?.();
    await ours.transport.resolve();
    for (let id = 3; id <= 20; id++) await ours.isAnswered(id);
    assert.ok(!ours.answered.has(2));
  });

  test(`${provider}: a close_notify of the server is told, and ends nothing else`, LIMIT, async (t) => {
    const world = await connected(t, provider);
    if (world === undefined) return;
    const { ours, server } = world;
    server.process.child.kill("SIGINT");
    await settleUntil("it is told", () => ours.events.length === 2);
    assert.deepEqual(ours.events[1], { type: "interrupted", reason: "the server ended the DTLS association" });
    assert.equal(ours.transport.security, undefined);
  });

  test(`${provider}: strangers in the midst of handshakes end no more than one of them`, LIMIT, async (t) => {
    const server = await aLibcoapServer(t, { key: KEY });
    if (server === undefined) return;
    const relay = await aRelay(t, server.port);
    const ours = await ourEnd(t, provider, { port: relay.port, clock: fastClock(4) });
    if (ours === undefined) return;
    let said = 0;
    relay.onPassing = (port) => {
      for (const record of STRANGE.slice(said, said + 1)) relay.say(port, record);
      said++;
    };
    // What they say is said once; who was disturbed tries again.
    for (let tries = 0; ours.transport.security === undefined && tries <= STRANGE.length; tries++)
      await ours.transport.resolve().catch(() => {});
    await ours.isAnswered(1);
  });

  test(`${provider}: ${DATAGRAMS} changed records end no association and leave no memory behind`, LIMIT, async (t) => {
    const heard: Buffer[] = [];
    const world = await connected(t, provider);
    if (world === undefined) return;
    const { relay, ours } = world;
    relay.loses = (bytes) => heard.push(Buffer.from(bytes)) < 0;
    for (let id = 1; id <= 8; id++) await ours.isAnswered(id);
    const [port = 0] = relay.ports;
    const changed = changes([...heard, ...STRANGE]);
    const play = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        relay.say(port, changed());
        if (i % 20 === 0) await settle();
      }
    };
    await play(DATAGRAMS / 10);
    const before = process.memoryUsage.rss();
    await play(DATAGRAMS);
    const after = process.memoryUsage.rss();
    t.diagnostic(
      `${provider}: RSS ${mebibytes(before)} MiB before, ${mebibytes(after)} MiB after ${DATAGRAMS} records`,
    );
    assert.ok(after - before < NOISE);
    await ours.isAnswered(99);
    assert.deepEqual(
      ours.events.map(({ type }) => type),
      ["associated"],
    );
    assert.deepEqual([...ours.answered], [1, 2, 3, 4, 5, 6, 7, 8, 99]);
  });

  for (const weather of [
    { loss: 0.1, reordering: 0.1 },
    ...(HANDSHAKES < 100
      ? []
      : [
          { loss: 0.05, reordering: 0.05 },
          { loss: 0.2, reordering: 0.1 },
        ]),
  ]) {
    const words = `${weather.loss * 100} % lost and ${weather.reordering * 100} % overtaken each way`;
    test(`${provider}: ${HANDSHAKES} handshakes, ${words}`, { timeout: 15 * MINUTE }, async (t) => {
      const times = await handshakes(t, provider, weather);
      if (times === undefined) return;
      const done = times.filter((time) => time <= MINUTE).sort((a, b) => a - b);
      const [half = 0, most = 0, last = 0] = [0.5, 0.9, 1].map((part) => done[Math.ceil(done.length * part) - 1]);
      const seconds = [half, most, last].map((time) => (time / SECOND).toFixed(1)).join(", ");
      t.diagnostic(
        `${provider}, ${words}: ${done.length} of ${HANDSHAKES} within 60 s; median, 90 %, last: ${seconds} s`,
      );
      if (weather.loss <= 0.1) assert.ok(done.length >= Math.floor((HANDSHAKES * LEAST[provider]) / 100));
    });
  }
}

/** How long each took; Infinity: it failed. */
async function handshakes(t: TestContext, provider: Provider, weather: Weather): Promise<Millis[] | undefined> {
  const server = await aLibcoapServer(t, { key: KEY });
  if (server === undefined) return undefined;
  const relay = await aRelay(t, server.port, 7);
  relay.weather = weather;
  const times: Millis[] = [];
  let left = HANDSHAKES;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const ours = await ourEnd(t, provider, { port: relay.port });
      if (ours === undefined) return;
      const begun = performance.now();
      const failed = await ours.transport.resolve().then(
        () => false,
        () => true,
      );
      times.push(failed ? Number.POSITIVE_INFINITY : performance.now() - begun);
      await ours.transport.close();
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, one));
  return times;
}

function record(type: number, epoch: number, body: readonly number[]): Buffer {
  return Buffer.from([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 9, 0, body.length, ...body]);
}

/** Data, alerts, handshake messages and what is none, of every epoch: nobody has ciphered them. */
const STRANGE: readonly Buffer[] = [
  ...[0, 1, 2].map((epoch) => record(23, epoch, [...Buffer.from("forged")])),
  ...[0, 1, 2].map((epoch) => record(20, epoch, [1])),
  ...[0, 1, 4, 11, 13, 20, 77].map((type) => record(22, 0, [type, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])),
  ...[1, 2].map((epoch) => record(22, epoch, [20, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])),
  ...[1, 2].map((epoch) => record(21, epoch, [2, 40])),
  record(22, 0, [2]),
  record(99, 0, [1, 2, 3]),
];

/** One of them each time, with up to three bytes changed and perhaps cut; the same in each run. */
function changes(records: readonly Buffer[]): () => Uint8Array {
  const random = fakeRandom(3);
  const below = (limit: number): number => {
    const [a = 0, b = 0] = random(2);
    return ((a << 8) | b) % limit;
  };
  return () => {
    const bytes = Buffer.from(records[below(records.length)] ?? []);
    for (let left = 1 + below(3); left > 0; left--) bytes[below(bytes.length)] = below(256);
    return below(4) === 0 ? bytes.subarray(0, 1 + below(bytes.length)) : bytes;
  };
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
