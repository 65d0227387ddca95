/** A gateway that is killed while it fetches an image: the next process goes on behind what lies on the disk. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { GatewayWorld } from "../interop/gateway-world.ts";
import { anImage } from "../support/a-download.ts";
import { aFileServer } from "../support/a-file-server.ts";

const IMAGE = anImage(100_000);
const HALF = 60_000;
const MAPPING = `
objects:
  3303: { sensor_value: { constant: 21.5 } }
firmware: { via: simulated }
`;

test("killed in the middle of a download: another process asks for the rest, and no more", {
  timeout: 60_000,
}, async (t) => {
  const server = await aFileServer(t, { body: IMAGE });
  // It sends a half, and then nothing more.
  server.instead = (_request, response) => {
    response.writeHead(200, { "content-length": IMAGE.length, etag: '"one"' }).write(IMAGE.subarray(0, HALF));
    return true;
  };
  const world = await GatewayWorld.open(t, {
    protocol: "simulated",
    links: ["trial: { type: simulated }"],
    devices: ["id: valve, mapping: device, link: trial"],
    mappings: { device: MAPPING },
  });
  await world.reads("/valve/5/0/3", 0);
  const hash = createHash("sha256").update(IMAGE).digest("hex");
  await world.write("/valve/5/0/1", `${server.url}#sha256=${hash}`);
  const folder = join(world.state, "firmware");
  const arriving = (): number => {
    const [part] = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".part")) : [];
    return part === undefined ? 0 : statSync(join(folder, part)).size;
  };
  while (arriving() < HALF) await world.pause();
  assert.equal(await world.read("/valve/5/0/3"), 1);
  await world.kill();
  server.instead = undefined;
  await world.startAgain();
  await world.reads("/valve/5/0/3", 2);
  const [image = ""] = readdirSync(folder).filter((name) => name.endsWith(".image"));
  assert.deepEqual(readFileSync(join(folder, image)), IMAGE);
  assert.deepEqual(server.asked, ["whole", `bytes=${HALF - 1}-`]);
});
