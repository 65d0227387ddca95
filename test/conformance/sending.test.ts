/**
 * The cases of the OMA Enabler Test Specification "LightweightM2M INT" 1.2 for Send: values of the gateway's own objects, and of
 * devices, whose objects need not be registered (LwM2M Gateway TS 1.1 §8.3.3).
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { SendFormat } from "../../src/lwm2m/send-formats.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE } from "../support/climate-mapping.ts";
import type { Answer } from "../support/scripted-messages.ts";

function twoRooms(t: TestContext, server = ""): Promise<AGateway> {
  return aGateway(t, {
    devices: [1, 2].map((unit) => `{ id: room-${unit}, mapping: climate, link: bus, unit_id: ${unit} }`),
    mappings: { climate: CLIMATE },
    servers: [server],
    prepare: ({ bus }) => {
      bus.unit(1).set("3303/0/5700", 21).set("3304/0/5700", 40);
      bus.unit(2).set("3303/0/5700", 22).set("3304/0/5700", 50);
    },
  });
}

const FORMATS = [
  ["senml-json", CONTENT_FORMAT.senmlJson],
  ["senml-cbor", CONTENT_FORMAT.senmlCbor],
] as const;

/** Has the gateway send these paths; what became of it. */
async function sent(world: AGateway, paths: readonly string[], format: SendFormat = "senml-json"): Promise<string> {
  const [outcome] = await world.server.settled(world.gateway.send({ paths: paths.map(parsePath), format }));
  return outcome?.type ?? "nothing";
}

/** What the server heard last. */
function heard({ server }: AGateway): Answer {
  return server.sends.heard.at(-1) ?? assert.fail("nothing came");
}

for (const [name, number] of FORMATS) {
  test(`LightweightM2M-1.1-int-306: a Send of several resources in ${name} is answered 2.04`, async (t) => {
    const world = await twoRooms(t);
    assert.equal(await sent(world, ["/3/0/0", "/3/0/16", "/1/0/1"], name), "delivered");
    assert.equal(heard(world).format, number);
    assert.deepEqual(heard(world).values, { "/3/0/0": "lwm2m-gateway", "/3/0/16": "U", "/1/0/1": 300 });
    const request = world.server.packets.findLast(({ from, message }) => from === "gateway" && message.code === 2);
    const path = request?.message.options
      .filter((option) => option.number === 11)
      .map(({ value }) => String(Buffer.from(value)));
    assert.deepEqual([request?.message.type, path], [0, ["dp"]], "a confirmable POST to /dp");
  });

  test(`LightweightM2M-1.1-int-311: an instance and single resources are sent in ${name}, of a device too`, async (t) => {
    const world = await twoRooms(t);
    assert.equal(await sent(world, ["/3/0/16"], name), "delivered");
    assert.deepEqual(heard(world).values, { "/3/0/16": "U" });
    assert.equal(await sent(world, ["/room-1/3304/0"], name), "delivered");
    assert.deepEqual(heard(world).values, { "/room-1/3304/0/5700": 40, "/room-1/3304/0/5701": "%RH" });
  });
}

test("LightweightM2M-1.1-int-306: what the server may not read, or is not registered, is not sent", async (t) => {
  const world = await twoRooms(t);
  for (const path of ["/0/0/0", "/4/0/0", "/1/0/8", "/room-9/3303/0"])
    assert.equal(await sent(world, [path]), "notSent");
  assert.deepEqual(world.server.sends.heard, []);
});

test("LightweightM2M-1.1-int-307: with /1/0/23 true nothing is sent, with false it is", async (t) => {
  const world = await twoRooms(t);
  const { server } = world;
  assert.equal((await server.write("/1/0/23", true)).code, "2.04");
  assert.equal(await sent(world, ["/3/0/16", "/room-1/3303/0/5700"]), "notSent");
  assert.deepEqual(server.sends.heard, []);
  assert.equal((await server.write("/1/0/23", false)).code, "2.04");
  assert.equal(await sent(world, ["/3/0/16", "/room-1/3303/0/5700"]), "delivered");
  assert.deepEqual(heard(world).values, { "/3/0/16": "U", "/room-1/3303/0/5700": 21 });
});

test("gateway-8: a Send of the gateway, of one device, of several, and of all together, with whole names and times", async (t) => {
  const world = await twoRooms(t);
  for (const values of [
    { "/3/0/0": "lwm2m-gateway", "/3/0/16": "U" },
    { "/room-1/3303/0/5700": 21, "/room-1/3304/0/5700": 40 },
    { "/room-1/3303/0/5700": 21, "/room-2/3303/0/5700": 22 },
    { "/room-2/3304/0/5700": 50, "/3/0/16": "U", "/room-1/3304/0/5700": 40 },
  ]) {
    for (const [format] of FORMATS) {
      assert.equal(await sent(world, Object.keys(values), format), "delivered");
      assert.deepEqual(heard(world).values, values);
      for (const { path, time = 0 } of heard(world).records) {
        assert.ok(time > 0 && time <= world.clock.wall(), `${path} has the time of its measurement`);
      }
    }
    const [first] = JSON.parse(await jsonOf(world, Object.keys(values)));
    assert.ok(typeof first.bt === "number" && first.bn.startsWith("/"), "a base time, and a base name");
  }
});

async function jsonOf(world: AGateway, paths: readonly string[]): Promise<string> {
  assert.equal(await sent(world, paths, "senml-json"), "delivered");
  return heard(world).text;
}
