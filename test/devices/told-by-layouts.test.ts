/** Whatever a device refuses: who sees it without its prefix is told of the paths that it asked for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { RebasedBacking } from "../../src/lwm2m/rebased-backing.ts";
import type { Backing } from "../../src/lwm2m/tree.ts";
import { aDevice } from "../support/a-device.ts";
import { constant, point } from "../support/device-plan.ts";
import { at } from "../support/fake-backing.ts";
import { refused } from "../support/refused.ts";
import { aStoredBacking } from "../support/stored-backing.ts";

const VOLTAGE = "3316/0/5700";
const POWER = "3328/0/5700";
const ON_OFF = "3306/0/5850";
const DIMMER = "3306/0/5851";
const LABEL = "3306/0/5750";
const RESET = "3316/0/5605";

const alone = (backing: Backing): ModelTree => new ModelTree(new RebasedBacking(backing));

test("a device names its paths as whoever asked does", async () => {
  const { fake, device, clock } = aDevice({
    [VOLTAGE]: point({ poll: "never" }),
    [POWER]: { kind: "derived", inputs: [VOLTAGE], compute: () => ({ good: 1 }) },
    [ON_OFF]: point({ writable: true }),
    [DIMMER]: point({ writable: true }),
    [LABEL]: point({ writable: true }),
    "3306/0/5852": constant(5),
    [RESET]: { kind: "execute", steps: () => [{ coil: 1 }] },
  });
  device.start();
  await clock.advance(25 * SECOND);
  const tree = alone(device.backing);
  fake.refused.set(VOLTAGE, "exception 2").set(DIMMER, "exception 3");
  await assert.rejects(
    tree.read(at("/3316/0/5700")),
    refused(0xa0, /^\/3316\/0\/5700 could not be read: exception 2$/),
  );
  await assert.rejects(
    tree.read(at("/3328/0/5700")),
    refused(0xa0, /^\/3328\/0\/5700 could not be computed: \/3316\/0\/5700 could not be read: exception 2$/),
  );
  const values = [ON_OFF, DIMMER, LABEL].map((id, i) => ({ path: at(`/${id}`), value: [true, 50, "lamp"][i] ?? "" }));
  await assert.rejects(
    tree.write(at("/3306/0"), values, "update"),
    refused(
      0xa0,
      /^\/3306\/0\/5851 was not written: exception 3; written before it: \/3306\/0\/5850; not tried: \/3306\/0\/5750$/,
    ),
  );
  const tooMuch = [{ path: at(`/${DIMMER}`), value: 255 }];
  assert.throws(
    () => new RebasedBacking(device.backing).prepareWrite(tooMuch),
    refused(0x80, /^\/3306\/0\/5851: .*above 254/),
  );
  assert.throws(
    () => new RebasedBacking(device.backing).prepareWrite([{ path: at("/3306/0/5852"), value: 6 }]),
    refused(0x85, /^\/3306\/0\/5852 cannot be written on this device$/),
  );
  fake.failure = new TypeError("a bug");
  await assert.rejects(tree.execute(at(`/${RESET}`), ""), refused(0xa0, /^\/3316\/0\/5605 was not executed: /));
});

test("a value that is not there yet is named so, too", async () => {
  const { device, clock } = aDevice({ [VOLTAGE]: point({ poll: "unasked" }), [ON_OFF]: point() });
  device.start();
  await clock.advance(MINUTE);
  await assert.rejects(
    alone(device.backing).read(at(`/${VOLTAGE}`)),
    refused(0xa0, /^\/3316\/0\/5700 has no value yet$/),
  );
});

test("so do the objects that servers fill", async () => {
  const limits = { instances: 1, valueBytes: 10 };
  const { backing } = aStoredBacking({
    ...{ prefix: "meter-1", limits },
    stored: [{ object: 16, instance: 0, values: [] }],
  });
  const tree = alone(backing);
  assert.throws(() => tree.freeInstance(at("/16")), refused(0xa0, /^\/16 has no room/));
  await assert.rejects(
    tree.create(at("/16/1"), [{ path: at("/16/1/0/0"), value: "a" }]),
    refused(0xa0, /^\/16 has no room/),
  );
  const long = [{ path: at("/16/0/0/0"), value: "more than ten bytes" }];
  await assert.rejects(tree.write(at("/16/0"), long, "update"), refused(0x80, /^\/16\/0\/0\/0: a value of 19 bytes/));
});
