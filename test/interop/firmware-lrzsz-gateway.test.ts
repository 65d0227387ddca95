/** A server updates a board whose bootloader is `rb` of lrzsz, on a serial port, through the whole gateway, which is killed meanwhile. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { anImage } from "../support/an-image.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { debianVersion, tellPeer } from "../support/peer.ts";
import { start } from "../support/process.ts";
import { aPtyPair } from "../support/pty-pair.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { GatewayWorld } from "./gateway-world.ts";

const BOARD = `serial:
  frame: { end: "\\n", max: 120 }
  messages: { line: { match: 'T=(?<temperature>[0-9.]+)' } }
firmware:
  via: ymodem
  transfer: { start: "1", ack_timeout: 1s, retries: 3, name: board.bin }
  version: none
objects:
  3303: { sensor_value: { message: line, field: temperature, unit: Cel } }
`;

/** In its bootloader it says nothing, and waits for one key. */
const MENU = "dd bs=1 count=1 of=/dev/null 2>/dev/null";

async function aBoard(t: TestContext) {
  tellPeer(t, "lrzsz", debianVersion("lrzsz"));
  if (!hasTool(t, "rb", "apt-get install -y lrzsz")) return undefined;
  const pty = await aPtyPair(t);
  if (pty === undefined) return undefined;
  const folder = temporaryDirectory(t);
  const rb = () => start(t, "sh", ["-c", `exec <${pty.theirs} >${pty.theirs}; ${MENU}; exec rb -y`], { cwd: folder });
  const world = await GatewayWorld.open(t, {
    links: [`line: { type: serial, port: ${pty.ours}, line: 115200-8N1, reconnect: 100ms }`],
    devices: ["id: board-1, mapping: board, link: line"],
    mappings: { board: BOARD },
    protocol: "serial",
  });
  return { world, rb, file: join(folder, "board.bin") };
}

/** Where it can be fetched. */
async function servedAt(t: TestContext, bytes: Buffer): Promise<string> {
  const server = createServer((_, response) => response.setHeader("content-length", bytes.length).end(bytes));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return `http://127.0.0.1:${address.port}/board.bin`;
}

test("an image is fetched and sent by YMODEM, though the gateway is killed in the middle: it begins anew", {
  timeout: 180_000,
}, async (t) => {
  const board = await aBoard(t);
  if (board === undefined) return;
  const { world, rb, file } = board;
  const image = anImage(900_000);
  await world.write("/board-1/5/0/1", await servedAt(t, image.bytes));
  await world.reads("/board-1/5/0/3", 2);
  await world.execute("/board-1/5/0/2");
  const first = rb();
  while (!existsSync(file) || statSync(file).size < 50_000) await world.pause();
  await world.kill();
  assert.ok(statSync(file).size < image.size, "it was in the middle");
  first.child.kill("SIGKILL");
  await first.outcome;
  await world.startAgain();
  const second = rb();
  await world.reads("/board-1/5/0/5", 1);
  await second.outcome;
  assert.equal(await world.read("/board-1/5/0/3"), 0);
  assert.ok(readFileSync(file).equals(image.bytes));
});
