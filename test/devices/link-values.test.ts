import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import type { LinkFact, ResourceSource } from "../../src/mapping/plan-types.ts";
import { aDevice } from "../support/a-device.ts";
import { constant, point } from "../support/device-plan.ts";

const link = (fact: LinkFact): ResourceSource => ({ kind: "link", fact });

function aRadio() {
  const world = aDevice({
    "3303/0/5700": point(),
    "4/0/0": constant(22),
    "4/0/1/0": constant(22),
    "4/0/2": link("rssi"),
    "4/0/3": link("link_quality"),
    "4/0/4/0": link("address"),
    "4/0/4/1": link("address"),
    "4/0/5/0": link("router"),
  });
  world.fake.set("3303/0/5700", 21);
  world.device.start();
  return world;
}

test("before the link knows, object 4 has what is mandatory and can be said, and what is missing answers 5.00", async () => {
  const { read, path, said, tree } = aRadio();
  assert.equal(said()["4/0/4/0"], "0.0.0.0");
  assert.deepEqual(Object.keys(await read(path(4, 0, 0))), ["4/0/0"]);
  await assert.rejects(tree.read(path(4, 0, 2)), /4\/0\/2 has no value yet/);
});

test("what the link says is a value that observers hear, and each address has its instance", async () => {
  const { clock, fake, said, read, path } = aRadio();
  await clock.advance(SECOND);
  fake.tellConnectivity({
    addresses: ["192.0.2.7", "2001:db8::7"],
    routers: ["192.0.2.1"],
    rssi: -71,
    linkQuality: 180,
  });
  const { "4/0/2": rssi, "4/0/3": quality, "4/0/5/0": router } = said();
  assert.deepEqual([rssi, quality, router], [-71, 180, "192.0.2.1"]);
  assert.deepEqual(await read(path(4, 0, 4)), { "4/0/4/0": "192.0.2.7", "4/0/4/1": "2001:db8::7" });
  fake.tellConnectivity({ rssi: -80 });
  assert.deepEqual([said()["4/0/2"], said()["4/0/4/0"]], [-80, "192.0.2.7"], "what is not said stays");
});

test("it stays readable while the device is away, and none of it is a sign of life", async () => {
  const { clock, fake, device, read, path } = aRadio();
  await clock.advance(SECOND);
  fake.alive = false;
  fake.tellConnectivity({ rssi: -90 });
  await clock.advance(2 * MINUTE);
  fake.tellConnectivity({ rssi: -95 });
  assert.equal(device.state, "offline");
  assert.deepEqual(await read(path(4, 0, 2)), { "4/0/2": -95 });
});
