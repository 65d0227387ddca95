import assert from "node:assert/strict";
import { test } from "node:test";
import { modbus } from "../../../adapters/modbus/index.ts";
import { tcpOptionsSchema } from "../../../adapters/modbus/options.ts";
import type { ModbusDevice, ModbusPoint, RegisterPoint } from "../../../adapters/modbus/points.ts";

const device = (keys: object = {}): ModbusDevice => modbus.device.parse({ unit_id: 1, ...keys });
const anyPoint = (keys: object, section: object = {}): ModbusPoint =>
  modbus.point.parse({ ...keys, device: device(section) });
const point = (keys: object, section: object = {}): RegisterPoint => {
  const made = anyPoint(keys, section);
  assert.ok("table" in made);
  return made;
};

/** What is said of a wrong point, and of which key. */
function problem(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    assert.ok(error instanceof Error && "issues" in error && Array.isArray(error.issues));
    const [issue] = error.issues as { readonly path: readonly string[]; readonly message: string }[];
    return `${issue?.path.join(".")}: ${issue?.message}`;
  }
  return assert.fail("nothing is wrong");
}

test("a link has the defaults that most devices need", () => {
  assert.deepEqual(tcpOptionsSchema.parse({ host: "10.0.4.20" }), {
    transport: "tcp",
    host: "10.0.4.20",
    port: 502,
    connections: 1,
    gap: 0,
    retries: 0,
    reconnect: { first: 1000, longest: 30_000 },
  });
  const given = { host: "plc", port: 1502, timeout: "500ms", gap: "20ms", reconnect: "2s..5m", connections: 2 };
  assert.deepEqual(tcpOptionsSchema.parse(given), {
    transport: "tcp",
    ...given,
    timeout: 500,
    gap: 20,
    retries: 0,
    reconnect: { first: 2000, longest: 300_000 },
  });
});

test("a link says what is wrong with it", () => {
  assert.match(
    problem(() => tcpOptionsSchema.parse({ host: "plc", timeout: "5" })),
    /^timeout: "5" is no duration/,
  );
  assert.match(
    problem(() => tcpOptionsSchema.parse({ host: "plc", timeout: 0 })),
    /^timeout: a timeout is longer than 0/,
  );
  assert.match(
    problem(() => tcpOptionsSchema.parse({ host: "plc", reconnect: "30s..1s" })),
    /^reconnect: .* e\.g\. 1s\.\.30s/,
  );
  assert.match(
    problem(() => tcpOptionsSchema.parse({ host: "plc", hots: "x" })),
    /Unrecognized key: "hots"/,
  );
});

test("a device section has the defaults of the protocol, and leaves the order of bytes to the core", () => {
  const defaults = { unit_id: 1, addressing: "zero", block: { max: 125 }, quirks: [] };
  assert.deepEqual(device(), defaults);
  assert.deepEqual(device({ order: "CDAB", block: { gap: 20 } }), {
    ...defaults,
    order: "CDAB",
    block: { max: 125, gap: 20 },
  });
  for (const unit_id of [-1, 256, 1.5, "1"]) assert.throws(() => device({ unit_id }), { name: "ZodError" });
  assert.throws(() => device({ block: { max: 126 } }), { name: "ZodError" });
});

test("a register point takes the registers that its bytes fill; a bit takes one", () => {
  assert.deepEqual(point({ input: 0x34, length: 4 }), { table: "input", address: 0x34, count: 2 });
  assert.deepEqual(point({ holding: 1, length: 5 }), { table: "holding", address: 1, count: 3 });
  assert.deepEqual(point({ holding: 1 }), { table: "holding", address: 1, count: 1 });
  assert.deepEqual(point({ discrete: 7 }), { table: "discrete", address: 7, count: 1 });
});

test("addresses are decimal or 0x, and leading zeros are not octal", () => {
  const texts = { "00010": 10, "0x0A": 10, "0xFFFF": 65_535, "7": 7 };
  for (const [text, address] of Object.entries(texts)) assert.equal(point({ holding: text }).address, address, text);
  assert.match(
    problem(() => point({ holding: "0o17" })),
    /^holding: /,
  );
});

test("addressing says how addresses are counted", () => {
  const cases: readonly [string, object, number][] = [
    ["zero", { holding: 0 }, 0],
    ["zero", { holding: 65_535 }, 65_535],
    ["one", { holding: 1 }, 0],
    ["one", { coil: 65_536 }, 65_535],
    ["modicon", { coil: "00001" }, 0],
    ["modicon", { coil: 1 }, 0],
    ["modicon", { coil: 65_536 }, 65_535],
    ["modicon", { discrete: 10_001 }, 0],
    ["modicon", { input: 31_001 }, 1000],
    ["modicon", { holding: 40_011 }, 10],
    ["modicon", { holding: 49_999 }, 9998],
    ["modicon", { holding: 400_011 }, 10],
    ["modicon", { holding: 465_536 }, 65_535],
    ["modicon", { discrete: 165_536 }, 65_535],
  ];
  for (const [addressing, keys, address] of cases) {
    assert.equal(point(keys, { addressing }).address, address, `${addressing} ${JSON.stringify(keys)}`);
  }
});

test("an address outside its table is an error that says what is expected", () => {
  const cases: readonly [string, object, string][] = [
    ["zero", { holding: 65_536 }, "holding: address 65536 is outside 0..65535"],
    ["one", { holding: 0 }, "holding: address 0 is outside 1..65536 (addressing: one)"],
    ["modicon", { holding: 11 }, "holding: address 11 is outside 40001..49999 or 400001..465536 (addressing: modicon)"],
    [
      "modicon",
      { holding: 30_011 },
      "holding: address 30011 is outside 40001..49999 or 400001..465536 (addressing: modicon)",
    ],
    [
      "modicon",
      { holding: 40_000 },
      "holding: address 40000 is outside 40001..49999 or 400001..465536 (addressing: modicon)",
    ],
    ["modicon", { coil: 0 }, "coil: address 0 is outside 00001..09999 or 000001..065536 (addressing: modicon)"],
  ];
  for (const [addressing, keys, message] of cases)
    assert.equal(
      problem(() => point(keys, { addressing })),
      message,
    );
});

test("a value must end within its table, and fit one read", () => {
  assert.equal(point({ holding: 65_534, length: 4 }).count, 2);
  assert.match(
    problem(() => point({ holding: 65_535, length: 4 })),
    /^holding: 2 registers .* beyond the end/,
  );
  assert.match(
    problem(() => point({ holding: 0, length: 62 }, { block: { max: 30 } })),
    /takes 31 registers.*block\.max/,
  );
});

test("a point has exactly one source", () => {
  assert.equal(
    problem(() => point({})),
    ": expected exactly one of input, holding, coil, discrete, file, ident, sunspec",
  );
  assert.match(
    problem(() => point({ input: 1, coil: 2 })),
    /^coil: expected exactly one/,
  );
});

test("a point is written where it is read, unless it says otherwise", () => {
  const target = { table: "holding", address: 10, count: 2, mask: "fc22" };
  assert.deepEqual(point({ holding: 10, length: 4, write: true }).write, target);
  const elsewhere = point({ input: 10, length: 4, write: { holding: 40, fc: 16, verify: "2s", mask: "rmw" } });
  assert.deepEqual(elsewhere.write, { ...target, address: 40, fc: 16, verify: 2000, mask: "rmw" });
  assert.equal(point({ coil: 1, write: { coil: 9 } }, { addressing: "modicon" }).write?.address, 8);
});

test("a write that cannot be is an error at its key", () => {
  assert.match(
    problem(() => point({ input: 1, write: true })),
    /^write: .*"input" is read-only/,
  );
  assert.match(
    problem(() => point({ discrete: 1, write: { verify: "1s" } })),
    /^write: .*"discrete" is read-only/,
  );
  assert.match(
    problem(() => point({ holding: 1, write: { coil: 1 } })),
    /^write\.coil: .* cannot be written to a coil/,
  );
  assert.match(
    problem(() => point({ holding: 1, write: { coil: 1, holding: 1 } })),
    /^write\.coil: expected one of/,
  );
  assert.match(
    problem(() => point({ holding: 1, length: 4, write: { fc: 6 } })),
    /^write\.fc: FC 6 .* expected 16/,
  );
  assert.match(
    problem(() => point({ coil: 1, write: { fc: 6 } })),
    /^write\.fc: FC 6 .* expected 5 or 15/,
  );
  assert.match(
    problem(() => point({ holding: 1, length: 248, write: true })),
    /^write: .* at most 123 registers/,
  );
});

test("the shape of a source tells the core what to convert", () => {
  assert.deepEqual(modbus.shape({ input: 1 }), { kind: "bytes", defaultType: "u16", wordBytes: 2, writable: false });
  assert.deepEqual(modbus.shape({ holding: 1 }), { kind: "bytes", defaultType: "u16", wordBytes: 2, writable: true });
  assert.deepEqual(modbus.shape({ coil: 1 }), { kind: "boolean", writable: true });
  assert.deepEqual(modbus.shape({ discrete: 1 }), { kind: "boolean", writable: false });
});

test("a step writes registers or a coil, or waits", () => {
  const bytes = Uint8Array.of(0xa5, 0xa5);
  assert.deepEqual(modbus.step.parse({ holding: 40_099, value: bytes }), { holding: 40_099, value: bytes });
  assert.deepEqual(modbus.step.parse({ coil: "0x10", value: true }), { coil: 16, value: true });
  assert.deepEqual(modbus.step.parse({ coil: 16, value: [true, false] }), { coil: 16, value: [true, false] });
  assert.deepEqual(modbus.step.parse({ wait: "3s" }), { wait: 3000 });
  for (const wrong of [
    { holding: 1 },
    { holding: 1, value: Uint8Array.of(1) },
    { coil: 1, value: 1 },
    { coil: 1, value: [] },
    { wait: 3 },
    {},
  ]) {
    assert.throws(() => modbus.step.parse(wrong), { name: "ZodError" });
  }
});

test("the plan of a poll is one line for each request", () => {
  const points = new Map([
    ["a", point({ input: 0x1e, length: 4 })],
    ["b", point({ input: 0x20, length: 4 })],
    ["c", point({ holding: 0xfc00, length: 4 })],
  ]);
  assert.deepEqual(modbus.plan?.(device(), points), [
    { text: "input[0x1E..0x21]" },
    { text: "holding[0xFC00..0xFC01]" },
  ]);
});
