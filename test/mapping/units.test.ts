import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { applyLinear } from "../../src/mapping/linear.ts";
import { convertUnit, findUnit, unitNames } from "../../src/mapping/units.ts";

function convert(value: number, from: string, to: string): number {
  const conversion = convertUnit(from, to);
  return "refusal" in conversion ? assert.fail(conversion.refusal) : Number(applyLinear(conversion, value));
}

function refused(from: string, to: string): string {
  const conversion = convertUnit(from, to);
  return "refusal" in conversion ? conversion.refusal : assert.fail(`${from} became ${to}`);
}

/** RFC 8798 §3, Table 2: secondary unit, primary unit, scale, offset. */
const SECONDARY: readonly (readonly [unit: string, primary: string, scale: number, offset?: number])[] = [
  ["ms", "s", 1 / 1000],
  ["min", "s", 60],
  ["h", "s", 3600],
  ["MHz", "Hz", 1_000_000],
  ["kW", "W", 1000],
  ["kVA", "VA", 1000],
  ["kvar", "var", 1000],
  ["Wh", "J", 3600],
  ["kWh", "J", 3_600_000],
  ["varh", "vars", 3600],
  ["kvarh", "vars", 3_600_000],
  ["kVAh", "VAs", 3_600_000],
  ["Wh/km", "J/m", 3.6],
  ["KiB", "B", 1024],
  ["GB", "B", 1e9],
  ["Mbit/s", "bit/s", 1_000_000],
  ["B/s", "bit/s", 8],
  ["MB/s", "bit/s", 8_000_000],
  ["mV", "V", 1 / 1000],
  ["mA", "A", 1 / 1000],
  ["dBm", "dBW", 1, -30],
  ["ug/m3", "kg/m3", 1e-9],
  ["mm/h", "m/s", 1 / 3_600_000],
  ["m/h", "m/s", 1 / 3600],
  ["ppm", "/", 1e-6],
  ["/100", "/", 1 / 100],
  ["/1000", "/", 1 / 1000],
  ["hPa", "Pa", 100],
  ["mm", "m", 1 / 1000],
  ["cm", "m", 1 / 100],
  ["km", "m", 1000],
  ["km/h", "m/s", 1 / 3.6],
];

test("secondary units of SenML have the factors of RFC 8798", () => {
  for (const [unit, primary, scale, offset = 0] of SECONDARY) {
    const got = convert(7, unit, primary);
    assert.ok(Math.abs(got - (7 * scale + offset)) <= 1e-14 * Math.abs(got), `${unit} ${got}`);
  }
});

test("every unit becomes each other of its kind and comes back", () => {
  const units = unitNames().map((name) => findUnit(name));
  const pair = fc.constantFrom(...units).chain((unit) => {
    const same = units.filter((other) => other?.kind === unit?.kind);
    return fc.tuple(fc.constant(unit?.name ?? ""), fc.constantFrom(...same.map((other) => other?.name ?? "")));
  });
  fc.assert(
    fc.property(pair, fc.integer({ min: -1000, max: 1000 }), ([from, to], value) => {
      const there = convertUnit(from, to);
      if ("refusal" in there) return;
      const back = convert(Number(applyLinear(there, value)), to, from);
      assert.ok(Math.abs(back - value) < 1e-9 * Math.max(1, Math.abs(value)), `${value} ${from} -> ${to}: ${back}`);
    }),
  );
});

test("units that meters and sensors print", () => {
  assert.equal(convert(1.013, "bar", "Pa"), 101300);
  assert.equal(convert(1013, "mbar", "hPa"), 1013);
  assert.equal(convert(36, "km/h", "m/s"), 10);
  assert.equal(convert(3.6, "m3/h", "m3/s"), 0.001);
  assert.equal(convert(60, "l/min", "m3/h"), 3.6);
  assert.equal(convert(1500, "rpm", "1/min"), 1500);
  assert.equal(convert(1500, "rpm", "Hz"), 25);
  assert.equal(convert(1, "kWh", "Ws"), 3_600_000);
  assert.ok(Math.abs(convert(180, "deg", "rad") - Math.PI) < 1e-14);
  assert.ok(Math.abs(convert(1, "psi", "kPa") - 6.894757293) < 1e-9);
});

test("temperatures have their offsets, exactly", () => {
  assert.equal(convert(21.5, "Cel", "K"), 294.65);
  assert.equal(convert(294.65, "K", "Cel"), 21.5);
  assert.equal(convert(212, "degF", "Cel"), 100);
  assert.equal(convert(-40, "Fah", "degC"), -40);
  // OMA object 3388, resource 503, is the CPU temperature in "C".
  assert.equal(convert(45, "Cel", "C"), 45);
});

test("% and /100 name the same unit", () => {
  assert.equal(convert(42, "%", "/100"), 42);
  assert.equal(convert(42, "%RH", "/100"), 42);
  assert.equal(convert(42, "%", "%EL"), 42);
  assert.equal(convert(0.42, "/", "%"), 42);
});

test("units of different kinds are refused in a sentence", () => {
  assert.equal(refused("A", "V"), "unit A cannot become V");
  assert.equal(refused("VA", "W"), "unit VA cannot become W");
  assert.equal(refused("varh", "Wh"), "unit varh cannot become Wh");
  assert.equal(refused("%RH", "%EL"), "unit %RH cannot become %EL");
  assert.equal(refused("lat", "lon"), "unit lat cannot become lon");
  assert.equal(refused("W", "furlong"), "unit W cannot become furlong, which only fits itself");
  assert.equal(convert(5, "furlong", "furlong"), 5);
});

test("an unknown unit is refused with the one that was meant", () => {
  assert.equal(refused("kw", "W"), 'unknown unit "kw"; did you mean "kW"?');
  assert.equal(refused("hz", "Hz"), 'unknown unit "hz"; did you mean "Hz"?');
  assert.equal(refused("kWH", "Wh"), 'unknown unit "kWH"; did you mean "kWh"?');
  assert.equal(refused("Celcius", "Cel"), 'unknown unit "Celcius"; did you mean "Celsius"?');
  assert.equal(refused("??", "V"), 'unknown unit "??" (the resource is in V)');
});

test("every unit of the registry is known", () => {
  for (let id = 0; id <= 0xffff; id++) {
    for (const version of catalogue.versions(id)) {
      for (const { unit, name } of catalogue.find(id, version)?.resources.values() ?? []) {
        assert.ok(unit === undefined || findUnit(unit) !== undefined, `/${id} ${name}: ${unit}`);
      }
    }
  }
});
