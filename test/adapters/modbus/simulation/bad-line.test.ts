import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AnswerReader } from "../../../../adapters/modbus/answer-reader.ts";
import { FramedConnection } from "../../../../adapters/modbus/framed-connection.ts";
import { FRAMINGS } from "../../../../adapters/modbus/framing.ts";
import { Line } from "../../../../adapters/modbus/line.ts";
import { parseFaults } from "../../../../adapters/modbus/simulation/fault-list.ts";
import { Session } from "../../../../adapters/modbus/simulation/session.ts";
import { Slaves } from "../../../../adapters/modbus/simulation/slaves.ts";
import { wireOf } from "../../../../adapters/modbus/wire-time.ts";
import { parseSerialSettings } from "../../../../adapters/wires/serial-settings.ts";
import { MINUTE, SECOND } from "../../../../src/clock.ts";
import { DeviceError } from "../../../../src/errors.ts";
import { FakeClock, fakeRandom } from "../../../support/fake-clock.ts";
import { aContext, aDeviceOf } from "../../../support/modbus-device.ts";

type Framing = keyof typeof FRAMINGS;

const REGISTERS = 50;
const REQUESTS = 100;
/** Late answers come after the time for them, within the silence behind it. */
const FAULTS = "crc:5%,silent:3%,short:5%,foreign:5%,noise:5%,exception:6:5%,late:1500ms:5%";
const keys = Object.fromEntries(Array.from({ length: REGISTERS }, (_, i) => [`r${i}`, { holding: 100 * i }]));
const contentOf = (i: number): Uint8Array => Uint8Array.of(i, 255 - i);

/** A line to a simulated device, without anything between the two ends. */
function bothEnds(framing: Framing, seed: number, settle?: number) {
  const clock = new FakeClock();
  const device = aDeviceOf(keys);
  for (let i = 0; i < REGISTERS; i++) device.values.set(`r${i}`, contentOf(i));
  const context = aContext({ clock, random: fakeRandom(seed) });
  const slaves = new Slaves([device], { framing, faults: parseFaults(FAULTS, framing) }, context);
  const session = new Session(slaves, clock, (bytes) => connection.receive(bytes));
  const write = async (bytes: Uint8Array): Promise<void> => void session.push(bytes);
  const stream = { write, flush: async () => {}, destroy: () => {} };
  const connection = new FramedConnection(stream, new AnswerReader(FRAMINGS[framing], "auto"));
  const reconnect = { first: SECOND, longest: SECOND };
  const wire = wireOf(framing, parseSerialSettings("9600-8N1"));
  const line = new Line(
    async () => connection,
    { name: "bus", timeout: SECOND, gap: 0, settle, reconnect, wire },
    context,
  );
  line.start();
  return { clock, line };
}

/** How many of the reads gave the value of their own register, or of another. */
async function readings(framing: Framing, seed: number, settle?: number) {
  const { clock, line } = bothEnds(framing, seed, settle);
  const counts = { right: 0, wrong: 0 };
  const all = Array.from({ length: REQUESTS }, (_, n) => {
    const i = (n * 17) % REGISTERS;
    return line.read("read", { unit: 1 }, { kind: "read", table: "holding", address: 100 * i, count: 1 }).then(
      (bytes) => counts[Buffer.compare(bytes, contentOf(i)) === 0 ? "right" : "wrong"]++,
      (error: unknown) => assert.ok(error instanceof DeviceError, String(error)),
    );
  });
  await clock.advance(5 * MINUTE);
  await Promise.all(all);
  line.close();
  return counts;
}

for (const framing of ["rtu", "ascii"] as const) {
  test(`${framing}: whatever goes wrong on the line, no value is that of another register`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1 }), async (seed) => {
        const { right, wrong } = await readings(framing, seed);
        assert.ok(wrong === 0 && right > REQUESTS / 2, `${right} right, ${wrong} wrong`);
      }),
      { numRuns: 20 },
    );
  });
}

test("without the silence after a time-out some are: these faults find what they are for", async () => {
  const { wrong } = await readings("rtu", 1, 0);
  assert.ok(wrong > 0);
});
