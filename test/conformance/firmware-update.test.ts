/**
 * The cases of object 5, Firmware Update (LightweightM2M-1.1-int-751 to 779), against that of a device, in layouts `gateway` and
 * `clients`: the gateway takes the image to a device that knows nothing of LwM2M.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { blockOption } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import { encodeMessage, TYPE } from "../../src/coap/message.ts";
import { OPTION } from "../../src/coap/options.ts";
import { type FirmwareCondition, FirmwareError } from "../../src/errors.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { block, bodyOf, gist, request } from "../coap/bench.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE, POINT } from "../support/climate-mapping.ts";
import { settleUntil } from "../support/fake-clock.ts";
import { room } from "../support/rooms.ts";
import type { ScriptedServer } from "../support/scripted-server.ts";
import { servedImage } from "../support/served-image.ts";

const IMAGE = Buffer.concat([Buffer.from("FW20"), bodyOf(8000)]);
const NUL = Uint8Array.of(0);
const { opaque } = CONTENT_FORMAT;

interface World {
  readonly world: AGateway;
  readonly server: ScriptedServer;
  /** "/room-1/5", or "/5" of a client of its own. */
  readonly object: string;
}

type Layout = "gateway" | "clients";
const LAYOUTS: readonly Layout[] = ["gateway", "clients"];

async function aDevice(t: TestContext, layout: Layout, more = ""): Promise<World> {
  const section = `firmware: { via: slots, accept: { max_size: 10KB, magic: { hex: "46573230" } }, expect: changed${more} }`;
  const world = await aGateway(t, {
    devices: [room(1)],
    mappings: { climate: `${CLIMATE}\n${section}\n` },
    servers: [`layout: ${layout}`],
    prepare: ({ bus }) => bus.unit(1).set(POINT.temperature, 21),
  });
  if (layout === "gateway") return { world, server: world.server, object: "/room-1/5" };
  return { world, server: world.client("urn:dev:os:32473-1"), object: "/5" };
}

async function stateOf({ server, object }: World): Promise<string> {
  const [state, result] = [await server.read(`${object}/0/3`), await server.read(`${object}/0/5`)];
  return `${state.text}/${result.text}`;
}

/** The whole of it, in blocks. */
async function push({ world, server, object }: World, body: Uint8Array = IMAGE): Promise<string> {
  const { code } = await server.settled(server.ask(CODE.put, `${object}/0/0`, { format: opaque, payload: body }));
  await world.clock.advance(2 * SECOND);
  return code;
}

/** What is fetched comes in real time. */
async function fetched({ world }: World): Promise<void> {
  const stateNow = (): number | undefined => world.gateway.status().firmware?.[0]?.state;
  await settleUntil("it was fetched", () => stateNow() !== 1);
  await world.clock.advance(SECOND);
}

/** Update is executed; the device comes back with it. */
async function run(device: World): Promise<void> {
  const { world, server, object } = device;
  assert.equal((await server.execute(`${object}/0/2`)).code, "2.04");
  await world.clock.advance(2 * MINUTE);
  assert.equal(await stateOf(device), "0/1");
  assert.deepEqual(server.received(`${object}/0/3`).slice(-4), [1, 2, 3, 0]);
  assert.equal(gist(world.updatable.device(1).slot), gist(IMAGE));
  assert.equal(world.updatable.device(1).version, "2.0.0");
}

const STAGED = ", stage: before-update";

/** The device says so in the middle. */
async function refused(device: World, condition: FirmwareCondition): Promise<string> {
  const error = new FirmwareError(condition, "says the device");
  device.world.updatable.device(1).failures = Array.from({ length: 9 }, () => ({ at: 2000, error }));
  await push(device);
  await device.world.clock.advance(5 * MINUTE);
  return stateOf(device);
}

for (const layout of LAYOUTS) {
  test(`LightweightM2M-1.1-int-751: State and Result at the beginning (${layout})`, async (t) => {
    const device = await aDevice(t, layout);
    const { values } = await device.server.read(`${device.object}/0`, { accept: CONTENT_FORMAT.senmlCbor });
    const at = (id: number | string): unknown => values[`${device.object}/0/${id}`];
    assert.deepEqual([at(1), at(3), at(5), at(9)], ["", 0, 0, 2]);
    assert.deepEqual([at(11), at(13), at(14)], [1, 0, false]);
  });

  test(`LightweightM2M-1.1-int-755: a reset, then a Package in blocks (${layout})`, async (t) => {
    const device = await aDevice(t, layout);
    assert.equal(await push(device, NUL), "2.04");
    assert.equal(await stateOf(device), "0/0");
    assert.equal(await push(device), "2.04");
    assert.equal(await stateOf(device), "2/0");
  });

  test(`LightweightM2M-1.1-int-756: an empty URI, then one that is fetched (${layout})`, async (t) => {
    const device = await aDevice(t, layout);
    const { server, object } = device;
    assert.equal((await server.write(`${object}/0/1`, "")).code, "2.04");
    assert.equal(await stateOf(device), "0/0");
    assert.equal((await server.write(`${object}/0/1`, await servedImage(t, IMAGE))).code, "2.04");
    await fetched(device);
    assert.equal(await stateOf(device), "2/0");
  });

  test(`LightweightM2M-1.1-int-760: State is observed (${layout})`, async (t) => {
    const device = await aDevice(t, layout);
    await device.server.observe(`${device.object}/0/3`, { pmin: 0 });
    await push(device);
    assert.equal(device.server.received(`${device.object}/0/3`).at(-1), 2);
  });

  test(`LightweightM2M-1.1-int-770: a firmware that is pushed, and run (${layout})`, async (t) => {
    const device = await aDevice(t, layout);
    await device.server.observe(`${device.object}/0/3`, { pmin: 0 });
    await push(device);
    await run(device);
  });

  test(`LightweightM2M-1.1-int-771: a firmware that is fetched, and run (${layout})`, async (t) => {
    const device = await aDevice(t, layout);
    await device.server.observe(`${device.object}/0/3`, { pmin: 0 });
    await device.server.write(`${device.object}/0/1`, await servedImage(t, IMAGE));
    await fetched(device);
    await run(device);
  });

  test(`LightweightM2M-1.1-int-772: Update without a package (${layout})`, async (t) => {
    const device = await aDevice(t, layout);
    assert.equal((await device.server.execute(`${device.object}/0/2`)).code, "4.05");
    assert.equal(await stateOf(device), "0/0");
  });

  test(`LightweightM2M-1.1-int-773: no room for it (${layout})`, async (t) => {
    const device = await aDevice(t, layout);
    assert.equal(await push(device, bodyOf(20_000)), "4.13");
    assert.equal(await stateOf(device), "0/2");
  });

  test(`LightweightM2M-1.1-int-774: the device has no memory for it (${layout})`, async (t) => {
    assert.equal(await refused(await aDevice(t, layout, STAGED), "out-of-memory"), "0/3");
  });

  test(`LightweightM2M-1.1-int-775: the connection is lost (${layout})`, async (t) => {
    const device = await aDevice(t, layout);
    const { server, object, world } = device;
    const first = request(
      CODE.put,
      `${object.slice(1)}/0/0`,
      [blockOption(OPTION.block1, block(0, true))],
      bodyOf(1024),
    );
    server.sendRaw(encodeMessage(TYPE.con, 0x7123, Uint8Array.of(9, 9), first));
    await world.clock.advance(SECOND);
    assert.equal(await stateOf(device), "1/0");
    await world.clock.advance(5 * MINUTE);
    assert.equal(await stateOf(device), "0/4");
  });

  test(`LightweightM2M-1.1-int-776: it arrives damaged (${layout})`, async (t) => {
    assert.equal(await refused(await aDevice(t, layout, STAGED), "crc"), "0/5");
  });

  test(`LightweightM2M-1.1-int-777: it is none for this device (${layout})`, async (t) => {
    const device = await aDevice(t, layout);
    await push(device, bodyOf(5000));
    assert.equal(await stateOf(device), "0/6");
  });

  test(`LightweightM2M-1.1-int-778: a URI that is none (${layout})`, async (t) => {
    const device = await aDevice(t, layout);
    assert.equal((await device.server.write(`${device.object}/0/1`, "http://")).code, "2.04");
    await fetched(device);
    assert.equal(await stateOf(device), "0/7");
  });

  test(`LightweightM2M-1.1-int-779: the device does not run it (${layout})`, async (t) => {
    const device = await aDevice(t, layout, ", verify: { within: 1m }");
    device.world.updatable.device(1).refusals.set("test", new FirmwareError("failed", "says the device"));
    await push(device);
    assert.equal((await device.server.execute(`${device.object}/0/2`)).code, "2.04");
    await device.world.clock.advance(10 * MINUTE);
    assert.match(await stateOf(device), /^[02]\/8$/);
    assert.equal(device.world.updatable.device(1).version, "1.0.0");
  });
}
