/** The whole gateway between an LwM2M Server, a mosquitto and devices made of paho: firmware, also of a gateway that is killed. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as listener } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { anImage, sha256Hex } from "../support/an-image.ts";
import { servedImage } from "../support/served-image.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { GatewayWorld } from "./gateway-world.ts";
import { FirmwareWorld, type Kind, type Wishes } from "./mqtt/firmware-world.ts";

const LIMIT = { timeout: 90_000 };
const SIZE = 300_003;
const image = anImage(SIZE);
const STATE = "/dev/5/0/3";
const RESULT = "/dev/5/0/5";
const IDLE = 0;
const DOWNLOADED = 2;
const SUCCESS = 1;

interface Way {
  readonly via: string;
  readonly kind: Kind;
  readonly wishes: Wishes;
  readonly transfer: string;
  readonly more?: string;
}

const WAYS: readonly Way[] = [
  {
    ...{ via: "mqtt-push", kind: "push", wishes: {}, transfer: "{ topic: dev, timeout: 2s }" },
    more: "  activate: [ { publish: dev/activate, send: '1' } ]\n",
  },
  { via: "mqtt-pull", kind: "pull", wishes: { chunk: 4096 }, transfer: "{ timeout: 2s }" },
  { via: "zigbee2mqtt", kind: "bridge", wishes: {}, transfer: "{ id: bulb }" },
  {
    ...{ via: "url", kind: "url", wishes: {} },
    transfer:
      '{ announce: { topic: dev/ota, json: { url: "{url}", sha256: "{sha256}", size: "{size}", version: "2.0.0" } }, reports: { topic: dev/state, path: state, done: done, failed: error, error: error }, version: { topic: dev/info, path: fw, ask: { topic: dev/ask, send: "1" } } }',
  },
];

const mappingOf = ({
  via,
  transfer,
  more = "",
}: Pick<Way, "via" | "transfer" | "more">): string => `mqtt: { state: alive }
objects: { 3303: { sensor_value: { path: t } } }
firmware:
  via: ${via}
  transfer: ${transfer}
  expect: changed
  verify: { within: 30s, poll: 1s, settle: 1s }
${more}`;

/** A gateway that has the image from its server, and may bring it to the device. */
async function downloaded(
  t: TestContext,
  world: FirmwareWorld,
  way: Pick<Way, "via" | "transfer" | "more">,
  firmware: string,
): Promise<GatewayWorld> {
  const gateway = await GatewayWorld.open(t, {
    protocol: "mqtt",
    links: [`broker: { type: mqtt, url: "${world.broker.url}", reconnect: 100ms..500ms }`],
    devices: ["id: dev, mapping: updatable, link: broker"],
    mappings: { updatable: mappingOf(way) },
    gateway: `firmware: ${firmware}`,
  });
  await gateway.write("/dev/5/0/1", await servedImage(t, image.bytes, "dev-2.0.0.bin"));
  await gateway.reads(STATE, DOWNLOADED);
  return gateway;
}

for (const way of WAYS) {
  test(
    `${way.via}: a server updates the device, and a gateway that is killed in the middle goes on`,
    LIMIT,
    async (t) => {
      const world = await FirmwareWorld.open(t);
      if (world === undefined) return;
      const device = await world.device(way.kind, { ...way.wishes, slow: 0.03 });
      const http = `{ http: { address: 127.0.0.1, port: ${await freePort()} } }`;
      const gateway = await downloaded(t, world, way, http);
      await gateway.execute("/dev/5/0/2");
      const flash = join(world.folder, "image");
      while (!existsSync(flash) || readFileSync(flash).length < SIZE / 4) await gateway.pause();
      await gateway.kill();
      assert.ok(world.flashed.length < SIZE);
      await gateway.startAgain();
      await device.printed(new RegExp(`^has ${sha256Hex(image.bytes)}$`, "m"));
      await gateway.reads(STATE, IDLE);
      await gateway.reads(RESULT, SUCCESS);
      assert.deepEqual(world.flashed, image.bytes);
      assert.equal(readFileSync(join(world.folder, "version"), "utf8").length > 0, true);
    },
  );
}

test("exec: a server updates the device by a program, which the gateway may run", LIMIT, async (t) => {
  const world = await FirmwareWorld.open(t);
  if (world === undefined) return;
  await world.device("push");
  const folder = temporaryDirectory(t);
  const program = join(folder, "flash");
  const script = `#!/bin/sh
cd ${folder}
case $LWM2M_FIRMWARE_STEP in
  probe) echo "version $(cat version || echo 1)" ;;
  send) cp "$LWM2M_FIRMWARE_FILE" flashed && echo "progress $LWM2M_FIRMWARE_SIZE" ;;
  activate) echo 2 > version ;;
esac
`;
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  const way = {
    ...{ via: "exec", transfer: `{ command: [${program}], steps: [probe, activate] }` },
    more: "  activate: [ { exec: activate } ]\n",
  };
  const gateway = await downloaded(t, world, way, `{ exec: [${program}] }`);
  await gateway.execute("/dev/5/0/2");
  await gateway.reads(RESULT, SUCCESS);
  assert.deepEqual(readFileSync(join(folder, "flashed")), image.bytes);
});

/** One that is free now: the gateway has it only while a job needs it. */
async function freePort(): Promise<number> {
  const server = listener();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}
