import assert from "node:assert/strict";
import test from "node:test";
import { nearestNames } from "../src/near-miss.ts";

test("a near miss is a letter wrong, missing, too much or swapped, or a part of the name", () => {
  const names = ["temperature", "humidity", "ac_voltage", "dc_voltage", "on/off"];
  assert.deepEqual(nearestNames("temprature", names), ["temperature"]);
  assert.deepEqual(nearestNames("tempreature", names), ["temperature"]);
  assert.deepEqual(nearestNames("Humidty", names), ["humidity"]);
  assert.deepEqual(nearestNames("voltage", names), ["ac_voltage", "dc_voltage"]);
  assert.deepEqual(nearestNames("dc_voltgae", names), ["dc_voltage", "ac_voltage"]);
  assert.deepEqual(nearestNames("no/off", names), ["on/off"]);
  assert.deepEqual(nearestNames("pressure", names), []);
  assert.deepEqual(nearestNames("voltage", names, 1), ["ac_voltage"]);
  assert.deepEqual(nearestNames("", names), []);
});
