import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AnswerReader } from "../../../adapters/modbus/answer-reader.ts";
import { FramedConnection } from "../../../adapters/modbus/framed-connection.ts";
import { FRAMINGS } from "../../../adapters/modbus/framing.ts";
import { Line } from "../../../adapters/modbus/line.ts";
import { wireOf } from "../../../adapters/modbus/wire-time.ts";
import { parseSerialSettings } from "../../../adapters/wires/serial-settings.ts";
import { type Millis, SECOND } from "../../../src/clock.ts";
import { DeviceError } from "../../../src/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { aContext } from "../../support/modbus-device.ts";

type Framing = keyof typeof FRAMINGS;

const TIMEOUT: Millis = 200;
const PROMPT: Millis = 50;
const LATE: Millis = TIMEOUT + 100;

interface Slave {
  readonly framing: Framing;
  readonly clock: FakeClock;
  /** When the answer to the n-th request goes out, after it. */
  readonly delays: readonly Millis[];
  /** Whether it hears what it sends; the answer to each request is in its address. */
  readonly echo?: boolean;
  readonly settle?: Millis;
}

/** A line to a slave that always answers two registers, so that answers differ in their values only. */
function aLine({ framing, clock, delays, echo = false, settle }: Slave): Line {
  const { frame } = FRAMINGS[framing];
  let asked = 0;
  const connect = async () => {
    const write = async (sent: Uint8Array): Promise<void> => {
      if (echo) connection.receive(sent);
      const bytes = addressIn(framing, sent);
      const answer = frame(1, Uint8Array.of(4, 4, ...bytes, ...bytes));
      clock.at(clock.monotonic() + (delays[asked++] ?? PROMPT), () => connection.receive(answer));
    };
    const stream = { write, flush: async () => {}, destroy: () => {} };
    const connection = new FramedConnection(stream, new AnswerReader(FRAMINGS[framing], "auto"));
    return connection;
  };
  const wire = wireOf(framing, parseSerialSettings("9600-8N1"));
  const reconnect = { first: SECOND, longest: SECOND };
  const settings = { name: "bus", timeout: TIMEOUT, gap: 20, settle, reconnect, wire };
  const line = new Line(connect, settings, aContext({ clock }));
  line.start();
  return line;
}

function addressIn(framing: Framing, sent: Uint8Array): Uint8Array {
  if (framing === "rtu") return sent.subarray(2, 4);
  return Buffer.from(Buffer.from(sent.subarray(5, 9)).toString("latin1"), "hex");
}

/** What came of one request after the other: right, wrong or no values. */
async function outcomes(slave: Slave) {
  const line = aLine(slave);
  const counted = { right: 0, wrong: 0, none: 0 };
  // All at once: the line itself must keep them apart.
  const readings = slave.delays.map((_, i) => {
    const request = { kind: "read", table: "input", address: 2 * i, count: 2 } as const;
    const expected = Uint8Array.of((2 * i) >> 8, 2 * i, (2 * i) >> 8, 2 * i);
    return line
      .use("read", { unit: 1 }, (exchange) => exchange(request))
      .then(
        (bytes) => counted[Buffer.compare(bytes, expected) === 0 ? "right" : "wrong"]++,
        (error: unknown) => {
          assert.ok(error instanceof DeviceError, String(error));
          counted.none++;
        },
      );
  });
  await slave.clock.advance(slave.delays.length * SECOND);
  await Promise.all(readings);
  line.close();
  return counted;
}

/** Sixty requests, every seventh answered 100 ms after the time for it is over. */
const SIXTY = Array.from({ length: 60 }, (_, i) => (i % 7 === 3 ? LATE : PROMPT));

for (const framing of ["rtu", "ascii"] as const) {
  test(`${framing}: of sixty requests, nine answered late, none gets the value of another`, async () => {
    for (const echo of [false, true]) {
      const counted = await outcomes({ framing, clock: new FakeClock(), delays: SIXTY, echo });
      assert.deepEqual(counted, { right: 51, wrong: 0, none: 9 });
    }
  });
}

test("without the silence after a time-out the same slave gives wrong values: the run tests something", async () => {
  const { wrong } = await outcomes({ framing: "rtu", clock: new FakeClock(), delays: SIXTY, settle: 0 });
  assert.ok(wrong > 0);
});

test("however late answers are, within the silence, no value is wrong", async () => {
  const delay = fc.integer({ min: 1, max: 2 * TIMEOUT });
  await fc.assert(
    fc.asyncProperty(fc.array(delay, { minLength: 1, maxLength: 20 }), async (delays) => {
      const counted = await outcomes({ framing: "rtu", clock: new FakeClock(), delays });
      assert.equal(counted.wrong, 0);
    }),
    { numRuns: 30 },
  );
});
