import assert from "node:assert/strict";
import { test } from "node:test";
import { modbus, planOf, resolved } from "./mapping-text.ts";

const METER = `  3305:
    5800: { input: 0x0C, as: f32 }
    5805: { input: 0x0E, as: f32 }
  3303: { sensor_value: { input: 0 } }`;
const RETRY = { first: 5000, longest: 600_000 };

function ruleOf(availability: string, objects = METER) {
  return planOf(modbus(objects, `availability: ${availability}\n`)).availability;
}

function problemsOf(availability: string, objects = METER): readonly string[] {
  return resolved(modbus(objects, `availability: ${availability}\n`)).problems.filter(
    (one) => !one.includes("mandatory"),
  );
}

test("availability has its defaults, counts failures, waits in silence, or both", () => {
  const usual = { retry: RETRY, deregisterAfter: 300_000, whenOffline: "error" };
  assert.deepEqual(planOf(modbus(METER)).availability, { ...usual, failures: 3 });
  assert.deepEqual(ruleOf("{ retry: 1s..1m }"), { ...usual, failures: 3, retry: { first: 1000, longest: 60_000 } });
  assert.deepEqual(ruleOf("{ offline_after: 1 failure }"), { ...usual, failures: 1 });
  assert.deepEqual(ruleOf("{ offline_after: 15m }"), { ...usual, silence: 900_000 });
  assert.deepEqual(ruleOf("{ offline_after: [15m, 5 failures] }"), { ...usual, failures: 5, silence: 900_000 });
});

test("a client of its own is de-registered after the time that it has, or never", () => {
  assert.equal(ruleOf("{ deregister_after: 1h }").deregisterAfter, 3_600_000);
  assert.equal(ruleOf("{ deregister_after: 0 }").deregisterAfter, 0);
  assert.equal(ruleOf("{ deregister_after: never }").deregisterAfter, undefined);
  assert.match(problemsOf("{ deregister_after: newer }")[0] ?? "", /^4:35: error: /);
});

test("the probe is named by its IDs, with or without a slash, or by a name that is there once", () => {
  assert.equal(ruleOf("{ probe: 3305/0/5805 }").probe, "3305/0/5805");
  assert.equal(ruleOf("{ probe: /3303/0/5700 }").probe, "3303/0/5700");
  assert.equal(ruleOf("{ probe: sensor_value }").probe, "3303/0/5700");
  assert.equal(ruleOf("{ when_offline: hold }").probe, undefined);
});

test("a probe that cannot be asked is refused at its place", () => {
  assert.deepEqual(problemsOf("{ probe: sensor_valu }"), [
    '4:24: error: probe: no resource "sensor_valu" in this mapping; did you mean "sensor_value"?',
  ]);
  const two = "  3303: { 0: { 5700: { input: 0 } }, 1: { 5700: { input: 1 } } }";
  assert.deepEqual(problemsOf("{ probe: sensor_value }", two), [
    '4:24: error: probe: the name "sensor_value" stands here for 3303/0/5700 and 3303/1/5700: write the IDs',
  ]);
  const fixed = "  3303: { 5700: { input: 0 }, 5750: { const: Oven } }";
  assert.deepEqual(problemsOf("{ probe: application_type }", fixed), [
    "4:24: error: probe: /3303/0/5750 Application Type is not read from the device",
  ]);
});

test("what is no limit, or the same twice, is refused with what would be right", () => {
  assert.match(
    problemsOf("{ offline_after: soon }")[0] ?? "",
    /^4:32: error: .*"soon" is neither a number of failures nor a duration/,
  );
  assert.match(
    problemsOf("{ offline_after: [15m, 20m] }")[0] ?? "",
    /one number of failures and one duration, e\.g\. \[3 failures, 15m\]/,
  );
  assert.match(problemsOf("{ when_offline: holt }")[0] ?? "", /expected .*; did you mean "hold"\?/);
});

test("bad-quality where nothing can be marked is a warning that says how it could be", () => {
  assert.match(
    problemsOf("{ when_offline: bad-quality }")[0] ?? "",
    /^4:31: warning: bad-quality: no object .* write version: "1\.1"/,
  );
  const marked = '  3303: { version: "1.1", 5700: { input: 0 } }';
  assert.deepEqual(problemsOf("{ when_offline: bad-quality }", marked), []);
  assert.equal(ruleOf("{ when_offline: bad-quality }", marked).whenOffline, "bad-quality");
});
