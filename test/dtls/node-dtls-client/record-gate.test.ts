/** The layouts are those of RFC 6347 §4.1 and §4.2.2, RFC 5246 §7.4.1.3 and RFC 4279 §2. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RecordGate } from "../../../src/dtls/node-dtls-client/record-gate.ts";

const CCM_8 = 0xc0a8;
const [CHANGE, ALERT, HANDSHAKE, DATA] = [20, 21, 22, 23];
const [HELLO_REQUEST, SERVER_HELLO, VERIFY, TICKET, CERTIFICATE, HINT, REQUEST, DONE] = [0, 2, 3, 4, 11, 12, 13, 14];

function record(type: number, epoch: number, sequence: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(0xfefd, 1);
  header.writeUInt16BE(epoch, 3);
  header.writeUInt32BE(sequence, 7);
  header.writeUInt16BE(body.length, 11);
  return Buffer.concat([header, body]);
}

function message(type: number, sequence: number, content: Uint8Array, { length = content.length, offset = 0 } = {}) {
  const header = Buffer.alloc(12);
  header.writeUInt8(type, 0);
  header.writeUIntBE(length, 1, 3);
  header.writeUInt16BE(sequence, 4);
  header.writeUIntBE(offset, 6, 3);
  header.writeUIntBE(content.length, 9, 3);
  return Buffer.concat([header, content]);
}

function hello(suite = CCM_8, version = 0xfefd): Buffer {
  const body = Buffer.alloc(2 + 32 + 1 + 4 + 2 + 1);
  body.writeUInt16BE(version, 0);
  body.writeUInt8(4, 34);
  body.writeUInt16BE(suite, 39);
  return body;
}

const verify = message(VERIFY, 0, Buffer.from([0xfe, 0xff, 2, 7, 7]));
const done = message(DONE, 2, Buffer.alloc(0));
const finished = record(HANDSHAKE, 1, 0, Buffer.alloc(40));

/** What came through: type, epoch and number of each record, and the rest of it in hexadecimal. */
function through(gate: RecordGate, ...datagrams: readonly Uint8Array[]): string[] {
  return datagrams
    .flatMap((datagram) => [...gate.admit(datagram)])
    .map((bytes) => Buffer.from(bytes))
    .map((bytes) => `${bytes[0]} ${bytes.readUInt16BE(3)}/${bytes.readUIntBE(5, 6)} ${bytes.toString("hex", 13)}`);
}

const plain = (...messages: readonly Uint8Array[]): Buffer[] =>
  messages.map((body, i) => record(HANDSHAKE, 0, i, body));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function afterOurFinished(): RecordGate {
  const gate = new RecordGate([CCM_8]);
  gate.sent(Buffer.concat([record(CHANGE, 0, 3, Buffer.from([1])), finished]));
  return gate;
}

test("a handshake by PSK comes through, numbered anew; ChangeCipherSpec is said before the first ciphered record", () => {
  const gate = new RecordGate([CCM_8]);
  gate.sent(record(HANDSHAKE, 0, 0, message(1, 0, Buffer.alloc(40))));
  assert.deepEqual(through(gate, record(HANDSHAKE, 0, 9, verify)), [`22 0/0 ${hex(verify)}`]);
  const flight = [
    message(SERVER_HELLO, 1, hello()),
    message(HINT, 2, Buffer.from([0, 1, 7])),
    message(DONE, 3, Buffer.alloc(0)),
  ];
  assert.deepEqual(
    through(gate, ...plain(...flight)),
    flight.map((body, i) => `22 0/${i + 1} ${hex(body)}`),
  );
  assert.deepEqual([gate.suite, gate.finished], [CCM_8, false]);
  assert.deepEqual(through(gate, finished), [], "the package has no keys yet");
  gate.sent(
    Buffer.concat([record(HANDSHAKE, 0, 2, Buffer.alloc(9)), record(CHANGE, 0, 3, Buffer.from([1])), finished]),
  );
  assert.equal(gate.finished, true);
  const change = record(CHANGE, 0, 4, Buffer.from([1]));
  assert.deepEqual(through(gate, Buffer.concat([change, finished])), ["20 0/4 01", `22 1/0 ${"00".repeat(40)}`]);
  gate.connected();
  assert.deepEqual(through(gate, record(DATA, 1, 1, Buffer.from("x"))), ["23 1/1 78"]);
});

test("a server that begins without a HelloVerifyRequest is found out", () => {
  const gate = new RecordGate([CCM_8]);
  assert.deepEqual(through(gate, ...plain(message(SERVER_HELLO, 0, hello()))), []);
  assert.equal(gate.skippedVerification, true);
});

test("several messages in one record become a record each", () => {
  const both = Buffer.concat([message(SERVER_HELLO, 1, hello()), done]);
  const [, ...found] = through(new RecordGate([CCM_8]), ...plain(verify, both));
  assert.deepEqual(found, [`22 0/1 ${hex(both.subarray(0, -12))}`, `22 0/2 ${hex(done)}`]);
});

test("what says that it is data, and is not ciphered, never comes through", () => {
  const forged = [0, 2, 3, 0xffff].map((epoch) => record(DATA, epoch, 5, Buffer.from("forged")));
  const gate = new RecordGate([CCM_8]);
  assert.deepEqual(through(gate, ...forged, record(DATA, 1, 5, Buffer.from("forged"))), [], "before there are keys");
  const later = afterOurFinished();
  assert.deepEqual(through(later, ...forged), []);
  later.connected();
  assert.deepEqual(through(later, ...forged), []);
});

test("the handshake that is over is not begun again by anybody", () => {
  const flight = plain(message(SERVER_HELLO, 1, hello()), done, verify, message(HELLO_REQUEST, 0, Buffer.alloc(0)));
  const gate = afterOurFinished();
  assert.deepEqual(through(gate, ...flight), []);
  gate.connected();
  assert.deepEqual(through(gate, ...flight, finished, record(CHANGE, 1, 4, Buffer.from([1]))), []);
});

test("a second HelloVerifyRequest is one too many for the package", () => {
  const gate = new RecordGate([CCM_8]);
  assert.equal(through(gate, ...plain(verify, verify)).length, 1);
});

test("messages of other handshakes, broken ones and suites that nobody offered are dropped", () => {
  const gate = new RecordGate([CCM_8]);
  for (const body of [
    ...[TICKET, CERTIFICATE, REQUEST, HELLO_REQUEST, 77].map((type) => message(type, 1, hello())),
    message(SERVER_HELLO, 1, hello(0x00ae)),
    message(SERVER_HELLO, 1, hello(CCM_8, 0xfeff)),
    message(SERVER_HELLO, 1, hello().subarray(0, 40)),
    message(SERVER_HELLO, 9, hello()),
    message(VERIFY, 0, Buffer.from([0xfe, 0xff, 9, 7])),
    message(HINT, 2, Buffer.from([0, 9, 7])),
    message(DONE, 3, Buffer.from([0])),
    message(SERVER_HELLO, 1, hello(), { length: 50, offset: 40 }),
    verify.subarray(0, -1),
    Buffer.alloc(3),
  ]) {
    assert.deepEqual(through(gate, record(HANDSHAKE, 0, 0, body)), [], hex(body));
  }
});

test("a fragment of a hint comes through, for the package joins them", () => {
  const fragment = message(HINT, 2, Buffer.alloc(10), { length: 30, offset: 10 });
  assert.equal(through(new RecordGate([CCM_8]), record(HANDSHAKE, 0, 0, fragment)).length, 1);
});

test("a fatal alert in the handshake is noted, and a plain one afterwards is not", () => {
  const refusal = record(ALERT, 0, 0, Buffer.from([2, 115]));
  const gate = new RecordGate([CCM_8]);
  assert.deepEqual(through(gate, record(ALERT, 0, 0, Buffer.from([1, 90]))), []);
  assert.equal(gate.alert, undefined);
  assert.deepEqual(through(gate, refusal), []);
  assert.equal(gate.alert, 115);
  const connected = afterOurFinished();
  connected.connected();
  through(connected, refusal);
  assert.equal(connected.alert, undefined);
});

test("no bytes make it throw, and whatever comes through is one whole record that may come through", () => {
  const type = fc.constantFrom(CHANGE, ALERT, HANDSHAKE, DATA, 25);
  const part = fc.constantFrom(verify, done, message(SERVER_HELLO, 1, hello()), Buffer.from([2, 40]));
  const built = fc
    .tuple(type, fc.nat(3), fc.nat(99), fc.oneof(part, fc.uint8Array({ maxLength: 60 })))
    .map((args) => record(...args));
  const datagram = fc
    .array(fc.oneof(built, fc.uint8Array({ maxLength: 40 })), { maxLength: 4 })
    .map((all) => Buffer.concat(all));
  fc.assert(
    fc.property(fc.array(datagram), fc.nat(2), (datagrams, phase) => {
      const gate = phase === 0 ? new RecordGate([CCM_8]) : afterOurFinished();
      if (phase === 2) gate.connected();
      for (const bytes of datagrams.flatMap((each) => [...gate.admit(each)])) {
        const [kind, epoch, length] = [bytes[0], bytes[4], Buffer.from(bytes).readUInt16BE(11)];
        assert.equal(bytes.length, 13 + length);
        if (epoch === 0) assert.ok(kind === CHANGE || (kind === HANDSHAKE && phase === 0));
        else assert.ok(epoch === 1 && phase > 0 && kind !== CHANGE);
      }
    }),
  );
});
