import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import type { ResourceDefinition } from "../../src/lwm2m/objects/definition.ts";
import type { ResourceType } from "../../src/lwm2m/sample.ts";
import { type SimulationHints, simulatedValue } from "../../src/mapping/simulate.ts";
import { BYTES, COIL, conversion, good, REGISTERS, resource, SCALAR, type Spec } from "./specs.ts";

const START = Date.UTC(2026, 5, 1);

function named(name: string, unit?: string, type: ResourceType = "float"): ResourceDefinition {
  return resource(type, unit === undefined ? { name } : { name, unit });
}

/** The values of an hour, one each 10 s. */
function anHour(definition: ResourceDefinition, hints: SimulationHints = {}, seed = 1): number[] {
  const value = simulatedValue(definition, hints, seed);
  return Array.from({ length: HOUR / (10 * SECOND) }, (_, i) => Number(value(START + i * 10 * SECOND)));
}

test("numbers are of the size that their unit or name suggests", () => {
  for (const [definition, low, high] of [
    [named("Tension R", "V"), 220, 240],
    [named("Frequency", "Hz"), 49.9, 50.1],
    [named("Active Power R", "kW"), 0.5, 2],
    [named("CPU Temperature", "C"), 15, 25],
    [named("Temperature"), 15, 25],
    [named("Atmosphere", "hPa"), 990, 1030],
    [named("Power Factor R"), 0.85, 1],
    [named("Latitude", "lat"), 48, 49],
  ] as const) {
    for (const value of anHour(definition)) assert.ok(value >= low && value <= high, `${definition.name}: ${value}`);
  }
  for (const value of anHour(named("Sensor Value"), { unit: "Fah" }))
    assert.ok(value > 60 && value < 80, String(value));
});

test("a value moves, but slowly", () => {
  const values = anHour(named("Tension R", "V"));
  assert.ok(new Set(values).size > 50);
  for (const [i, value] of values.entries()) assert.ok(Math.abs(value - (values[i - 1] ?? value)) < 1.5);
});

test("energy only rises", () => {
  const values = anHour(named("Active Energy", "kWh"));
  for (const [i, value] of values.entries()) assert.ok(value >= (values[i - 1] ?? 0));
  const rise = (values.at(-1) ?? 0) - (values[0] ?? 0);
  assert.ok(rise > 1 && rise < 1.3, String(rise));
});

test("the same seed and time give the same value, another seed another", () => {
  const [a, b] = [anHour(named("Tension R", "V")), anHour(named("Tension R", "V"))];
  assert.deepEqual(a, b);
  assert.notDeepEqual(anHour(named("Tension R", "V"), {}, 2), a);
});

test("values stay within the mapping's bounds and the registry's range", () => {
  const bounds = fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 0, max: 500 }));
  const unit = fc.constantFrom("V", "kWh", "Cel", "/100", "dBm", "count");
  const time = fc.integer({ min: 0, max: 1000 * 24 * HOUR });
  fc.assert(
    fc.property(bounds, unit, fc.integer(), time, ([low, span], by, seed, at) => {
      const value = Number(simulatedValue(named("x", by), { bounds: [[low, low + span]] }, seed)(at));
      assert.ok(value >= low && value <= low + span, `${value} of ${low}..${low + span}`);
    }),
  );
  const level = simulatedValue(resource("integer", { range: "0-100", unit: "%" }), {}, 7);
  for (let i = 0; i < 100; i++) {
    const value = Number(level(START + i * MINUTE));
    assert.ok(Number.isInteger(value) && value >= 0 && value <= 100);
  }
});

test("what is no number stays as it is", () => {
  for (const type of ["boolean", "string", "opaque", "objlnk", "corelnk"] as const) {
    const value = simulatedValue(resource(type), {}, 3);
    assert.deepEqual(value(START), value(START + HOUR));
  }
  const choices = ["manual", "auto"];
  assert.ok(choices.includes(String(simulatedValue(resource("string"), { choices }, 3)(START))));
  assert.equal(simulatedValue(resource("time"), {}, 3)(START), START / SECOND);
});

const SPECS: readonly (readonly [Spec, ResourceType])[] = [
  [{ as: "f32", valid: [0, 400] }, "float"],
  [{ scale: 0.1, valid: [0, 400] }, "float"],
  [{ as: "s8", scale: -0.5 }, "float"],
  [{ as: "u8", shape: BYTES, invalid: "sunspec" }, "integer"],
  [
    {
      bits: [4, 7],
      enum: new Map([
        ["0", "manual"],
        ["1", "auto"],
      ]),
    },
    "string",
  ],
  [{ bits: [2, 3] }, "unsigned"],
  [{ as: "bcd16", scale: 0.01 }, "float"],
  [{ as: "u64", scale: 0.001 }, "float"],
  [{ as: "string", length: 4 }, "string"],
  [{ as: "u16" }, "string"],
  [{ as: "bytes", length: 4 }, "opaque"],
  [{ as: "string", length: 12 }, "objlnk"],
  [{ as: "time32" }, "time"],
  [{ shape: COIL }, "boolean"],
  [{ shape: COIL }, "integer"],
  [{ shape: SCALAR }, "float"],
  [
    {
      shape: SCALAR,
      enum: new Map([
        ["ON", "true"],
        ["OFF", "false"],
      ]),
    },
    "boolean",
  ],
];

test("every mapped point can be played backwards: its raw values convert to good ones", () => {
  for (const unit of [undefined, "V", "kWh", "Cel"]) {
    for (const [spec, type] of SPECS) {
      const numeric = ["float", "integer", "unsigned"].includes(type);
      const converter = conversion({ shape: REGISTERS, ...spec, writable: false }, type, {
        name: "Sensor Value",
        ...(unit === undefined || !numeric ? {} : { unit }),
      });
      for (const seed of [1, 2, 99]) {
        const raw = converter.simulate(seed);
        for (const time of [0, START, START + HOUR]) good(converter, raw(time));
      }
    }
  }
});
