import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Connection, Line } from "../../../adapters/modbus/line.ts";
import type { ReadRequest } from "../../../adapters/modbus/pdu.ts";
import { lengthOf, wireOf, wireTime } from "../../../adapters/modbus/wire-time.ts";
import { parseSerialSettings } from "../../../adapters/wires/serial-settings.ts";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import { Availability, type AvailabilityEvent } from "../../../src/devices/availability.ts";
import { silentLogger } from "../../../src/log.ts";
import { drive } from "../../../src/machine.ts";
import { FakeClock, fakeRandom } from "../../support/fake-clock.ts";

const UNITS = 12;
const EVERY = 2 * SECOND;
const READ: ReadRequest = { kind: "read", table: "input", address: 0, count: 18 };
const wire = wireOf("rtu", parseSerialSettings("9600-8N1"));
const RETRY = { first: 5 * SECOND, longest: 10 * MINUTE };

/** Twelve units on a serial line of 9600 baud, each polled every 2 s as the core does; these do not answer. */
function aBus(dead: ReadonlySet<number>, seed: number) {
  const clock = new FakeClock();
  const asked = new Map<number, number>();
  const answered = new Map<number, number>();
  const probed = new Map<number, number>();
  const transact = (unit: number): Promise<Uint8Array> =>
    new Promise((resolve) => {
      count(asked, unit);
      if (dead.has(unit)) return;
      clock.at(clock.monotonic() + wireTime(wire, lengthOf(READ)) + 20, () => {
        count(answered, unit);
        resolve(Uint8Array.of(4, 36, ...new Uint8Array(36)));
      });
    });
  const connection: Connection = { transact, destroy: () => {} };
  const reconnect = { first: SECOND, longest: 30 * SECOND };
  const settings = { name: "bus", gap: 20, retries: 1, reconnect, wire };
  const random = fakeRandom(seed);
  const line = new Line(async () => connection, settings, { clock, log: silentLogger, random });
  line.start();
  for (let unit = 1; unit <= UNITS; unit++) poll({ unit, line, clock, onProbe: () => count(probed, unit) });
  const take = (counts: Map<number, number>): Map<number, number> => {
    const taken = new Map(counts);
    counts.clear();
    return taken;
  };
  return { clock, line, taken: () => ({ asked: take(asked), answered: take(answered), probed: take(probed) }) };
}

function count(counts: Map<number, number>, unit: number): void {
  counts.set(unit, (counts.get(unit) ?? 0) + 1);
}

interface Polled {
  readonly unit: number;
  readonly line: Line;
  readonly clock: FakeClock;
  readonly onProbe: () => void;
}

/** What devices/ does with one device: polls while it is there, probes where it is away, and queues nothing. */
function poll({ unit, line, clock, onProbe }: Polled): void {
  let running = false;
  const availability = new Availability({ failures: 3, retry: RETRY, whenOffline: "error" }, () => 0.5);
  const read = async (): Promise<void> => {
    running = true;
    await line.read("read", { unit }, READ).then(
      () => feed({ type: "heard" }),
      ({ message }) => feed({ type: "failed", reason: message }),
    );
    running = false;
  };
  const feed: (event: AvailabilityEvent) => void = drive(availability, clock, ({ type }) => {
    if (type !== "probe") return;
    onProbe();
    void read().then(() => feed({ type: "probed" }));
  });
  const turn = (): void => {
    if (availability.state !== "offline" && !running) void read();
    clock.at(clock.monotonic() + EVERY, turn);
  };
  clock.at((unit * EVERY) / UNITS, turn);
  feed({ type: "start" });
}

/** Hours in seconds: from one alarm to the next, each with one turn for the promises. */
async function pass(clock: FakeClock, span: number): Promise<void> {
  const end = clock.monotonic() + span;
  for (let next = clock.next; next !== undefined && next <= end; next = clock.next) {
    clock.advanceSync(next - clock.monotonic());
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

test("whatever units are dead, a probe of one is one request, and costs the others one poll at most", async () => {
  const units = fc.uniqueArray(fc.integer({ min: 1, max: UNITS }), { maxLength: UNITS - 1 });
  await fc.assert(
    fc.asyncProperty(units, fc.integer({ min: 1, max: 1000 }), async (numbers, seed) => {
      const dead = new Set(numbers);
      const { clock, line, taken } = aBus(dead, seed);
      await pass(clock, 2 * MINUTE);
      taken();
      await pass(clock, 5 * MINUTE);
      const { asked, answered, probed } = taken();
      const wasted = numbers.reduce((sum, unit) => sum + (asked.get(unit) ?? 0), 0);
      for (let unit = 1; unit <= UNITS; unit++) {
        if (dead.has(unit)) {
          const [requests, probes] = [asked.get(unit) ?? 0, probed.get(unit) ?? 0];
          // One may have waited for its turn when the minutes began.
          assert.ok(requests <= probes + 1, `unit ${unit} was asked ${requests} times by ${probes} probes`);
          // 5 s, doubling, less a tenth. Where many are dead, it took a minute until all were known to be: then 36 s, 72 s, 144 s.
          assert.ok(requests <= 4, `unit ${unit} was asked ${requests} times`);
        } else {
          const due = (5 * MINUTE) / EVERY;
          const got = answered.get(unit) ?? 0;
          assert.ok(got >= due - 1 - wasted, `unit ${unit}: ${got} of ${due}, with ${wasted} requests to dead units`);
        }
      }
      line.close();
    }),
    { numRuns: 5, endOnFailure: true },
  );
});
