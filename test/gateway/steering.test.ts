import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { Steering } from "../../src/gateway/steering.ts";
import { observationId } from "../../src/lwm2m/observation-id.ts";
import type { Path } from "../../src/lwm2m/path.ts";
import type { Evaluation } from "../../src/lwm2m/report-rules.ts";
import { at } from "../support/fake-backing.ts";

/** Devices d01 and d02, and what they were told. */
function twoDevices() {
  const told: (readonly [Path, readonly number[]])[] = [];
  const device = (prefix: string) => ({
    prefix,
    steer: (path: Path, wishes: readonly Evaluation[]) => told.push([path, wishes.map(({ epmax }) => epmax / SECOND)]),
  });
  const devices = new Map([device("d01"), device("d02")].map((one) => [one.prefix, one]));
  const steering = new Steering((prefix) => devices.get(prefix));
  const news = () => told.splice(0);
  return { steering, devices, device, news };
}

const evaluation = (path: string, epmax: number): Evaluation => ({ path: at(path), epmin: 0, epmax: epmax * SECOND });
const idOf = (server: number, ...paths: string[]) => observationId(server, paths.map(at));

test("the wishes of all servers for a path stand side by side, and each ends by itself", () => {
  const { steering, news } = twoDevices();
  const path = "/d01/3303/0/5700";
  steering.take(idOf(1, path), [evaluation(path, 10)]);
  steering.take(idOf(2, path), [evaluation(path, 20)]);
  steering.take(idOf(1, path), [evaluation(path, 5)]);
  steering.take(idOf(1, path), []);
  steering.take(idOf(2, path), []);
  assert.deepEqual(news(), [
    [path, [10]],
    [path, [10, 20]],
    [path, [5, 20]],
    [path, [20]],
    [path, []],
  ]);
});

test("a composite observation steers every device that it observes, and no other", () => {
  const { steering, news } = twoDevices();
  const id = idOf(1, "/d01/3303", "/d02/3303", "/d03/3303");
  steering.take(id, [evaluation("/d01/3303", 10), evaluation("/d02/3303", 20), evaluation("/d03/3303", 30)]);
  assert.deepEqual(news(), [
    ["/d01/3303", [10]],
    ["/d02/3303", [20]],
  ]);
  steering.take(id, []);
  assert.deepEqual(news(), [
    ["/d01/3303", []],
    ["/d02/3303", []],
  ]);
});

test("a device that is made anew is told what is wished of it already", () => {
  const { steering, devices, device, news } = twoDevices();
  steering.take(idOf(1, "/d01/3303"), [evaluation("/d01/3303", 10)]);
  steering.take(idOf(1, "/d01/3304"), [evaluation("/d01/3304", 20)]);
  steering.take(idOf(1, "/d02/3303"), [evaluation("/d02/3303", 30)]);
  news();
  devices.set("d01", device("d01"));
  steering.adopt(devices.get("d01"));
  assert.deepEqual(news(), [
    ["/d01/3303", [10]],
    ["/d01/3304", [20]],
  ]);
  steering.take(idOf(1, "/d01/3303"), []);
  steering.take(idOf(1, "/d01/3304"), []);
  news();
  steering.adopt(devices.get("d01"));
  steering.adopt(undefined);
  assert.deepEqual(news(), [], "nothing is left behind");
});
