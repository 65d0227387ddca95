/** A broker that is none, or worse: after each of its words the next one that makes sense is understood. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { mqtt } from "../../../adapters/mqtt/index.ts";
import { optionsSchema } from "../../../adapters/mqtt/options.ts";
import { SECOND } from "../../../src/clock.ts";
import { FakeClock, fakeRandom } from "../../support/fake-clock.ts";
import { Heard } from "../../support/heard.ts";
import { anMqttDevice, type Told, valueAtLast } from "../../support/mqtt-world.ts";
import {
  aRawMqttBroker,
  CONNACK,
  lengthOf,
  packet,
  publication,
  type RawMqttBroker,
} from "../../support/raw-mqtt-broker.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";

const POINT = "3303/0/5700";
const LIMIT = { timeout: 60_000 };

class Room {
  readonly broker: RawMqttBroker;
  readonly clock = new FakeClock();
  readonly log = new Heard<LogLine>();
  private told = new Heard<Told>();

  constructor(broker: RawMqttBroker) {
    this.broker = broker;
  }

  /** One device, which speaks on `room`. */
  static async open(t: TestContext, welcomes: readonly Uint8Array[] = [], keys: object = {}): Promise<Room> {
    const broker = await aRawMqttBroker(t, welcomes);
    const room = new Room(broker);
    const options = optionsSchema.parse({ url: `mqtt://127.0.0.1:${broker.port}`, ...keys });
    const context = { clock: room.clock, random: fakeRandom(), log: recordingLogger(room.log), linkId: "it" };
    const link = await mqtt.open(options, context);
    t.after(() => room.passing(link.close()));
    ({ told: room.told } = await anMqttDevice({ link, log: room.log }, { state: "room" }, { [POINT]: { path: "t" } }));
    return room;
  }

  /** Time goes by until it has come. */
  async passing<T>(wanted: Promise<T>): Promise<T> {
    let open = true;
    const settled = wanted.finally(() => {
      open = false;
    });
    while (open) await this.clock.advance(SECOND / 10);
    return settled;
  }

  /** What the device says over the so many-th connection arrives. */
  async hears(connection: number, value: number): Promise<void> {
    const listener = await this.passing(this.broker.listener(connection));
    this.told.forget();
    await listener.send(publication("room", JSON.stringify({ t: value })));
    assert.equal(await this.passing(valueAtLast(this.told, POINT)), value);
  }

  /** All values so far. */
  get values(): readonly unknown[] {
    return this.told.all.flatMap((one) => (one.kind === "value" ? [one.value] : []));
  }
}

const WELCOMES: Readonly<Record<string, Uint8Array>> = {
  nothing: Buffer.alloc(0),
  "half a CONNACK": CONNACK.subarray(0, 3),
  "a web server's words": Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"),
  "a TLS alert": Buffer.from([0x15, 3, 3, 0, 2, 2, 40]),
  "a CONNACK that refuses": Buffer.from([0x20, 2, 0, 5]),
  "a CONNACK with a code that nobody knows": Buffer.from([0x20, 2, 0, 0xee]),
  "a CONNACK without its code": Buffer.from([0x20, 1, 0]),
  "a CONNACK with flags that are not 0": Buffer.from([0x2f, 2, 0, 0]),
  "a packet of type 0": Buffer.from([0x00, 0]),
  "a length of five bytes": Buffer.from([0x20, 0xff, 0xff, 0xff, 0xff, 0x7f]),
  "a CONNECT of its own": packet(0x10, Buffer.from([0, 4, ...Buffer.from("MQTT"), 4, 2, 0, 60, 0, 1, 65])),
  "a DISCONNECT": Buffer.from([0xe0, 0]),
  "a PUBACK of what nobody published": Buffer.from([0x40, 2, 0, 9]),
  "a SUBACK of what nobody subscribed to": Buffer.from([0x90, 3, 0, 9, 0]),
};

for (const version of ["3.1.1", "5"]) {
  for (const [what, welcome] of Object.entries(WELCOMES)) {
    test(
      `MQTT ${version}: a CONNECT is answered with ${what}: that connection ends, and the next is heard`,
      LIMIT,
      async (t) => {
        // With MQTT 5 a CONNACK has properties: their length.
        const good = version === "5" ? Buffer.from([0x20, 3, 0, 0, 0]) : CONNACK;
        const room = await Room.open(t, [welcome, good], { version });
        const first = await room.broker.connection(1);
        await room.passing(first.closed);
        assert.deepEqual(room.log.all.filter(({ level }) => level === "warn").length, 1);
        if (version === "3.1.1") await room.hears(2, 21);
        else await room.passing(room.broker.listener(2));
      },
    );
  }
}

/** After the CONNACK. `ends`: that connection is over. */
const WORDS: Readonly<Record<string, { readonly bytes: Uint8Array; readonly ends: boolean }>> = {
  "a packet of type 15": { bytes: Buffer.from([0xf0, 0]), ends: true },
  "a PUBLISH of QoS 3": { bytes: packet(0x36, Buffer.from([0, 1, 97, 0, 1])), ends: true },
  "a PUBLISH that ends within its topic": { bytes: packet(0x30, Buffer.from([0, 9, 97])), ends: true },
  "a PUBLISH of QoS 1 without a number": { bytes: packet(0x32, Buffer.from([0, 1, 97])), ends: true },
  "a PUBLISH of QoS 2 without a number": { bytes: packet(0x34, Buffer.from([0, 1, 97])), ends: true },
  "a PUBREL without a number": { bytes: Buffer.from([0x62, 0]), ends: true },
  "a PUBACK without a number": { bytes: Buffer.from([0x40, 0]), ends: true },
  "a SUBACK without a number": { bytes: Buffer.from([0x90, 0]), ends: true },
  "a length of five bytes": { bytes: Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x7f]), ends: true },
  "a second CONNACK": { bytes: CONNACK, ends: true },
  "a PINGRESP to no PINGREQ": { bytes: Buffer.from([0xd0, 0]), ends: false },
  "a PUBACK of what nobody published": { bytes: Buffer.from([0x40, 2, 0, 9]), ends: false },
  "a SUBACK of what nobody subscribed to": { bytes: Buffer.from([0x90, 3, 0, 9, 0]), ends: false },
  "a PUBLISH to a topic that nobody wants": { bytes: publication("other", '{"t":1}'), ends: false },
  "a PUBLISH to a filter": { bytes: publication("#", '{"t":1}'), ends: false },
  "a PUBLISH to a topic with a null character": { bytes: publication("room\0", '{"t":1}'), ends: false },
  "a PUBLISH to a topic that is no UTF-8": { bytes: publication(Buffer.from([0xff, 0xfe]), '{"t":1}'), ends: false },
  "a PUBLISH to no topic": { bytes: publication("", '{"t":1}'), ends: false },
  "a PUBLISH to a topic of 65,535 bytes": { bytes: publication("/".repeat(65_535), '{"t":1}'), ends: false },
  "a PUBLISH to a topic of prototypes": { bytes: publication("__proto__/constructor", '{"t":1}'), ends: false },
};

for (const [what, { bytes, ends }] of Object.entries(WORDS)) {
  test(`the broker says ${what}: the next good message is heard`, LIMIT, async (t) => {
    const room = await Room.open(t);
    const first = await room.passing(room.broker.listener(1));
    await first.send(bytes);
    if (ends) await room.passing(first.closed);
    await room.hears(ends ? 2 : 1, 21);
    assert.deepEqual(room.values, [21]);
  });
}

test("a PUBLISH before the CONNACK is no measurement", LIMIT, async (t) => {
  const room = await Room.open(t, [Buffer.concat([publication("room", '{"t":666}'), CONNACK])]);
  await room.passing((await room.broker.connection(1)).closed);
  await room.hears(2, 21);
  assert.deepEqual(room.values, [21]);
});

test("a broker that closes in the middle of a message: nothing of it is heard", LIMIT, async (t) => {
  const room = await Room.open(t);
  const first = await room.passing(room.broker.listener(1));
  await first.send(publication("room", '{"t":666}').subarray(0, -1));
  first.close();
  await room.passing(first.closed);
  await room.hears(2, 21);
});

test("a message that comes byte by byte is one message", LIMIT, async (t) => {
  const room = await Room.open(t);
  const first = await room.passing(room.broker.listener(1));
  for (const byte of publication("other", '{"t":1}')) await first.send(Buffer.from([byte]));
  await room.hears(1, 21);
});

test("whatever bytes a broker sends: the next good connection is heard", { timeout: 120_000 }, async (t) => {
  const room = await Room.open(t);
  let count = 1;
  const head = fc.constantFrom(0x20, 0x30, 0x32, 0x34, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xc0, 0xd0, 0xe0, 0xf0);
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.tuple(head, fc.uint8Array({ maxLength: 40 })).map(([head, body]) => packet(head, body)),
    fc
      .tuple(head, fc.nat(300), fc.uint8Array({ maxLength: 40 }))
      .map(([head, length, body]) => Buffer.concat([Buffer.from([head]), lengthOf(length), body])),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(noise, { minLength: 1, maxLength: 5 }), async (parts) => {
      const connection = await room.passing(room.broker.listener(count));
      for (const part of parts) await connection.send(part);
      connection.close();
      await room.hears(++count, count);
    }),
    { numRuns: 150 },
  );
});
