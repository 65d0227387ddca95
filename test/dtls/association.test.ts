/** The machine around the addon: against itself over a wire that loses, and the words for what goes wrong. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Millis, SECOND, systemClock } from "../../src/clock.ts";
import { DtlsAssociation, type DtlsEffect, type DtlsEnd, type DtlsEvent } from "../../src/dtls/association.ts";
import { openEngine } from "../../src/dtls/connection-id/translation.ts";
import type { Certificates, Credentials, DtlsOptions } from "../../src/dtls/credentials.ts";
import type { NativeDtls } from "../../src/dtls/native.ts";
import { TIMEOUT } from "../../src/machine.ts";
import { dtlsAddon, makePki, type Pki } from "../support/dtls.ts";
import { join, Wire, type WireOptions } from "../support/wire.ts";

const HOST: DtlsOptions = { host: "lwm2m.example" };
const psk = (key = "0123456789abcdef", identity = "gateway-1"): Credentials => ({
  mode: "psk",
  identity,
  key: Buffer.from(key),
});

/** What the other side gives to whoever offers to take one. */
const CONNECTION_ID = Uint8Array.of(1, 2, 3, 4, 5, 6);

/** The same addon for the other side, which the gateway never is. */
function asServer(native: NativeDtls): NativeDtls {
  return {
    ...native,
    Association: class {
      constructor(settings: ConstructorParameters<NativeDtls["Association"]>[0]) {
        const given = settings.connectionId === undefined ? {} : { connectionId: CONNECTION_ID };
        // biome-ignore lint/correctness/noConstructorReturn: the engine of the addon stands for this object
        return openEngine(native, { ...settings, ...given, server: true });
      }
    } as NativeDtls["Association"],
  };
}

/** Feeds both without loss, at one moment of time, until nobody says anything; what the client's effects were. */
function meet(client: DtlsAssociation, server: DtlsAssociation): DtlsEffect[] {
  const effects: DtlsEffect[] = [];
  const toServer: DtlsEvent[] = [];
  const toClient: DtlsEvent[] = [{ type: "connect" }];
  server.handle({ type: "connect" }, 0);
  while (toServer.length + toClient.length > 0) {
    for (const event of toClient.splice(0)) {
      const caused = client.handle(event, 0);
      effects.push(...caused);
      toServer.push(...datagrams(caused));
    }
    for (const event of toServer.splice(0)) toClient.push(...datagrams(server.handle(event, 0)));
  }
  return effects;
}

function datagrams(effects: readonly DtlsEffect[]): DtlsEvent[] {
  return effects.flatMap((effect) =>
    effect.type === "send" ? [{ type: "datagram", bytes: effect.bytes } as const] : [],
  );
}

function endOf(effects: readonly DtlsEffect[]): DtlsEnd | undefined {
  return effects.flatMap((effect) => (effect.type === "closed" ? [effect.why] : []))[0];
}

/** The sentence, and whether the same again would fail the same. */
function failureOf(effects: readonly DtlsEffect[]): string | undefined {
  const end = endOf(effects);
  return end?.by === "failure" ? `${end.failure.message}${end.failure.final ? " (final)" : ""}` : undefined;
}

function withPsk(t: TestContext, client: Credentials, server: Credentials, options = HOST) {
  const native = dtlsAddon(t);
  if (native === undefined) return undefined;
  const association = new DtlsAssociation(native, client, options);
  return { association, effects: meet(association, new DtlsAssociation(asServer(native), server, HOST)) };
}

test("a handshake ends in a session: suite, size of a message, and what resumes it", (t) => {
  const met = withPsk(t, psk(), psk());
  if (met === undefined) return;
  const connected = met.effects.find((effect) => effect.type === "connected");
  assert.equal(connected?.session.suite, 0xc0a8);
  assert.ok((connected.session.resumption?.length ?? 0) > 0);
  assert.equal(met.association.state, "connected");
  assert.equal(met.association.deadline, undefined);
});

test("the server's Connection ID is taken, unless nobody wants one or a suite with CBC is named", (t) => {
  const has = (options: Partial<DtlsOptions>): boolean | undefined =>
    withPsk(t, psk(), psk(), { ...HOST, ...options })?.effects.find((effect) => effect.type === "connected")?.session
      .connectionId;
  if (has({}) === undefined) return;
  assert.equal(has({}), true);
  assert.equal(has({ connectionId: "offer", suites: [0x00a8] }), true);
  assert.equal(has({ connectionId: "off" }), false);
  assert.equal(has({ suites: [0xc0a8, 0x00ae] }), false);
});

test("whoever closes says so, and nothing moves afterwards", (t) => {
  const met = withPsk(t, psk(), psk());
  if (met === undefined) return;
  const { association } = met;
  const [notify, closed, ...more] = association.handle({ type: "close" }, 1);
  assert.deepEqual([notify?.type, closed, more], ["send", { type: "closed", why: { by: "us" } }, []]);
  assert.deepEqual(association.handle({ type: "close" }, 2), []);
  assert.deepEqual(association.handle({ type: "datagram", bytes: Buffer.from("x") }, 2), []);
  assert.equal(association.handle({ type: "send", bytes: Buffer.from("x") }, 2)[0]?.type, "dropped");
  assert.equal(association.deadline, undefined);
});

test("what is too long for a record is dropped, and the association stays", (t) => {
  const met = withPsk(t, psk(), psk());
  if (met === undefined) return;
  const long = met.association.handle({ type: "send", bytes: new Uint8Array(16385) }, 1);
  assert.deepEqual(long, [{ type: "dropped", reason: "a record holds 16383 bytes at most" }]);
  assert.equal(met.association.state, "connected");
});

test("an identity that the server does not know is told", (t) => {
  const met = withPsk(t, psk(), psk("0123456789abcdef", "another"));
  if (met === undefined) return;
  assert.equal(failureOf(met.effects), "the server does not know our PSK identity (final)");
});

test("another key: the server falls silent, and a minute later we know why", (t) => {
  const met = withPsk(t, psk(), psk("another key"));
  if (met === undefined) return;
  const { association } = met;
  assert.equal(association.state, "handshaking");
  assert.ok((association.deadline ?? 0) <= SECOND, "sent again after a second");
  assert.deepEqual(endOf(association.handle(TIMEOUT, 60 * SECOND - 1)), undefined);
  assert.equal(
    failureOf(association.handle(TIMEOUT, 60 * SECOND)),
    "the server fell silent where encryption begins: our PSK is not the one that it has for our identity",
  );
});

test("nobody there: no answer, and no more than the handshake's time is waited", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const association = new DtlsAssociation(native, psk(), { ...HOST, handshakeTimeout: 5 * SECOND });
  assert.equal(association.handle({ type: "connect" }, 0)[0]?.type, "send");
  assert.match(failureOf(association.handle(TIMEOUT, 5 * SECOND)) ?? "", /^no answer: is the server there/);
});

test("no common suite: an alert, in words", (t) => {
  const met = withPsk(t, psk(), psk(), { ...HOST, suites: [0x00ae] });
  if (met === undefined) return;
  assert.match(failureOf(met.effects) ?? "", /^the server takes nothing of what we offer.*\(alert 40\)$/);
});

test("credentials that no association can have are an error of the configuration", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const making =
    (credentials: Credentials, options = HOST) =>
    () =>
      new DtlsAssociation(native, credentials, options);
  assert.throws(making(psk("")), { name: "ConfigError", message: /a PSK has 1 to 64 bytes.*this one has 0/ });
  assert.throws(making(psk("k", "i".repeat(129))), /1 to 128 bytes; this one has 129/);
  assert.throws(making(psk("k", "a\0b")), /zero byte/);
  assert.throws(
    making(psk(), { ...HOST, suites: [0xc0ae] }),
    /none of the cipher suites.*0xc0a8 \(PSK_WITH_AES_128_CCM_8\)/,
  );
  const empty: Certificates = { mode: "x509", privateKey: Buffer.alloc(1), certificates: [], server: [] };
  assert.throws(making(empty), /certificate of the gateway is missing/);
  assert.throws(making({ ...empty, certificates: [Buffer.alloc(1)] }), /nothing says which certificate/);
});

test("certificates: each reason has its sentence", (t) => {
  const native = dtlsAddon(t);
  const pki = native === undefined ? undefined : makePki(t);
  if (native === undefined || pki === undefined) return;
  const time = Date.now();
  const how = (client: Certificates, options: DtlsOptions = HOST, at = time): string | undefined => {
    const association = new DtlsAssociation(native, client, { ...options, time: at });
    const server = new DtlsAssociation(asServer(native), certificates(pki, "server"), { host: "lwm2m.example", time });
    return failureOf(meet(association, server));
  };
  const client = certificates(pki, "client");
  assert.equal(how(client), undefined);
  assert.equal(how(client, { host: "127.0.0.1" }), undefined);
  assert.equal(how(client, { host: "127.0.0.1", serverName: "lwm2m.example" }), undefined);
  assert.equal(how(client, { host: "other.example" }), "the server's certificate is not for other.example (final)");
  const later = time + 30 * 86_400 * SECOND;
  const expired = `the server's certificate has expired; by our clock it is ${new Date(later).toISOString().slice(0, 16)} UTC (final)`;
  assert.equal(how(client, HOST, later), expired);
  const foreign = { ...client, server: [{ usage: 2, matching: 0, data: pki.stranger.certificate }] as const };
  assert.match(how(foreign) ?? "", /^neither the server's certificate nor a CA of it/);
  const { certificate, privateKey } = pki.stranger;
  assert.match(
    how({ ...client, certificates: [certificate], privateKey }) ?? "",
    /^the server does (?:not take our|not know the CA)/,
  );
});

test("where nobody knows the time, a certificate that ended before the last known one is refused, and no other", (t) => {
  const native = dtlsAddon(t);
  const pki = native === undefined ? undefined : makePki(t);
  if (native === undefined || pki === undefined) return;
  const now = Date.now();
  const from = (earliest: number, client: Certificates): string | undefined => {
    const association = new DtlsAssociation(native, client, { ...HOST, earliest });
    const server = new DtlsAssociation(asServer(native), certificates(pki, "server"), { ...HOST, time: now });
    const effects = meet(association, server);
    assert.equal(effects.at(-1)?.type === "closed", association.state === "closed");
    return failureOf(effects);
  };
  const client = certificates(pki, "client");
  const [early, late] = [now - 400 * 86_400 * SECOND, now + 11 * 86_400 * SECOND];
  assert.equal(from(early, client), undefined, "one that may not have begun");
  const least = new Date(late).toISOString().slice(0, 16);
  assert.equal(from(late, client), `the server's certificate has expired; it is ${least} UTC at least (final)`);
  // LwM2M's usage 3: this certificate, whatever stands in it.
  const pinned = { ...client, server: [{ usage: 3, matching: 0, data: pki.server.certificate }] as const };
  assert.equal(from(late, pinned), undefined);
});

function certificates(pki: Pki, own: "client" | "server"): Certificates {
  const { certificate, privateKey } = pki[own];
  const server = [{ usage: 2, matching: 0, data: pki.ca.certificate }] as const;
  return { mode: "x509", certificates: [certificate], privateKey, server };
}

// ── a wire that loses ────────────────────────────────────────────────────────

/** The waits of a handshake, in fiftieths: 1 s is 20 ms, and a minute 1.2 s. OpenSSL has a clock of its own. */
const FIRST: Millis = 20;

/** Whether a handshake came to its end over that wire, in real time. */
function connects(native: NativeDtls, options: WireOptions, handshakeTimeout: Millis): Promise<boolean> {
  const timing = { ...HOST, firstTimeout: FIRST, handshakeTimeout };
  return new Promise((resolve) => {
    const client = new DtlsAssociation(native, psk(), timing);
    const server = new DtlsAssociation(asServer(native), psk(), timing);
    const perform = (effect: DtlsEffect): void => {
      if (effect.type !== "connected" && effect.type !== "closed") return;
      for (const drive of ends) drive.stop();
      resolve(effect.type === "connected");
    };
    const wire = new Wire(systemClock, options);
    const ends = join(systemClock, wire, { machine: client, perform }, { machine: server, perform: () => {} });
    for (const feed of [ends[1], ends[0]]) feed({ type: "connect" });
  });
}

test("of 200 handshakes at 10 % loss and as much reordering at least 198 come to their end in the time of a minute", async (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  let done = 0;
  for (let round = 0; round < 4; round++) {
    const seeds = Array.from({ length: 50 }, (_, i) => 1 + round * 50 + i);
    const options = (seed: number): WireOptions => ({ seed, loss: 0.1, duplicates: 0.05, delay: [0, 5] });
    const ended = await Promise.all(seeds.map((seed) => connects(native, options(seed), 60 * FIRST)));
    done += ended.filter((connected) => connected).length;
  }
  t.diagnostic(`${done} of 200`);
  assert.ok(done >= 198, `${done} of 200`);
});
