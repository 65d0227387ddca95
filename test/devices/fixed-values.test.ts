import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { aDevice, onDevice } from "../support/a-device.ts";
import { constant, point } from "../support/device-plan.ts";

const VOLTAGE = "3316/0/5700";
const METER = { [VOLTAGE]: point() };
const at = (id: string) => parsePath(`/meter-1/${id}`);
const meets = (code: number, message: RegExp) => (error: unknown) =>
  error instanceof Lwm2mError && error.code === code && message.test(error.message);

test("error code says 8 while the device is away and 0 again afterwards, also to observers", async () => {
  const { clock, fake, device, batches, read } = aDevice(METER);
  const errorCode = onDevice({ object: 3, instance: 0, resource: 11 });
  fake.set(VOLTAGE, 230);
  device.start();
  await clock.advance(MINUTE);
  assert.deepEqual(await read(errorCode), { "3/0/11/0": 0 });
  fake.alive = false;
  await clock.advance(MINUTE);
  assert.deepEqual(await read(errorCode), { "3/0/11/0": 8 });
  fake.alive = true;
  await clock.advance(MINUTE);
  const told = batches.flat().filter(({ path }) => path === "/meter-1/3/0/11/0");
  assert.deepEqual(
    told.map(({ value }) => value),
    [0, 8, 0],
  );
});

test("object 3 is always there: error code and binding answer, reboot is 4.05", async () => {
  const { device, tree, read } = aDevice({ [VOLTAGE]: point() });
  device.start();
  assert.deepEqual(await read(at("3/0")), { "3/0/11/0": 0, "3/0/16": "U" });
  await assert.rejects(tree.execute(at("3/0/4"), ""), meets(0x85, /cannot be executed/));
  assert.deepEqual(
    tree.discover(at("3/0"), 1).map(({ path }) => path),
    ["3/0", "3/0/4", "3/0/11", "3/0/16"].map(at),
  );
});

test("what the mapping says of object 3 stands over what the gateway says", async () => {
  const { clock, fake, device, read, tree, batches } = aDevice({
    "3/0/4": { kind: "execute", steps: () => ["reboot"] },
    "3/0/11/0": point(),
    "3/0/11/1": point(),
    "3/0/16": constant("UQ"),
  });
  fake.set("3/0/11/0", 6).set("3/0/11/1", 7);
  device.start();
  await clock.advance(10 * SECOND);
  assert.deepEqual(await read(at("3/0")), { "3/0/11/0": 6, "3/0/11/1": 7, "3/0/16": "UQ" });
  await tree.execute(at("3/0/4"), "");
  fake.alive = false;
  await clock.advance(MINUTE);
  assert.deepEqual(await read(onDevice({ object: 3, instance: 0, resource: 11 })), { "3/0/11/0": 8 });
  fake.alive = true;
  await clock.advance(2 * MINUTE);
  assert.deepEqual(await read(at("3/0/11")), { "3/0/11/0": 6, "3/0/11/1": 7 });
  const told = batches.flat().filter(({ path }) => path === at("3/0/11/0"));
  assert.deepEqual(
    told.map(({ value }) => value),
    [6, 8, 6],
  );
});
