import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { MergedBacking } from "../../src/lwm2m/merged-backing.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";

function twoBackings() {
  const device = new FakeBacking("", { 3: { instances: { 0: { 0: "Acme", 4: "execute", 14: "+01" } } } });
  const sensor = new FakeBacking("", { 3303: { instances: { 0: { 5700: 20 } } } });
  return { device, sensor, merged: new MergedBacking("", [device, sensor]) };
}

test("each object is served by the backing that has it, and outcomes keep their order", async () => {
  const { device, sensor, merged } = twoBackings();
  assert.deepEqual([...merged.model.keys()].sort(), [3, 3303]);
  const outcomes = await merged.read([at("/3/0/0"), at("/3303/0/5700"), at("/3/0/14"), at("/9/0/0")]);
  const seen = outcomes.map((outcome) => (outcome instanceof Lwm2mError ? outcome.code : outcome[0]?.value));
  assert.deepEqual(seen, ["Acme", 20, "+01", CODE.notFound]);
  assert.deepEqual(device.calls, ["read /3/0/0 /3/0/14"]);
  assert.deepEqual(sensor.calls, ["read /3303/0/5700"]);
  await merged.prepareWrite([{ path: at("/3/0/14"), value: "+02" }])();
  await merged.execute(at("/3/0/4"), "");
  assert.deepEqual(device.calls.slice(1), ["write /3/0/14=+02", "execute /3/0/4 "]);
});

test("of two backings with the same object the first serves it", async () => {
  const first = new FakeBacking("", { 3: { instances: { 0: { 0: "first" } } } });
  const second = new FakeBacking("", { 3: { instances: { 0: { 0: "second" }, 1: { 0: "x" } } } });
  const merged = new MergedBacking("", [first, second]);
  assert.equal(merged.model.get(3)?.instances.size, 1);
  const [outcome] = await merged.read([at("/3/0/0")]);
  assert.ok(outcome !== undefined && !(outcome instanceof Lwm2mError));
  assert.equal(outcome[0]?.value, "first");
});

test("a write to what no backing has any more is refused, and nothing is written", async () => {
  const { device, merged } = twoBackings();
  const values = [
    { path: at("/3/0/14"), value: "+02" },
    { path: at("/9/0/0"), value: "x" },
  ];
  assert.throws(() => merged.prepareWrite(values), Lwm2mError);
  await assert.rejects(merged.execute(at("/9/0/0"), ""), Lwm2mError);
  assert.deepEqual(device.calls, []);
});

test("backings of another prefix cannot be merged", () => {
  assert.throws(() => new MergedBacking("d01", [new FakeBacking("d02", {})]), RangeError);
});
