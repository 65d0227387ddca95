/** The addon, as client and as server of itself; test/interop has what others make of it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import type { Expectation, NativeDtls, NativeSettings } from "../../src/dtls/native.ts";
import { CIPHER_SUITES } from "../../src/dtls/suites.ts";
import { converse, dtlsAddon, handshake, makePki, type Pki, PSK, Speaker, sha } from "../support/dtls.ts";

test("each PSK suite: both sides agree on it, with the extended master secret, and hear each other", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  for (const { number, openssl, shortTag } of CIPHER_SUITES.filter(({ authentication }) => authentication === "psk")) {
    const settings = { ...PSK, suites: openssl, shortTags: shortTag };
    const [client, server] = handshake(native, settings, settings);
    const { suite, resumed, extendedMasterSecret, maxPayload } = client.engine.agreement();
    assert.deepEqual(
      { suite, resumed, extendedMasterSecret },
      { suite: number, resumed: false, extendedMasterSecret: true },
    );
    // A record's header has 13 bytes; nonce, tag, MAC and padding are the suite's.
    assert.ok(maxPayload > 1150 && maxPayload < 1232 - 13 - 8, String(maxPayload));
    client.say("to the server");
    server.say("to the client");
    converse(client, server);
    assert.deepEqual([client.heard, server.heard], [["to the client"], ["to the server"]], openssl);
  }
});

test("a suite with a tag of 8 bytes is offered only where the settings say so", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  // Up to 3.1 OpenSSL counts them as 128 bits, and their name is enough.
  if (!native.rawPublicKeys) return;
  const client = new Speaker(native, { ...PSK, shortTags: false });
  client.take(client.engine.start());
  assert.equal(client.last?.state, "failed");
  assert.equal(client.last.failure?.reason, "no ciphers available");
});

test("an identity that the server does not know, and suites that it does not have, are refused with an alert", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const [unknown] = handshake(native, PSK, { ...PSK, pskIdentity: "somebody" });
  assert.equal(unknown.last?.failure?.receivedAlert, 115);
  const [unshared] = handshake(native, PSK, { ...PSK, suites: "PSK-AES128-GCM-SHA256" });
  assert.equal(unshared.last?.failure?.receivedAlert, 40);
});

test("with another key the server keeps silent, when the client has said everything", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const [client] = handshake(native, PSK, { ...PSK, pskKey: Buffer.from("another key") });
  assert.equal(client.last?.state, "handshaking");
  assert.ok(client.engine.hasFinished());
  assert.ok((client.last.timeout ?? 0) > 0);
});

test("close_notify ends both sides, and what comes after it changes nothing", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const [client, server] = handshake(native, PSK, PSK);
  client.take(client.engine.close());
  converse(client, server);
  assert.deepEqual([client.last?.state, server.last?.state], ["closed", "closed"]);
  assert.throws(() => client.say("more"), /there is no association/);
  assert.equal(client.engine.receive(Buffer.from("anything")).state, "closed");
});

test("both sides have the same source of keys, and nobody has it before the handshake", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const [client, server] = handshake(native, PSK, PSK);
  const source = client.engine.keySource();
  assert.deepEqual(source, server.engine.keySource());
  assert.deepEqual(
    [source?.masterSecret.length, source?.clientRandom.length, source?.serverRandom.length],
    [48, 32, 32],
  );
  const early = new native.Association(PSK);
  assert.equal(early.keySource(), undefined);
  assert.throws(() => early.agreement(), /nothing was agreed/);
});

test("what was disposed of answers with an error, twice too", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const [{ engine }] = handshake(native, PSK, PSK);
  engine.dispose();
  engine.dispose();
  assert.throws(() => engine.send(Buffer.from("more")), /disposed of/);
});

test("a record holds 16,384 bytes at most, and an empty message is none", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const [client, server] = handshake(native, PSK, PSK);
  client.say("x".repeat(16384));
  client.say("");
  converse(client, server);
  assert.deepEqual(
    server.heard.map(({ length }) => length),
    [16384],
  );
  assert.throws(() => client.say("x".repeat(16385)), /16384 bytes at most/);
});

// ── certificates and public keys ─────────────────────────────────────────────

const SUITE = { suites: "ECDHE-ECDSA-AES128-CCM8", shortTags: true } as const;

/** A handshake with certificates, of which the client expects this; what came of it. */
function withCertificates(native: NativeDtls, pki: Pki, client: Partial<NativeSettings>): string {
  const now = Math.floor(Date.now() / 1000);
  const common = { ...SUITE, time: now };
  const [{ last, engine }] = handshake(
    native,
    { ...common, privateKey: pki.client.privateKey, certificates: [pki.client.certificate], ...client },
    {
      ...common,
      suites: CIPHER_SUITES.map(({ openssl }) => openssl).join(":"),
      privateKey: pki.server.privateKey,
      certificates: [pki.server.certificate],
      expectations: [{ usage: 2, matching: 0, data: pki.ca.certificate }],
    },
  );
  if (last?.state !== "connected") return last?.failure?.verificationReason ?? "no end";
  assert.deepEqual(Buffer.from(engine.agreement().peerCertificate ?? []), Buffer.from(pki.server.certificate));
  return "connected";
}

function certificateTest(name: string, body: (native: NativeDtls, pki: Pki) => void): void {
  test(name, (t: TestContext) => {
    const native = dtlsAddon(t);
    const pki = native === undefined ? undefined : makePki(t);
    if (native !== undefined && pki !== undefined) body(native, pki);
  });
}

certificateTest("each suite with certificates is agreed on", (native, pki) => {
  const expectations: Expectation[] = [{ usage: 2, matching: 0, data: pki.ca.certificate }];
  for (const { openssl, shortTag } of CIPHER_SUITES.filter(({ authentication }) => authentication === "certificate")) {
    assert.equal(
      withCertificates(native, pki, { suites: openssl, shortTags: shortTag, expectations }),
      "connected",
      openssl,
    );
  }
});

certificateTest("usage 2: the CA, the name or address, and the dates must fit", (native, pki) => {
  const expectations: Expectation[] = [{ usage: 2, matching: 0, data: pki.ca.certificate }];
  const how = (client: Partial<NativeSettings>): string => withCertificates(native, pki, { expectations, ...client });
  const inAMonth = Math.floor(Date.now() / 1000) + 30 * 86_400;
  assert.equal(how({ expectedName: "lwm2m.example" }), "connected");
  assert.equal(how({ expectedName: "127.0.0.1" }), "connected");
  assert.equal(how({ expectedName: "other.example" }), "hostname mismatch");
  assert.equal(how({ expectedName: "127.0.0.2" }), "IP address mismatch");
  assert.equal(how({ time: inAMonth }), "certificate has expired");
  assert.equal(how({ time: 1 }), "certificate is not yet valid");
  assert.equal(
    how({ expectations: [{ usage: 2, matching: 0, data: pki.stranger.certificate }] }),
    "no matching DANE TLSA records",
  );
});

certificateTest("usage 3: that certificate alone, whatever its name, by itself or by its hash", (native, pki) => {
  const { certificate } = pki.server;
  const how = (matching: 0 | 1 | 2 | 3, data: Uint8Array): string =>
    withCertificates(native, pki, { expectedName: "other.example", expectations: [{ usage: 3, matching, data }] });
  assert.equal(how(0, certificate), "connected");
  assert.equal(how(1, sha(256, certificate)), "connected");
  assert.equal(how(2, sha(384, certificate)), "connected");
  assert.equal(how(3, sha(512, certificate)), "connected");
  assert.equal(how(1, sha(256, pki.client.certificate)), "no matching DANE TLSA records");
});

certificateTest("usages 0 and 1: also a CA that the machine trusts", (native, pki) => {
  const anchors = [pki.ca.certificate];
  for (const [usage, data] of [
    [0, pki.ca.certificate],
    [1, pki.server.certificate],
  ] as const) {
    const expectations: Expectation[] = [{ usage, matching: 0, data }];
    assert.equal(withCertificates(native, pki, { expectations, anchors }), "connected");
    assert.match(withCertificates(native, pki, { expectations }), /self-signed certificate|unable to get/);
  }
});

certificateTest("a client without a certificate, or with a stranger's, is refused", (native, pki) => {
  const expectations: Expectation[] = [{ usage: 3, matching: 0, data: pki.server.certificate }];
  const server: NativeSettings = {
    ...SUITE,
    privateKey: pki.server.privateKey,
    certificates: [pki.server.certificate],
    expectations: [{ usage: 2, matching: 0, data: pki.ca.certificate }],
  };
  const { privateKey, certificate } = pki.stranger;
  const alerts = [{}, { privateKey, certificates: [certificate] }].map((own) => {
    const [client] = handshake(native, { ...SUITE, expectations, ...own }, server);
    return client.last?.failure?.receivedAlert;
  });
  assert.deepEqual(alerts, [40, 42]);
});

certificateTest("raw public keys: both know the other's, and no other will do", (native, pki) => {
  if (!native.rawPublicKeys) return;
  const keys = (own: keyof Pki, other: keyof Pki): NativeSettings => ({
    ...SUITE,
    rawPublicKeys: true,
    privateKey: pki[own].privateKey,
    expectations: [{ usage: 3, matching: 0, keyOnly: true, data: pki[other].publicKey }],
  });
  const how = (client: NativeSettings): string | undefined =>
    handshake(native, client, keys("server", "client"))[0].last?.state;
  assert.equal(how(keys("client", "server")), "connected");
  assert.equal(how(keys("client", "stranger")), "failed");
  assert.equal(how(keys("stranger", "server")), "failed");
});

certificateTest(
  "what cannot be a key or a certificate is told at once, and so is a key of another one",
  (native, pki) => {
    const { privateKey, certificate } = pki.client;
    const making = (settings: Partial<NativeSettings>) => () => new native.Association({ ...SUITE, ...settings });
    assert.throws(making({ suites: "NONE" }), /no such suites: NONE/);
    assert.throws(making({ privateKey: Buffer.from("x"), certificates: [certificate] }), /no private key in PKCS #8/);
    assert.throws(making({ privateKey, certificates: [Buffer.from("x")] }), /no certificate in DER/);
    assert.throws(making({ privateKey, certificates: [pki.server.certificate] }), /private key cannot be used/);
    assert.throws(
      making({ expectations: [{ usage: 3, matching: 1, data: Buffer.from("short") }] }),
      /expected of the other/,
    );
  },
);

test("settings of any other shape are an error, and nothing else", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const odd = fc.record(
    Object.fromEntries(
      [...Object.keys(PSK), "connectionId", "session", "mtu", "time", "anchors", "expectations"].map((key) => [
        key,
        fc.anything(),
      ]),
    ),
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(odd, (settings) => {
      try {
        Reflect.construct(native.Association, [settings]).dispose();
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }),
    { numRuns: 300 },
  );
});
