/** Whoever can send datagrams in the server's name, without the key. DTLS_DATAGRAMS makes more of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NativeSettings } from "../../src/dtls/native.ts";
import { CIPHER_SUITES } from "../../src/dtls/suites.ts";
import { converse, dtlsAddon, handshake, PSK, Speaker } from "../support/dtls.ts";
import { aStranger, aStrangerWhoHeard } from "../support/mutated-records.ts";

const { DTLS_DATAGRAMS = "20000" } = process.env;
const DATAGRAMS = Number(DTLS_DATAGRAMS);

/** Where the least memory is that a test may call a leak, in bytes. */
const NOISE = 24 * 2 ** 20;

const suites = CIPHER_SUITES.filter(({ authentication }) => authentication === "psk");
const settingsOf = ({ openssl, shortTag }: (typeof suites)[number]): NativeSettings => ({
  ...PSK,
  suites: openssl,
  shortTags: shortTag,
});

for (const suite of suites) {
  test(`an association by ${suite.name} outlives every mutated record, and is heard afterwards`, (t) => {
    const native = dtlsAddon(t);
    if (native === undefined) return;
    const settings = settingsOf(suite);
    const stranger = aStranger(native, settings);
    const [client, server] = handshake(native, settings, settings);
    for (let i = 0; i < DATAGRAMS / suites.length; i++) {
      client.take(client.engine.receive(stranger.next()));
      assert.equal(client.last?.state, "connected", client.last?.failure?.reason);
    }
    // What it answers to strangers is for the server to drop too.
    converse(client, server);
    server.say("still here");
    converse(client, server);
    assert.deepEqual(client.heard, ["still here"]);
  });
}

for (const ours of [new Uint8Array(), Uint8Array.of(1, 2, 3, 4, 5, 6)]) {
  test(`both ends outlive every mutated record with Connection IDs of ${ours.length} and 3 bytes`, (t) => {
    const native = dtlsAddon(t);
    if (native === undefined) return;
    const settings = {
      client: { ...PSK, connectionId: ours },
      server: { ...PSK, connectionId: Uint8Array.of(7, 8, 9) },
    };
    const all: Uint8Array[] = [];
    const overhear = (datagram: Uint8Array): void => {
      all.push(datagram);
    };
    const client = new Speaker(native, settings.client, overhear);
    const server = new Speaker(native, { ...settings.server, server: true }, overhear);
    client.take(client.engine.start());
    converse(client, server);
    for (const end of [client, server]) end.say("x".repeat(20));
    converse(client, server);
    // The records of another conversation, and those of this one, which have the right keys.
    const strangers = [aStranger(native, settings.client, settings.server), aStrangerWhoHeard([...all])];
    for (let i = 0; i < DATAGRAMS / 4; i++) {
      const datagram = strangers[i % 2]?.next() ?? new Uint8Array();
      for (const end of [client, server]) {
        end.take(end.engine.receive(datagram));
        assert.equal(end.last?.state, "connected", end.last?.failure?.reason);
      }
    }
    for (const end of [client, server]) end.say("still here");
    converse(client, server);
    const heard = ["x".repeat(20), "still here"];
    assert.deepEqual([client.heard, server.heard], [heard, heard]);
  });
}

test("a record of a type that cannot be there is dropped, and the handshake goes on", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const settings = { ...PSK, connectionId: new Uint8Array() };
  const client = new Speaker(native, settings);
  const server = new Speaker(native, { ...settings, server: true });
  client.take(client.engine.start());
  for (const type of [0, 19, 23, 24, 25, 99, 255]) {
    for (const epoch of [0, 1]) {
      const record = Buffer.concat([
        Uint8Array.of(type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 9, 0, 30),
        Buffer.alloc(30),
      ]);
      client.take(client.engine.receive(record));
      assert.deepEqual(
        [client.last?.state, client.last?.datagrams],
        ["handshaking", []],
        `type ${type}, epoch ${epoch}`,
      );
    }
  }
  converse(client, server);
  assert.deepEqual([client.last?.state, server.last?.state], ["connected", "connected"]);
});

test("handshakes that strangers disturb end in words, and leave no memory behind", (t) => {
  const native = dtlsAddon(t);
  if (native === undefined) return;
  const stranger = aStranger(native, PSK);
  const disturb = (server: boolean): void => {
    const speaker = new Speaker(native, { ...PSK, server });
    speaker.take(speaker.engine.start());
    for (let i = 0; i < 10 && speaker.last?.state === "handshaking"; i++) {
      speaker.take(speaker.engine.receive(stranger.next()));
    }
    assert.notEqual(speaker.last?.state, "connected");
    speaker.engine.dispose();
  };
  const play = (times: number): void => {
    for (let i = 0; i < times; i++) disturb(i % 2 === 0);
  };
  play(DATAGRAMS / 40);
  const before = process.memoryUsage.rss();
  play(DATAGRAMS / 10);
  const grown = process.memoryUsage.rss() - before;
  assert.ok(grown < NOISE, `${grown} bytes more after ${DATAGRAMS / 10} handshakes`);
});
