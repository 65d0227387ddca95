/**
 * The cases of object 5, Firmware Update (LightweightM2M-1.1-int-751 to 779), against the gateway's own: the image is a signed
 * version of it. 774 has no place here: what is pushed goes to the disk, of which 773 tells.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { blockOption } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import { encodeMessage, TYPE } from "../../src/coap/message.ts";
import { OPTION } from "../../src/coap/options.ts";
import { chooseVersion } from "../../src/firmware/self/choose.ts";
import { PACKAGED } from "../../src/firmware/self/record.ts";
import { VERSIONS, Versions } from "../../src/firmware/self/versions.ts";
import { environmentOf, launchedAs } from "../../src/gateway/firmware/launched-as.ts";
import { OWN_SCHEMAS } from "../../src/gateway/firmware/own-versions.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { block, bodyOf, request } from "../coap/bench.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { anArtefact, aVendor } from "../support/artefact.ts";
import { settleUntil } from "../support/fake-clock.ts";
import { servedImage } from "../support/served-image.ts";

const vendor = aVendor();
const NUL = Uint8Array.of(0);
const NONE = "0/0";

async function anOwn(t: TestContext): Promise<AGateway> {
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  return aGateway(t, {
    gateway: "firmware: { self: { keys: [ vendor.pub ], trial: 1m, max_size: 1MB } }",
    prepare(world) {
      world.writeFile("vendor.pub", vendor.publicPem);
      // As the service manager says it.
      process.env = { ...before, STATE_DIRECTORY: join(world.folder, "state") };
    },
  });
}

async function anImage({ folder }: AGateway, version = "9.1.0"): Promise<Buffer> {
  return readFileSync(await anArtefact({ folder, vendor, version, state: OWN_SCHEMAS }));
}

/** Of the process that runs, without a message: reading takes time of the clock. */
function recordOf({ gateway }: AGateway): string {
  const [own] = gateway.status().firmware ?? [];
  return `${own?.state}/${own?.result}`;
}

async function reads(world: AGateway, told: string): Promise<void> {
  await settleUntil(told, () => recordOf(world) === told);
  await world.clock.advance(SECOND);
  const [state, result] = [await world.server.read("/5/0/3"), await world.server.read("/5/0/5")];
  assert.equal(`${state.text}/${result.text}`, told);
}

/** The whole of it, in blocks. */
async function push({ server }: AGateway, body: Uint8Array): Promise<string> {
  const format = CONTENT_FORMAT.opaque;
  return (await server.settled(server.ask(CODE.put, "/5/0/0", { format, payload: body }))).code;
}

/** What the installed program makes of it at the next start. */
async function startsAgain(world: AGateway): Promise<void> {
  await world.stop();
  const { packaged } = launchedAs();
  const versions = new Versions(join(world.folder, "state", VERSIONS), [vendor.publicKey]);
  process.env = environmentOf(chooseVersion(versions, packaged).version, packaged);
  await world.start();
  await world.clock.advance(10 * SECOND);
}

/** Update is executed; the gateway comes back as what was sent. */
async function updated(world: AGateway): Promise<void> {
  assert.equal((await world.server.execute("/5/0/2")).code, "2.04");
  await settleUntil("it wants to be started anew", () => world.restarts === 1);
  await startsAgain(world);
  await reads(world, "0/1");
  assert.match(launchedAs().version, /^9\.1\.0-/);
}

test("LightweightM2M-1.1-int-751: State and Result at the beginning (the gateway's own)", async (t) => {
  const { server } = await anOwn(t);
  const { values } = await server.read("/5/0", { accept: CONTENT_FORMAT.senmlCbor });
  const at = (id: number): unknown => values[`/5/0/${id}`];
  assert.deepEqual([at(1), at(3), at(5), at(9)], ["", 0, 0, 2]);
  assert.deepEqual([at(11), at(13), at(14)], [1, 0, false]);
});

test("LightweightM2M-1.1-int-755: a reset, then a Package in blocks (the gateway's own)", async (t) => {
  const world = await anOwn(t);
  assert.equal(await push(world, NUL), "2.04");
  await reads(world, NONE);
  assert.equal(await push(world, await anImage(world)), "2.04");
  await reads(world, "2/0");
});

test("LightweightM2M-1.1-int-756: an empty URI, then one that is fetched (the gateway's own)", async (t) => {
  const world = await anOwn(t);
  assert.equal((await world.server.write("/5/0/1", "")).code, "2.04");
  await reads(world, NONE);
  const uri = await servedImage(t, await anImage(world));
  assert.equal((await world.server.write("/5/0/1", uri)).code, "2.04");
  await reads(world, "2/0");
});

test("LightweightM2M-1.1-int-760: State is observed (the gateway's own)", async (t) => {
  const world = await anOwn(t);
  await world.server.observe("/5/0/3", { pmin: 0 });
  await push(world, await anImage(world));
  await reads(world, "2/0");
  assert.equal(world.server.received("/5/0/3").at(-1), 2);
});

test("LightweightM2M-1.1-int-770: a firmware that is pushed, and run (the gateway's own)", async (t) => {
  const world = await anOwn(t);
  await push(world, await anImage(world));
  await reads(world, "2/0");
  await updated(world);
});

test("LightweightM2M-1.1-int-771: a firmware that is fetched, and run (the gateway's own)", async (t) => {
  const world = await anOwn(t);
  await world.server.write("/5/0/1", await servedImage(t, await anImage(world)));
  await reads(world, "2/0");
  await updated(world);
});

test("LightweightM2M-1.1-int-772: Update without a package (the gateway's own)", async (t) => {
  const world = await anOwn(t);
  assert.equal((await world.server.execute("/5/0/2")).code, "4.05");
  await reads(world, NONE);
});

test("LightweightM2M-1.1-int-773: no room for it (the gateway's own)", async (t) => {
  const world = await anOwn(t);
  assert.equal(await push(world, bodyOf(1_100_000)), "4.13");
  await reads(world, "0/2");
});

test("LightweightM2M-1.1-int-775: the connection is lost (the gateway's own)", async (t) => {
  const world = await anOwn(t);
  const first = request(CODE.put, "5/0/0", [blockOption(OPTION.block1, block(0, true))], bodyOf(1024));
  world.server.sendRaw(encodeMessage(TYPE.con, 0x7123, Uint8Array.of(9, 9), first));
  await world.clock.advance(SECOND);
  await reads(world, "1/0");
  await world.clock.advance(5 * MINUTE);
  await reads(world, "0/4");
});

test("LightweightM2M-1.1-int-776: it arrives damaged (the gateway's own)", async (t) => {
  const world = await anOwn(t);
  const image = await anImage(world);
  const last = image.length - 1;
  image.writeUInt8(image.readUInt8(last) ^ 1, last);
  await push(world, image);
  await reads(world, "0/5");
});

test("LightweightM2M-1.1-int-777: it is none for this device (the gateway's own)", async (t) => {
  const world = await anOwn(t);
  await push(world, bodyOf(5000));
  await reads(world, "0/6");
});

test("LightweightM2M-1.1-int-778: a URI that is none (the gateway's own)", async (t) => {
  const world = await anOwn(t);
  assert.equal((await world.server.write("/5/0/1", "http://")).code, "2.04");
  await reads(world, "0/7");
});

test("LightweightM2M-1.1-int-779: the new one does not run (the gateway's own)", async (t) => {
  const world = await anOwn(t);
  await push(world, await anImage(world));
  await reads(world, "2/0");
  assert.equal((await world.server.execute("/5/0/2")).code, "2.04");
  await settleUntil("it wants to be started anew", () => world.restarts === 1);
  // It ends three times before it registers; the installed one comes back.
  const versions = new Versions(join(world.folder, "state", VERSIONS), [vendor.publicKey]);
  await world.stop();
  for (let starts = 0; starts < 3; starts++) chooseVersion(versions, launchedAs().packaged);
  await startsAgain(world);
  await reads(world, "0/8");
  assert.equal(launchedAs().version, PACKAGED);
});
