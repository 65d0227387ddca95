/** A server updates a board whose bootloader is `rb` or `rx` of lrzsz, on a serial port, through the whole gateway, which is killed meanwhile. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { anImage } from "../support/an-image.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { debianVersion, tellPeer } from "../support/peer.ts";
import { start } from "../support/process.ts";
import { aPtyPair } from "../support/pty-pair.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { DeviceFirmware, IDLE, RESULT } from "./device-firmware.ts";
import { GatewayWorld } from "./gateway-world.ts";
import { type LrzszWay, RECEIVERS, WAYS } from "./lrzsz-board.ts";

const boardOf = (via: LrzszWay): string => `serial:
  frame: { end: "\\n", max: 120 }
  messages: { line: { match: 'T=(?<temperature>[0-9.]+)' } }
firmware:
  via: ${via}
  transfer: { start: "1", ack_timeout: 1s, retries: 3${via === "ymodem" ? ", name: board.bin" : ""} }
  version: none
objects:
  3303: { sensor_value: { message: line, field: temperature, unit: Cel } }
`;

/** In its bootloader it says nothing, and waits for one key. */
const MENU = "dd bs=1 count=1 of=/dev/null 2>/dev/null";

async function aBoard(t: TestContext, via: LrzszWay) {
  tellPeer(t, "lrzsz", debianVersion("lrzsz"));
  if (!hasTool(t, "rb", "apt-get install -y lrzsz")) return undefined;
  const pty = await aPtyPair(t);
  if (pty === undefined) return undefined;
  const folder = temporaryDirectory(t);
  const script = `exec <${pty.theirs} >${pty.theirs}; ${MENU}; exec ${RECEIVERS[via]}`;
  const receiver = () => start(t, "sh", ["-c", script], { cwd: folder });
  const world = await GatewayWorld.open(t, {
    links: [`line: { type: serial, port: ${pty.ours}, line: 115200-8N1, reconnect: 100ms }`],
    devices: ["id: board-1, mapping: board, link: line"],
    mappings: { board: boardOf(via) },
    protocol: "serial",
  });
  return { world, receiver, file: join(folder, "board.bin") };
}

for (const via of WAYS) {
  test(`${via}: an image is fetched and sent, though the gateway is killed in the middle: it begins anew`, {
    timeout: 180_000,
  }, async (t) => {
    const board = await aBoard(t, via);
    if (board === undefined) return;
    const { world, receiver, file } = board;
    const firmware = new DeviceFirmware(world, "board-1");
    const image = anImage(900_000);
    await firmware.fetched(t, image.bytes);
    await firmware.update();
    const first = receiver();
    while (!existsSync(file) || statSync(file).size < 50_000) await world.pause();
    await world.kill();
    assert.ok(statSync(file).size < image.size, "it was in the middle");
    first.child.kill("SIGKILL");
    await first.outcome;
    await world.startAgain();
    const second = receiver();
    assert.deepEqual(await firmware.ended(), { state: IDLE, result: RESULT.success });
    await second.outcome;
    // XMODEM fills up its last block.
    assert.ok(readFileSync(file).subarray(0, image.size).equals(image.bytes));
  });
}
