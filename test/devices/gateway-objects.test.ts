import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { GatewayDeviceBacking, type GatewayEntry, GatewayObjectBacking } from "../../src/devices/gateway-objects.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { notAllowed } from "../../src/lwm2m/refusals.ts";
import type { Sample, Value } from "../../src/lwm2m/sample.ts";
import { definitionOf } from "../support/device-plan.ts";
import { FakeClock } from "../support/fake-clock.ts";

const values = (samples: readonly Sample[]): Record<string, Value> =>
  Object.fromEntries(samples.map(({ path, value }) => [path, value]));
const meets = (code: number) => (error: unknown) => error instanceof Lwm2mError && error.code === code;
const IDENTITY = { manufacturer: "Acme", model: "Edge 1", version: "0.1.0" };

const refused = (): never => {
  throw notAllowed("nobody here may do that");
};

function gatewayDevice(serial?: string, storage: { gone?: boolean } = {}) {
  const clock = new FakeClock();
  const identity = serial === undefined ? IDENTITY : { ...IDENTITY, serial };
  const memory = () => (storage.gone === true ? undefined : { free: 1_234_567, total: 8_000_000 });
  const control = {
    ...{ offered: false, reboot: refused, factoryReset: refused },
    setClock: async () => refused(),
  };
  const backing = new GatewayDeviceBacking(definitionOf(3), identity, { memory, control }, clock);
  return { clock, backing, tree: new ModelTree(backing) };
}

test("object 3 of the gateway says what is true of it, with memory in kilobytes and the time of day", async () => {
  const { clock, tree } = gatewayDevice("A1");
  await clock.advance(5 * SECOND);
  assert.deepEqual(values(await tree.read(parsePath("/3"))), {
    "/3/0/0": "Acme",
    "/3/0/1": "Edge 1",
    "/3/0/2": "A1",
    "/3/0/3": "0.1.0",
    "/3/0/10": 1234,
    "/3/0/11/0": 0,
    "/3/0/13": Date.UTC(2026, 0, 1) / 1000 + 5,
    "/3/0/16": "U",
    "/3/0/21": 8000,
  });
});

test("where the storage is gone, object 3 says the rest", async () => {
  const storage = { gone: false };
  const { backing, tree } = gatewayDevice(undefined, storage);
  storage.gone = true;
  const said = values(await tree.read(parsePath("/3/0")));
  assert.deepEqual([said["/3/0/0"], said["/3/0/10"], said["/3/0/21"]], ["Acme", undefined, undefined]);
  await assert.rejects(tree.read(parsePath("/3/0/10")), meets(0xa0));
  assert.equal(backing.latest(parsePath("/3/0/10")), undefined);
});

test("what object 3 says now is known without a read, for reports that nothing but the clock makes due", async () => {
  const { clock, backing } = gatewayDevice();
  await clock.advance(7 * SECOND);
  const latest = (path: string) => backing.latest(parsePath(path))?.value;
  assert.equal(latest("/3/0/13"), Date.UTC(2026, 0, 1) / 1000 + 7);
  assert.equal(latest("/3/0/11/0"), 0);
  assert.deepEqual([latest("/3/0/2"), latest("/3/0/4"), latest("/25/0/0")], [undefined, undefined, undefined]);
});

test("a gateway without a serial number has no such resource", async () => {
  const { tree } = gatewayDevice();
  await assert.rejects(tree.read(parsePath("/3/0/2")), meets(0x84));
});

test("the gateway cannot be rebooted and its time not be set by a server: 4.05", async () => {
  const { tree } = gatewayDevice();
  const time = parsePath("/3/0/13");
  await assert.rejects(tree.execute(parsePath("/3/0/4"), ""), meets(0x85));
  await assert.rejects(tree.write(time, [{ path: time, value: 0 }], "replace"), meets(0x85));
  assert.deepEqual(
    tree.discover(parsePath("/3/0"), 1).map(({ path }) => path),
    ["/3/0", ...[0, 1, 3, 4, 10, 11, 13, 16, 21].map((id) => `/3/0/${id}`)],
  );
});

const METER: GatewayEntry = {
  instance: 0,
  deviceId: "urn:dev:ops:gw-meter-1",
  prefix: "meter-1",
  objects: "</3/0>,</3316>;ver=1.1,</3316/0>",
};
const VALVE: GatewayEntry = { instance: 4, deviceId: "urn:dev:mac:0011", prefix: "valve", objects: "</3/0>" };

function gatewayObject(first: readonly GatewayEntry[]) {
  const clock = new FakeClock();
  const state = { entries: first, asked: 0 };
  const list = () => {
    state.asked++;
    return state.entries;
  };
  const backing = new GatewayObjectBacking(definitionOf(25), list, clock);
  return { clock, state, backing, tree: new ModelTree(backing) };
}

test("object 25 has one instance a device: its id, its prefix and its objects", async () => {
  const { tree } = gatewayObject([VALVE, METER]);
  assert.deepEqual(values(await tree.read(parsePath("/25"))), {
    "/25/0/0": "urn:dev:ops:gw-meter-1",
    "/25/0/1": "meter-1",
    "/25/0/3": "</3/0>,</3316>;ver=1.1,</3316/0>",
    "/25/4/0": "urn:dev:mac:0011",
    "/25/4/1": "valve",
    "/25/4/3": "</3/0>",
  });
  assert.equal(tree.typeOf(parsePath("/25/0/3"))?.type, "corelnk");
  assert.equal(definitionOf(25).version, "2.0");
});

test("object 25 without devices is there, and empty", async () => {
  const { tree } = gatewayObject([]);
  assert.deepEqual(await tree.read(parsePath("/25")), []);
});

test("a change of a device's objects is one sample; a new device is three; what is gone has none", async () => {
  const { clock, state, backing, tree } = gatewayObject([METER]);
  assert.equal(backing.changes().length, 3);
  assert.deepEqual(backing.changes(), []);
  await clock.advance(SECOND);
  state.entries = [{ ...METER, objects: "</3/0>" }, VALVE];
  const changes = backing.changes();
  assert.deepEqual(Object.keys(values(changes)), ["/25/0/3", "/25/4/0", "/25/4/1", "/25/4/3"]);
  assert.ok(changes.every(({ time }) => time === clock.wall()));
  state.entries = [VALVE];
  assert.deepEqual(backing.changes(), []);
  await assert.rejects(tree.read(parsePath("/25/0")), meets(0x84));
  state.entries = [VALVE, METER];
  assert.equal(backing.changes().length, 3, "a device that returns is new");
});

test("a value that stays keeps the time since when it is so", async () => {
  const { clock, backing, tree } = gatewayObject([METER]);
  backing.changes();
  await clock.advance(SECOND);
  backing.changes();
  const [sample] = await tree.read(parsePath("/25/0/1"));
  assert.equal(sample?.time, clock.epoch);
});

test("a thousand devices are listed once for a whole read, not for each path", async () => {
  const entries = Array.from({ length: 1000 }, (_, instance) => ({ ...METER, instance, prefix: `meter-${instance}` }));
  const { state, tree } = gatewayObject(entries);
  assert.equal((await tree.read(parsePath("/25"))).length, 3000);
  assert.equal(state.asked, 1);
});

test("object 25 can be neither written nor executed nor extended by a server: 4.05", async () => {
  const { tree } = gatewayObject([METER]);
  const prefix = parsePath("/25/0/1");
  await assert.rejects(tree.write(prefix, [{ path: prefix, value: "x" }], "replace"), meets(0x85));
  await assert.rejects(tree.create(parsePath("/25/7"), []), meets(0x85));
  await assert.rejects(tree.delete(parsePath("/25/0")), meets(0x85));
});
