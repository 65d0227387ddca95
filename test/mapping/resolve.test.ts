import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveDevice } from "../../src/mapping/device-plan.ts";
import type { DeviceEntry } from "../../src/mapping/resolve.ts";
import { entriesOf, modbus, PLACE, planOf, pointOf, prepared, resolved, resourceOf } from "./mapping-text.ts";

const METER = modbus(`  3305:
    5800: { input: 0x0C, as: f32 }`);

test("a resource becomes a point with its conversion and its schedule", () => {
  const plan = planOf(
    modbus(
      `  10242:
    tension_r: { input: 0, as: f32, unit: V, poll: fast }
    tension_s: { input: 2, as: f32 }
    tension_t: { input: 4, as: f32, poll: 30s }
    current_r: { input: 6, as: f32, poll: connect }
    current_s: { input: 8, as: f32, poll: never }
    current_t: { input: 10, as: f32 }
    active_power_r: { input: 12, as: f32, unit: W }`,
      "every: { fast: 2s }\n",
    ),
  );
  assert.deepEqual(pointOf(plan, "10242/0/4").poll, { every: 2000 });
  assert.deepEqual(pointOf(plan, "10242/0/14").poll, { every: 10_000 });
  assert.deepEqual(pointOf(plan, "10242/0/24").poll, { every: 30_000 });
  assert.equal(pointOf(plan, "10242/0/5").poll, "connect");
  assert.equal(pointOf(plan, "10242/0/15").poll, "never");
  assert.deepEqual(pointOf(plan, "10242/0/4").point, { table: "input", address: 0, count: 2 });
  assert.deepEqual(pointOf(plan, "10242/0/4").toValue(Uint8Array.of(0x43, 0x66, 0x80, 0)), { good: 230.5 });
  assert.equal(pointOf(plan, "10242/0/6").note, "W -> kW (x0.001)");
  assert.deepEqual(resourceOf(plan, "10242/0/4").place, { file: "t.yaml", line: 7, column: 5 });
});

test("the mapping says how often normal is", () => {
  const plan = planOf(modbus("  3305:\n    5800: { input: 0, as: f32 }", "every: { normal: 1m }\n"));
  assert.deepEqual(pointOf(plan, "3305/0/5800").poll, { every: 60_000 });
});

test("defaults of an object stand where a resource has no key of its own", () => {
  const plan = planOf(
    modbus(`  3303:
    defaults: { as: s16, scale: 0.1, poll: 5s }
    sensor_value: { input: 0 }
    min_measured_value: { input: 1, scale: 1 }
    application_type: { const: Oven }`),
  );
  assert.deepEqual(pointOf(plan, "3303/0/5700").toValue(Uint8Array.of(0, 215)), { good: 21.5 });
  assert.deepEqual(pointOf(plan, "3303/0/5601").toValue(Uint8Array.of(0, 215)), { good: 215 });
  assert.deepEqual(resourceOf(plan, "3303/0/5750").source, { kind: "constant", value: "Oven" });
});

test("the order of the protocol's section is that of every point, unless it has its own", () => {
  const text = `mapping: t
protocol: modbus
modbus: { unit_id: 1, order: CDAB }
objects:
  3305:
    5800: { input: 0, as: u32 }
    5805: { input: 2, as: u32, order: ABCD }
`;
  const raw = Uint8Array.of(0, 1, 0, 0);
  assert.deepEqual(pointOf(planOf(text), "3305/0/5800").toValue(raw), { good: 1 });
  assert.deepEqual(pointOf(planOf(text), "3305/0/5805").toValue(raw), { good: 65536 });
});

test("parameters have their type, their default and their range", () => {
  const text = `mapping: t
protocol: modbus
params:
  unit_id: { type: int, range: [1, 247] }
  ratio: { type: number, default: 2 }
  label: { type: string, default: "$" }
modbus: { unit_id: $unit_id }
objects:
  3305:
    5800: { input: 0, scale: $ratio }
  3303:
    sensor_value: { input: 1 }
    application_type: { const: "n$(unit_id)x $label $$5" }
`;
  const plan = planOf(text.replace('"$"', '"00012"'), "unit_id: 7");
  assert.deepEqual(plan.device, { unit_id: 7, addressing: "zero", block: { max: 125 }, quirks: [] });
  assert.deepEqual(pointOf(plan, "3305/0/5800").toValue(Uint8Array.of(0, 3)), { good: 6 });
  assert.deepEqual(resourceOf(plan, "3303/0/5750").source, { kind: "constant", value: "n7x 00012 $5" });
  assert.deepEqual(resolved(text).problems, ['device:1:1: error: the device "d" needs "unit_id" (int from 1 to 247)']);
  assert.deepEqual(resolved(text, "unit_id: 300").problems, [
    'device:1:10: error: unit_id: expected a whole number from 1 to 247, found "300"',
  ]);
  assert.deepEqual(resolved(text, "unit_id: 3\nratoi: 2").problems, [
    'device:2:1: error: unknown key "ratoi"; did you mean "ratio"?',
  ]);
});

test("a key that is just an optional parameter is left out with it", () => {
  const text = `mapping: t
protocol: modbus
params: { t: { type: duration, optional: true } }
modbus: { unit_id: 1, timeout: $t }
objects:
  3303: { sensor_value: { input: 0 } }
`;
  assert.equal((planOf(text).device as { timeout?: number }).timeout, undefined);
  assert.equal((planOf(text, "t: 2s").device as { timeout?: number }).timeout, 2000);
});

test("an object is announced with the lowest version that has all mapped resources", () => {
  const version = (resource: string, above = ""): string | undefined =>
    planOf(modbus(`  3303:\n${above}    5700: { input: 0 }\n    ${resource}: { input: 1 }`)).objects.get(3303)
      ?.definition.version;
  assert.equal(version("min_measured_value"), "1.0");
  assert.equal(version("measurement_quality_level"), "1.1");
  assert.equal(version("min_measured_value", "    version: 1.1\n"), "1.1");
  assert.match(
    resolved(modbus("  3303:\n    version: 7.0\n    5700: { input: 0 }")).problems[0] ?? "",
    /^6:14: error: object 3303 has no version 7.0 \(have: 1.0, 1.1/,
  );
});

test("instances, resource instances and names instead of IDs", () => {
  const plan = planOf(
    modbus(`  temperature:
    0: { sensor_value: { input: 0 } }
    7: { 5700: { input: 1 } }
  3:
    error_code[0]: { input: 2 }
    error_code[3]: { input: 3 }`),
  );
  assert.deepEqual([...plan.resources.keys()], ["3303/0/5700", "3303/7/5700", "3/0/11/0", "3/0/11/3"]);
  const { instance, resourceInstance } = resourceOf(plan, "3/0/11/3");
  assert.deepEqual({ instance, resourceInstance }, { instance: 0, resourceInstance: 3 });
});

test("a multiple-instance resource without a number is its instance 0", () => {
  assert.ok(planOf(modbus("  3: { error_code: { input: 2 } }")).resources.has("3/0/11/0"));
});

test("the identity fills object 3, and what the mapping says itself stands", () => {
  const plan = planOf(
    modbus(
      "  3: { model_number: { const: Own }, serial_number: { input: 0 } }",
      "identity: { manufacturer: Acme, model: M, serial_number: S, hardware_version: 2.0, software_version: { input: 9 } }\n",
    ),
  );
  assert.deepEqual(resourceOf(plan, "3/0/0").source, { kind: "constant", value: "Acme" });
  assert.deepEqual(resourceOf(plan, "3/0/1").source, { kind: "constant", value: "Own" });
  assert.deepEqual(resourceOf(plan, "3/0/18").source, { kind: "constant", value: "2.0" });
  assert.equal(pointOf(plan, "3/0/2").readable, true);
});

test("a device is called by its MAC address, or by its maker's number and its serial number (RFC 9039)", () => {
  const named = (identity: string): string | undefined =>
    planOf(METER.replace("objects:", `identity: ${identity}\nobjects:`)).deviceId;
  assert.equal(named("{ mac: 00:24:BE:80:4F:F1 }"), "urn:dev:mac:0024befffe804ff1");
  assert.equal(named("{ pen: 32473, serial_number: 00042 }"), "urn:dev:os:32473-00042");
  assert.equal(named("{ mac: 0024befffe804ff1 }"), "urn:dev:mac:0024befffe804ff1");
  assert.equal(named("{ serial_number: 00042 }"), undefined);
  assert.equal(named("{ manufacturer: Acme }"), undefined);
});

test("what is no MAC address and no number of a maker is told at its place", () => {
  const problem = (identity: string) =>
    resolved(METER.replace("objects:", `identity: ${identity}\nobjects:`)).problems[0];
  assert.match(
    problem("{ mac: 00:24:BE:80:4F }") ?? "",
    /^4:18: error: mac: expected a MAC address of 6 bytes or an EUI-64.*found "00:24:BE:80:4F"$/,
  );
  assert.match(
    problem("{ pen: Acme, serial_number: 1 }") ?? "",
    /^4:18: error: pen: expected the number that IANA gave the maker/,
  );
});

test("Sensor Units is filled from the unit where the registry has none", () => {
  const plan = planOf(
    modbus("  3303: { sensor_value: { input: 0, unit: Cel }, min_measured_value: { input: 1, unit: Cel } }"),
  );
  assert.deepEqual(resourceOf(plan, "3303/0/5701").source, { kind: "constant", value: "Cel" });
  const own = planOf(modbus("  3303: { sensor_value: { input: 0, unit: Cel }, sensor_units: { const: K } }"));
  assert.deepEqual(resourceOf(own, "3303/0/5701").source, { kind: "constant", value: "K" });
});

test("a resource can be written where the registry allows it and the mapping says so", () => {
  const plan = planOf(
    modbus(`  3306:
    on/off: { coil: 1, write: true }
    dimmer: { holding: 2, unit: "%", accept: [0, 50], write: { verify: 2s } }
    on_time: { holding: 3 }
    multi-state_output: { holding: 4, enum: { 0: a, 1: b }, read: false, write: true }`),
  );
  const access = (point: string) => [pointOf(plan, point).readable, pointOf(plan, point).writable];
  assert.deepEqual(access("3306/0/5850"), [true, true]);
  assert.deepEqual(access("3306/0/5851"), [true, true]);
  assert.deepEqual(access("3306/0/5852"), [true, false]);
  assert.deepEqual(access("3306/0/5853"), [false, true]);
  assert.equal(pointOf(plan, "3306/0/5853").poll, "never");
  assert.deepEqual(pointOf(plan, "3306/0/5851").toRaw(40), { raw: Uint8Array.of(0, 40) });
  assert.throws(() => pointOf(plan, "3306/0/5851").toRaw(51), { name: "Lwm2mError", code: 0x80 });
  assert.throws(() => pointOf(plan, "3306/0/5852").toRaw(1), { name: "Lwm2mError", code: 0x85 });
});

test("an executable resource has its steps, with the arguments of Execute", () => {
  const plan = planOf(modbus("  3: { reboot: { do: [ { holding: 9, as: u16, value: $0 }, { wait: 3s } ] } }"));
  const { source } = resourceOf(plan, "3/0/4");
  assert.ok(source.kind === "execute");
  assert.deepEqual(source.steps(new Map([[0, "258"]])), [{ holding: 9, value: Uint8Array.of(1, 2) }, { wait: 3000 }]);
});

const SHARED = `mapping: t
protocol: modbus
params: { unit_id: { type: int }, ratio: { type: number, default: 1 } }
modbus: { unit_id: $unit_id }
objects:
  3305:
    5800: { input: 0, scale: $ratio }
    5805: { input: 1 }
`;

test("devices of one mapping share what their parameters do not change", () => {
  const { mapping } = prepared(SHARED);
  const device = (parameters: string) => {
    const plan = resolveDevice(
      mapping,
      { id: "d", place: PLACE, link: "l", parameters: entriesOf(parameters) },
      (problem) => assert.fail(problem.message),
    );
    assert.ok(plan !== undefined);
    return plan;
  };
  const [first, second, third] = [device("unit_id: 1"), device("unit_id: 2"), device("{ unit_id: 2, ratio: 10 }")];
  assert.equal(pointOf(first, "3305/0/5800").toValue, pointOf(second, "3305/0/5800").toValue);
  assert.deepEqual(pointOf(third, "3305/0/5800").toValue(Uint8Array.of(0, 3)), { good: 30 });
  assert.deepEqual(pointOf(second, "3305/0/5800").toValue(Uint8Array.of(0, 3)), { good: 3 });
});

const ASKED = `mapping: t
protocol: modbus
params: { unit_id: { type: int }, ratio: { type: number, default: 1 } }
modbus: { unit_id: $unit_id }
identity: { manufacturer: Acme, model: { input: 9, length: 2, as: string, poll: connect }, serial_number: "7" }
objects:
  3305:
    5800: { input: 0, scale: $ratio }
    5805: { input: 1, when: model == "X1" }
`;

test("devices with the same parameters have one plan, but for what is their own", () => {
  const { mapping } = prepared(ASKED);
  const device = (own: Partial<DeviceEntry>, parameters: string) => {
    const entry = { id: "d", place: PLACE, link: "l", ...own, parameters: entriesOf(parameters) };
    const plan = resolveDevice(mapping, entry, (problem) => assert.fail(problem.message));
    assert.ok(plan !== undefined);
    return plan;
  };
  const first = device({ id: "first", prefix: "p", deviceId: "urn:dev:ops:1" }, "unit_id: 1");
  const second = device({ id: "second", link: "m", was: "s" }, "{ ratio: 1, unit_id: 1 }");
  const third = device({ id: "third" }, "{ ratio: 2, unit_id: 1 }");
  assert.equal(second.resources, first.resources);
  assert.notEqual(third.resources, first.resources);
  const { id, link, prefix, was, deviceId } = second;
  assert.deepEqual(
    { id, link, prefix, was, deviceId },
    {
      ...{ id: "second", link: "m", prefix: undefined, was: "s" },
      deviceId: undefined,
    },
  );
  assert.deepEqual([first.id, first.prefix, first.deviceId], ["first", "p", "urn:dev:ops:1"]);
  // What it becomes when it has said something of itself is its own, too.
  const known = second.variants?.withFacts(new Map([["3/0/1", "X1"]]));
  assert.deepEqual([known?.id, known?.link, known?.resources.has("3305/0/5805")], ["second", "m", true]);
});

test("what is wrong is said of each device that has it, though another has the same parameters", () => {
  const { mapping } = prepared(ASKED.replace("$ratio", "$ration"));
  const told = ["first", "second"].map((id) => {
    const problems: string[] = [];
    const entry = { id, place: PLACE, link: "l", parameters: entriesOf("unit_id: 1") };
    assert.equal(
      resolveDevice(mapping, entry, ({ message }) => problems.push(message)),
      undefined,
    );
    return problems;
  });
  assert.match(told[0]?.join() ?? "", /ration is not a parameter/);
  assert.deepEqual(told[1], told[0]);
});

test("the fingerprint is that of the meaning: comments and spaces change nothing, a type or a parameter does", () => {
  const { fingerprint } = planOf(METER);
  assert.equal(planOf(`# a comment\n${METER.replace("as: f32", "as:   f32")}`).fingerprint, fingerprint);
  assert.notEqual(planOf(METER.replace("f32", "u32")).fingerprint, fingerprint);
  assert.notEqual(planOf(SHARED, "unit_id: 1").fingerprint, planOf(SHARED, "unit_id: 2").fingerprint);
  assert.equal(planOf(SHARED, "unit_id: 1").fingerprint, planOf(SHARED, "{ ratio: 1, unit_id: 1 }").fingerprint);
});
