import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import { formatCode } from "../../../src/coap/codes.ts";
import { Lwm2mError } from "../../../src/errors.ts";
import type { Operator, ShownValue } from "../../../src/gateway/operator/operator.ts";
import { typedPath } from "../../../src/gateway/operator/operator.ts";
import { aGateway } from "../../support/a-gateway.ts";

const SETUP = {
  links: ["trial: { type: simulated }"],
  devices: [
    "{ id: meter-1, mapping: eastron-sdm630, link: bus, unit_id: 1 }",
    "{ id: room-1, mapping: simulated-climate, link: trial }",
  ],
};

async function readAt(operator: Operator, path: string): Promise<readonly ShownValue[]> {
  return (await operator.read([typedPath(path)])).values;
}

async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof Lwm2mError, String(error));
    return `${formatCode(error.code)} ${error.message}`;
  }
  throw new Error("it was done");
}

test("any level is read: of the gateway, of a device, or all of a device", async (t) => {
  const { gateway } = await aGateway(t, SETUP);
  const { operator } = gateway;
  const [model] = await readAt(operator, "/3/0/1");
  assert.deepEqual([model?.name, model?.type, model?.value], ["Model Number", "string", "lwm2m-gateway"]);
  const [dimmer, ...none] = await readAt(operator, "/room-1/3311/0/5851/");
  assert.deepEqual(
    { ...dimmer, time: 0 },
    {
      ...{ path: "/room-1/3311/0/5851", name: "Dimmer", type: "integer", value: 40, unit: "/100", time: 0 },
    },
  );
  assert.deepEqual(none, []);
  const room = await readAt(operator, "/room-1");
  const temperature = room.find(({ path }) => path === "/room-1/3303/0/5700");
  assert.deepEqual(
    [temperature?.name, temperature?.unit],
    ["Sensor Value", "Cel"],
    "its unit stands in a resource beside it",
  );
  const own = await readAt(operator, "/");
  assert.ok(own.every(({ path }) => !path.includes("room")));
});

test("what is not there is told as a server is told, a prefix with the nearest", async (t) => {
  const { operator } = (await aGateway(t, SETUP)).gateway;
  const read = (path: string) => refusal(() => readAt(operator, path));
  assert.equal(await read("/rom-1/3303"), "4.04 no device has the prefix /rom-1; did you mean /room-1?");
  assert.equal(await read("/nothing-like-it/3303"), "4.04 no device has the prefix /nothing-like-it");
  assert.equal(await read("/room-1/3303/7"), "4.04 there is no /room-1/3303/7");
  assert.match(await read("/room-1/x"), /^4\.00 "x" in path .* is no ID; expected e\.g\. \/meter-1\/3303\/0\/5700$/);
  assert.match(await read("room-1"), /^4\.00 path "room-1" does not begin with "\/"/);
  assert.equal(await read("/0"), "4.01 object 0 is not open to a server");
});

test("what is written is checked, and stands on the device; several places are written together, or none", async (t) => {
  const { gateway, clock } = await aGateway(t, SETUP);
  const { operator } = gateway;
  const [dimmer, onOff] = [typedPath("/room-1/3311/0/5851"), typedPath("/room-1/3311/0/5850")];
  const values = async () => (await readAt(operator, "/room-1/3311")).map(({ value }) => value);
  assert.deepEqual(await operator.write({ type: "value", path: dimmer, value: 75 }), [dimmer]);
  assert.deepEqual(await values(), [false, 75]);
  const both = [
    { path: onOff, value: "true" },
    { path: dimmer, value: "10" },
  ];
  await operator.write({ type: "below", path: typedPath("/room-1/3311/0"), values: both, mode: "update" });
  assert.deepEqual(await values(), [true, 10]);
  const broken = [
    { path: onOff, value: false },
    { path: dimmer, value: 101 },
  ];
  const [out] = [await refusal(() => operator.write({ type: "places", values: broken }))];
  assert.match(out ?? "", /^4\.00 \/room-1\/3311\/0\/5851 \(Dimmer\): 101 is outside 0\.\.100$/);
  assert.deepEqual(await values(), [true, 10]);
  const write = (path: string, value: unknown) =>
    refusal(() => operator.write({ type: "value", path: typedPath(path), value }));
  assert.equal(await write("/room-1/3303/0/5700", 5), "4.05 /room-1/3303/0/5700 cannot be written");
  assert.match(await write("/room-1/3311", 5), /^4\.00 \/room-1\/3311 is no resource/);
  assert.equal(await write("/room-1/3311/0/9999", 5), "4.04 there is no /room-1/3311/0/9999");
  assert.match(await refusal(() => operator.execute(onOff, "")), /^4\.05 .* cannot be executed$/);
  await clock.advance(SECOND);
});

test("a device that is away is told as away, with the reason", async (t) => {
  const world = await aGateway(t, SETUP);
  world.meter.silent = true;
  await world.clock.advance(10 * MINUTE);
  const { operator } = world.gateway;
  const reason = await refusal(() => readAt(operator, "/meter-1/10242/0/34"));
  assert.match(reason, /^5\.00 /);
  // The gateway itself tells object 3 of it.
  const { values, failures } = await operator.read([typedPath("/meter-1")]);
  assert.ok(values.length > 0 && values.every(({ path }) => path.startsWith("/meter-1/3/0/")));
  assert.deepEqual([failures.length, failures[0]?.path], [1, "/meter-1/10242"]);
});

test("what exists is listed, with names, types and what can be done", async (t) => {
  const { operator } = (await aGateway(t, SETUP)).gateway;
  assert.deepEqual(operator.discover(typedPath("/room-1/3311/0")), [
    { path: "/room-1/3311/0", name: "Light Control" },
    { path: "/room-1/3311/0/5850", name: "On/Off", operations: "RW", type: "boolean" },
    { path: "/room-1/3311/0/5851", name: "Dimmer", operations: "RW", type: "integer" },
  ]);
  const objects = operator.discover(typedPath("/room-1"), 1);
  assert.deepEqual(objects.at(-1), { path: "/room-1/3311", name: "Light Control", version: "1.0" });
});

test("who observes hears what is known, then what changes, until it has enough", async (t) => {
  const { gateway, clock } = await aGateway(t, SETUP);
  const { operator } = gateway;
  const dimmer = typedPath("/room-1/3311/0/5851");
  const heard: ShownValue[] = [];
  const stop = operator.observe([dimmer, typedPath("/room-1/3311")], (values) => heard.push(...values));
  assert.deepEqual(
    heard.map(({ path, value }) => [path, value]),
    [
      [dimmer, 40],
      ["/room-1/3311/0/5850", false],
    ],
  );
  await operator.write({ type: "value", path: dimmer, value: 75 });
  stop();
  await operator.write({ type: "value", path: dimmer, value: 80 });
  await clock.advance(MINUTE);
  assert.deepEqual(
    heard.slice(2).map(({ path, value }) => [path, value]),
    [[dimmer, 75]],
  );
  assert.throws(() => operator.observe([typedPath("/room-1/1")], () => {}), /there is no \/room-1\/1/);
});
