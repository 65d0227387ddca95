/** Connection IDs between two ends of the addon; record-keys.test.ts and test/interop have what others make of them. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { recordKeys } from "../../../src/dtls/connection-id/record-keys.ts";
import {
  CONTENT_TYPE,
  cidAdditionalData,
  type DtlsRecord,
  encodeCidRecord,
  splitRecords,
} from "../../../src/dtls/connection-id/records.ts";
import type { NativeDtls, NativeSettings } from "../../../src/dtls/native.ts";
import { CIPHER_SUITES } from "../../../src/dtls/suites.ts";
import { converse, dtlsAddon, makePki, type Pki, PSK, Speaker } from "../../support/dtls.ts";

const NONE = new Uint8Array();
const ID = Uint8Array.of(0xc1, 0xd2, 0xe3, 0xf4, 0xa5, 0xb6);
const CLIENT: NativeSettings = { ...PSK, connectionId: NONE };
const SERVER: NativeSettings = { ...PSK, connectionId: ID };

/** What both have after a handshake; each record of the client on the way, in order. */
interface Talk {
  readonly native: NativeDtls;
  readonly client: Speaker;
  readonly server: Speaker;
  readonly records: readonly DtlsRecord[];
}

function talk(t: TestContext, client = CLIENT, server = SERVER): Talk | undefined {
  const native = dtlsAddon(t);
  if (native === undefined) return undefined;
  const records: DtlsRecord[] = [];
  const overhear = (datagram: Uint8Array): void => {
    records.push(...splitRecords(datagram, server.connectionId?.length ?? 0));
  };
  const ends = {
    client: new Speaker(native, client, overhear),
    server: new Speaker(native, { ...server, server: true }),
  };
  ends.client.take(ends.client.engine.start());
  converse(ends.client, ends.server);
  return { native, ...ends, records };
}

/** What each hears of the other. */
function exchange({ client, server }: Pick<Talk, "client" | "server">): string[] {
  client.say("to the server");
  server.say("to the client");
  converse(client, server);
  return [...server.heard, ...client.heard];
}

const BOTH = ["to the server", "to the client"];

/** The datagram that the client makes of that. */
function said(client: Speaker, text: string): Uint8Array {
  client.say(text);
  const [datagram, ...more] = client.outgoing.splice(0);
  assert.ok(datagram !== undefined && more.length === 0);
  return datagram;
}

/** What the server hears in that datagram. */
function heardIn(server: Speaker, datagram: Uint8Array): string[] {
  const before = server.heard.length;
  server.take(server.engine.receive(datagram));
  assert.equal(server.last?.state, "connected");
  return server.heard.slice(before);
}

// ── what is agreed on ────────────────────────────────────────────────────────

for (const { name, openssl, shortTag } of CIPHER_SUITES.filter(
  ({ aead, authentication }) => aead && authentication === "psk",
)) {
  test(`${name}: everything encrypted that the client sends has the server's Connection ID`, (t) => {
    const suite = { suites: openssl, shortTags: shortTag };
    const met = talk(t, { ...CLIENT, ...suite }, { ...SERVER, ...suite });
    if (met === undefined) return;
    const { client, server, records } = met;
    assert.deepEqual(exchange(met), BOTH);
    assert.deepEqual(
      [client, server].map(({ engine }) => engine.agreement().connectionId),
      [true, false],
    );
    const encrypted = records.filter(({ epoch }) => epoch > 0);
    // Finished, and the message.
    assert.equal(encrypted.length, 2);
    for (const { type, connectionId } of encrypted)
      assert.deepEqual([type, [...connectionId]], [CONTENT_TYPE.tls12Cid, [...ID]]);
    assert.ok(records.filter(({ epoch }) => epoch === 0).every(({ type }) => type !== CONTENT_TYPE.tls12Cid));
  });
}

test("IDs of any length in both directions", (t) => {
  for (const [ours, theirs] of [
    [1, 1],
    [255, 255],
    [8, 0],
  ] as const) {
    const met = talk(
      t,
      { ...PSK, connectionId: new Uint8Array(ours).fill(1) },
      { ...PSK, connectionId: new Uint8Array(theirs).fill(2) },
    );
    if (met === undefined) return;
    assert.deepEqual(exchange(met), BOTH);
    const { client, server } = met;
    assert.deepEqual(
      [client, server].map(({ engine }) => engine.agreement().connectionId),
      [theirs > 0, true],
    );
    assert.deepEqual(met.records.at(-1)?.type, theirs > 0 ? CONTENT_TYPE.tls12Cid : CONTENT_TYPE.applicationData);
  }
});

test("a server that knows of none, and one that is offered none, get records as ever", (t) => {
  for (const [client, server] of [
    [CLIENT, PSK],
    [PSK, SERVER],
    [SERVER, PSK],
  ]) {
    const met = talk(t, client, server);
    if (met === undefined) return;
    assert.deepEqual(exchange(met), BOTH);
    assert.equal(met.client.engine.agreement().connectionId, false);
    assert.ok(met.records.every(({ type }) => type !== CONTENT_TYPE.tls12Cid));
  }
});

test("a Connection ID has 255 bytes at most", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  assert.throws(() => new native.Association({ ...PSK, connectionId: new Uint8Array(256) }), /255 bytes at most/);
});

test("an extension of another form ends the handshake with an alert (RFC 5246 §7.2.2: decode_error)", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const client = new Speaker(native, CLIENT);
  const server = new Speaker(native, { ...SERVER, server: true });
  client.take(client.engine.start());
  for (const hello of client.outgoing.splice(0)) server.take(server.engine.receive(hello));
  const extension = Buffer.from([0, 54, 0, 1 + ID.length, ID.length, ...ID]);
  const changed = server.outgoing.splice(0).map((datagram) => {
    const at = Buffer.from(datagram).indexOf(extension);
    return at < 0 ? datagram : datagram.with(at + 4, ID.length - 1);
  });
  for (const datagram of changed) client.take(client.engine.receive(datagram));
  assert.deepEqual([client.last?.state, client.last?.failure?.sentAlert], ["failed", 50]);
});

test("a message of the greatest length has place in a datagram, with an ID of any length", (t) => {
  const mtu = 700;
  for (const length of [0, 1, 8, 255]) {
    const met = talk(t, { ...CLIENT, mtu }, { ...PSK, connectionId: new Uint8Array(length) });
    if (met === undefined) return;
    const { maxPayload } = met.client.engine.agreement();
    assert.equal(said(met.client, "x".repeat(maxPayload)).length, mtu, `${length}`);
  }
});

test("the type of the content counts: a record holds 16,383 bytes", (t) => {
  const met = talk(t);
  if (met === undefined) return;
  const { client, server } = met;
  assert.throws(() => client.say("x".repeat(16384)), /a record holds 16383 bytes at most/);
  const [heard = ""] = heardIn(server, said(client, "x".repeat(16383)));
  assert.equal(heard.length, 16383);
});

// ── what is dropped ──────────────────────────────────────────────────────────

test("a record with another ID, or one that is cut off, is dropped, and the next one is heard", (t) => {
  const met = talk(t);
  if (met === undefined) return;
  const { client, server } = met;
  const datagram = said(client, "first");
  assert.deepEqual(heardIn(server, datagram.with(11, 0)), []);
  assert.deepEqual(heardIn(server, datagram.slice(0, -1)), []);
  assert.deepEqual(heardIn(server, datagram.with(4, 0)), [], "epoch 0");
  assert.deepEqual(heardIn(server, datagram), ["first"]);
});

test("what comes twice is heard once, also when it comes late", (t) => {
  const met = talk(t);
  if (met === undefined) return;
  const { client, server } = met;
  const datagrams = ["a", "b", "c"].map((text) => said(client, text));
  const heard = [2, 0, 1, 0, 1, 2].flatMap((i) => heardIn(server, datagrams[i] ?? NONE));
  assert.deepEqual(heard, ["c", "a", "b"]);
});

test("several records in one datagram are all heard, and a wrong one among them is not", (t) => {
  const met = talk(t);
  if (met === undefined) return;
  const { client, server } = met;
  const [a, b, c] = ["a", "b", "c"].map((text) => said(client, text));
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  assert.deepEqual(heardIn(server, Buffer.concat([a, b.with(30, (b[30] ?? 0) ^ 1), c])), ["a", "c"]);
});

test("where an ID was agreed on, a record without one is invalid (RFC 9146 §3)", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  // Agrees on the ID, as OpenSSL does for us, and then sends without.
  const client = new Speaker(native, PSK);
  Object.defineProperty(client, "engine", { value: new native.Association(CLIENT) });
  const server = new Speaker(native, { ...SERVER, server: true });
  client.take(client.engine.start());
  converse(client, server);
  assert.ok(client.engine.hasFinished());
  assert.deepEqual([client.last?.state, server.last?.state], ["handshaking", "handshaking"]);
});

test("padding is taken off; a content of an unknown type is dropped, though the keys were right", (t) => {
  const met = talk(t);
  if (met === undefined) return;
  const { native, client, server } = met;
  const source = client.engine.keySource();
  assert.ok(source !== undefined);
  const { client: keys } = recordKeys(native, source);
  const sealed = (sequence: number, inner: readonly number[]): Uint8Array => {
    const head = Buffer.from([0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, sequence]);
    const fragment = keys.seal(Uint8Array.from(inner), head.subarray(2), cidAdditionalData(ID, head, inner.length));
    return encodeCidRecord(ID, head, fragment);
  };
  const text = [...Buffer.from("padded")];
  assert.deepEqual(heardIn(server, sealed(10, [...text, CONTENT_TYPE.applicationData, 0, 0, 0])), ["padded"]);
  for (const [i, inner] of [[], [0, 0], [...text, 99], [1, 20], [...text, CONTENT_TYPE.tls12Cid]].entries())
    assert.deepEqual(heardIn(server, sealed(11 + i, inner)), []);
  assert.deepEqual(heardIn(server, sealed(20, [...text, CONTENT_TYPE.applicationData])), ["padded"]);
});

test("close_notify goes and comes in records with an ID", (t) => {
  for (const client of [CLIENT, SERVER]) {
    const met = talk(t, client);
    if (met === undefined) return;
    met.server.take(met.server.engine.close());
    converse(met.client, met.server);
    assert.deepEqual([met.client.last?.state, met.server.last?.state], ["closed", "closed"]);
    assert.equal(met.records.at(-1)?.type, CONTENT_TYPE.tls12Cid);
  }
});

test("any bytes, and any change of a real datagram, change nothing and never throw", (t) => {
  const met = talk(t, SERVER);
  if (met === undefined) return;
  const { client, server } = met;
  const real = said(client, "real");
  const noise = fc.uint8Array({ maxLength: 60 });
  const changed = fc
    .tuple(fc.nat({ max: real.length - 1 }), fc.integer({ min: 1, max: 255 }))
    .map(([at, by]) => real.with(at, (real[at] ?? 0) ^ by));
  fc.assert(
    fc.property(fc.oneof(noise, changed), (datagram) => {
      assert.deepEqual(heardIn(server, datagram), []);
      client.take(client.engine.receive(datagram));
      assert.equal(client.last?.state, "connected");
    }),
    { numRuns: 500 },
  );
  assert.deepEqual(heardIn(server, real), ["real"]);
});

test("what was disposed of answers with an error, twice too", (t) => {
  const met = talk(t);
  if (met === undefined) return;
  met.client.engine.dispose();
  met.client.engine.dispose();
  assert.throws(() => met.client.say("more"), /disposed of/);
});

test("a resumed session has an ID of its own, or none (RFC 9146 §3: negotiated afresh)", (t) => {
  const ticketKeys = new Uint8Array(80).fill(1);
  const first = talk(t, CLIENT, { ...SERVER, ticketKeys });
  if (first === undefined) return;
  const session = first.client.engine.exportSession();
  for (const theirs of [{ connectionId: Uint8Array.of(7) }, {}]) {
    for (const ours of [NONE, ID]) {
      const met = talk(t, { ...CLIENT, connectionId: ours, session }, { ...PSK, ...theirs, ticketKeys });
      if (met === undefined) return;
      const { resumed, connectionId } = met.client.engine.agreement();
      assert.deepEqual([resumed, connectionId], [true, "connectionId" in theirs]);
      assert.deepEqual(exchange(met), BOTH);
    }
  }
});

// ── with certificates and keys ───────────────────────────────────────────────

function withPki(name: string, body: (t: TestContext, pki: Pki) => void): void {
  test(name, (t) => {
    const pki = dtlsAddon(t) === undefined ? undefined : makePki(t);
    if (pki !== undefined) body(t, pki);
  });
}

withPki("certificates and a Connection ID", (t, pki) => {
  for (const { openssl, shortTag, aead, authentication } of CIPHER_SUITES) {
    if (!aead || authentication !== "certificate") continue;
    const of = (own: "client" | "server"): NativeSettings => ({
      suites: openssl,
      shortTags: shortTag,
      privateKey: pki[own].privateKey,
      certificates: [pki[own].certificate],
      expectations: [{ usage: 2, matching: 0, data: pki.ca.certificate }],
    });
    const met = talk(t, { ...of("client"), connectionId: NONE }, { ...of("server"), connectionId: ID });
    if (met === undefined) return;
    assert.deepEqual(exchange(met), BOTH);
    assert.equal(met.client.engine.agreement().connectionId, true, openssl);
  }
});

withPki("raw public keys and a Connection ID", (t, pki) => {
  if (dtlsAddon(t)?.rawPublicKeys !== true) return;
  const of = (own: "client" | "server", other: "client" | "server"): NativeSettings => ({
    suites: "ECDHE-ECDSA-AES128-CCM8",
    shortTags: true,
    rawPublicKeys: true,
    privateKey: pki[own].privateKey,
    expectations: [{ usage: 3, matching: 0, keyOnly: true, data: pki[other].publicKey }],
  });
  const met = talk(
    t,
    { ...of("client", "server"), connectionId: NONE },
    { ...of("server", "client"), connectionId: ID },
  );
  if (met === undefined) return;
  assert.deepEqual(exchange(met), BOTH);
  assert.equal(met.client.engine.agreement().connectionId, true);
});
