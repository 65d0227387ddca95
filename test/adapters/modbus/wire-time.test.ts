import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_READ_REGISTERS, type Request, type Table } from "../../../adapters/modbus/pdu.ts";
import { gapWorthReading, lengthOf, wireOf, wireTime } from "../../../adapters/modbus/wire-time.ts";
import { parseSerialSettings } from "../../../adapters/wires/serial-settings.ts";

const rtu = (line: string) => wireOf("rtu", parseSerialSettings(line));
const read = (count: number, table: Table = "input"): Request => ({ kind: "read", table, address: 0, count });

/** Milliseconds on the wire: (13 + 2N) characters and twice 3.5 characters of 11 bits, at most 1.75 ms above 19200 baud. */
const READS: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  "9600-8N1": { 1: 23.6, 2: 25.7, 10: 42.4, 40: 104.9, 60: 146.6, 80: 188.2, 125: 282.0 },
  "19200-8N1": { 1: 11.8, 2: 12.9, 10: 21.2, 40: 52.4, 60: 73.3, 80: 94.1, 125: 141.0 },
  "38400-8N1": { 1: 7.4, 2: 7.9, 10: 12.1, 40: 27.7, 60: 38.1, 80: 48.6, 125: 72.0 },
  "57600-8N1": { 1: 6.1, 2: 6.5, 10: 9.2, 40: 19.6, 60: 26.6, 80: 33.5, 125: 49.2 },
  "115200-8N1": { 1: 4.8, 2: 5.0, 10: 6.4, 40: 11.6, 60: 15.0, 80: 18.5, 125: 26.3 },
  "9600-8E1": { 125: 309 },
};

test("a read takes the time that its characters and the silence after each frame take", () => {
  for (const [line, times] of Object.entries(READS)) {
    for (const [count, expected] of Object.entries(times)) {
      const time = wireTime(rtu(line), lengthOf(read(Number(count))));
      const digits = Number.isInteger(expected) && line === "9600-8E1" ? 0.5 : 0.051;
      assert.ok(Math.abs(time - expected) <= digits, `${line}, ${count} registers: ${time} instead of ${expected}`);
    }
  }
});

test("a gap is worth reading as far as a second request would cost more", () => {
  const expected: Readonly<Record<string, readonly [number, number, number]>> = {
    "9600-8N1": [13, 20, 34],
    "19200-8N1": [15, 30, 58],
    "38400-8N1": [23, 52, 109],
    "115200-8N1": [55, 125, 125],
  };
  for (const [line, gaps] of Object.entries(expected)) {
    const found = [5, 20, 50].map((turnaround) => gapWorthReading(rtu(line), { turnaround }));
    assert.deepEqual(found, gaps, line);
  }
});

test("a line that rests longer between requests makes wider gaps worth reading", () => {
  const wire = rtu("9600-8N1");
  assert.equal(gapWorthReading(wire, { turnaround: 20, rest: 1 }), gapWorthReading(wire, { turnaround: 20 }));
  assert.equal(gapWorthReading(wire, { turnaround: 20, rest: wire.silence + 20 * wire.character }), 30);
});

test("each request is as long as the specification says", () => {
  // MODBUS Application Protocol V1.1b3 §6: the tables of request and response of each function, function code included.
  const lengths = (request: Request): readonly number[] => Object.values(lengthOf(request));
  assert.deepEqual(lengths(read(19, "coil")), [5, 5]);
  assert.deepEqual(lengths(read(3, "holding")), [5, 8]);
  assert.deepEqual(lengths({ kind: "writeCoil", address: 0, value: true }), [5, 5]);
  assert.deepEqual(lengths({ kind: "writeRegister", address: 0, bytes: new Uint8Array(2) }), [5, 5]);
  assert.deepEqual(lengths({ kind: "writeCoils", address: 0, values: new Array<boolean>(10).fill(true) }), [8, 5]);
  assert.deepEqual(lengths({ kind: "writeRegisters", address: 0, bytes: new Uint8Array(4) }), [10, 5]);
  assert.deepEqual(lengths({ kind: "maskRegister", address: 0, and: 0, or: 0 }), [7, 7]);
  assert.deepEqual(lengths({ kind: "raw", pdu: Uint8Array.of(0x11) }), [1, 253]);
});

test("ASCII takes two characters for each byte, and needs no silence", () => {
  // MODBUS over Serial Line V1.02 §2.5.2.1: colon, 2 for the unit, 2 for each byte of the PDU, 2 of LRC, CR LF.
  const wire = wireOf("ascii", parseSerialSettings("9600-7E1"));
  assert.equal(wire.silence, 0);
  const characters = 17 + (1 + 2 * (1 + 4 + 1) + 2);
  assert.ok(Math.abs(wireTime(wire, lengthOf(read(1))) - (characters * 10 * 1000) / 9600) < 1e-9);
});

test("a gap worth reading costs no more than the second request that it saves, and one register more does", () => {
  const line = fc.constantFrom("1200-8N1", "9600-8E1", "19200-8N2", "115200-8N1");
  fc.assert(
    fc.property(line, fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 20 }), (text, turnaround, count) => {
      const wire = rtu(text);
      const gap = gapWorthReading(wire, { turnaround });
      const time = (registers: number): number => wireTime(wire, lengthOf(read(registers))) + turnaround;
      const two = time(count) + time(count);
      const half = wire.character;
      assert.ok(time(2 * count + gap) <= two + half + 1e-9);
      if (gap < MAX_READ_REGISTERS) assert.ok(time(2 * count + gap + 1) >= two - half - 1e-9);
    }),
  );
});
