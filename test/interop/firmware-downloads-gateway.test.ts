/** The whole gateway is killed while it fetches an image by Package URI: aiocoap, plain and behind OpenSSL's DTLS, and libcoap. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openCoapSocket } from "../../demo/coap-socket.ts";
import { readBlock } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import { decodeMessage } from "../../src/coap/message.ts";
import { OPTION, stringOptions } from "../../src/coap/options.ts";
import { anImage } from "../support/a-download.ts";
import { dtlsAddon } from "../support/dtls.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { aLibcoapServer } from "../support/libcoap-server.ts";
import { debianVersion, tellPeer } from "../support/peer.ts";
import { start } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { aRelay, freeUdpPort, type UdpRelay } from "../support/udp-relay.ts";
import { GatewayWorld } from "./gateway-world.ts";
import { findAiocoap } from "./tcp/aiocoap.ts";

const LIMIT = { timeout: 90_000 };
const BODY = anImage(300_000);
const BLOCK = 1024;
/** Then nothing comes any more. */
const BLOCKS = 120;
const KEY = Buffer.from("0123456789abcdef");
const MAPPING = `
objects:
  3303: { sensor_value: { constant: 21.5 } }
firmware: { via: simulated }
`;

async function aWorld(t: TestContext) {
  const world = await GatewayWorld.open(t, {
    protocol: "simulated",
    links: ["trial: { type: simulated }"],
    devices: ["id: valve, mapping: device, link: trial"],
    // Nobody is there; its key is that of every image at this host.
    servers: ['id: 102, uri: "coaps://127.0.0.1:1", psk: { identity: gateway-1, key: !secret psk }'],
    files: { "secrets.yaml": `psk: ${KEY.toString("hex")}\n` },
    mappings: { device: MAPPING },
  });
  await world.reads("/valve/5/0/3", 0);
  const folder = join(world.state, "firmware");
  const fileOf = (ending: string): string | undefined => {
    const name = existsSync(folder) ? readdirSync(folder).find((one) => one.endsWith(ending)) : undefined;
    return name === undefined ? undefined : join(folder, name);
  };
  return {
    world,
    arrived: (): number => statSync(fileOf(".part") ?? "", { throwIfNoEntry: false })?.size ?? 0,
    image: (): Buffer => readFileSync(fileOf(".image") ?? assert.fail("there is no image")),
  };
}

/** Nothing passes towards the client after so many datagrams, until it is let through again. */
function fallsSilent(relay: UdpRelay, after: number): () => void {
  let left = after;
  const { loses } = relay;
  relay.loses = (datagram, towards) => loses(datagram, towards) || (towards === "client" && left-- <= 0);
  return () => {
    left = Number.POSITIVE_INFINITY;
  };
}

/** Which blocks are asked for, by their numbers. */
function asked(relay: UdpRelay): number[] {
  const numbers: number[] = [];
  const { loses } = relay;
  relay.loses = (datagram, towards) => {
    const block = towards === "server" ? readBlock(decodeMessage(datagram), OPTION.block2) : undefined;
    if (block !== undefined && block !== "invalid") numbers.push(block.number);
    return loses(datagram, towards);
  };
  return numbers;
}

/** aiocoap's file server behind a relay. */
async function aFileServer(t: TestContext) {
  const python = findAiocoap(t);
  if (python === undefined) return undefined;
  const folder = temporaryDirectory(t);
  const file = join(folder, "image.bin");
  writeFileSync(file, BODY);
  const port = await freeUdpPort();
  const env = { ...process.env, AIOCOAP_SERVER_TRANSPORT: "simplesocketserver" };
  start(t, python, ["-m", "aiocoap.cli.fileserver", "--bind", `127.0.0.1:${port}`, folder], { env });
  return { file, relay: await aRelay(t, port) };
}

/** `openssl s_server`: what it deciphers goes on as datagrams, and back. One client; `again`: for the next. */
async function dtlsBefore(t: TestContext, target: number) {
  if (dtlsAddon(t) === undefined || !hasTool(t, "openssl", "apt-get install -y openssl")) return undefined;
  const port = await freeUdpPort();
  const key = ["-nocert", "-psk", KEY.toString("hex"), "-psk_identity", "gateway-1"];
  const begin = () => {
    const args = ["s_server", "-dtls1_2", "-quiet", "-accept", `127.0.0.1:${port}`, ...key];
    const server = spawn("openssl", [...args, "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0"]);
    const socket = createSocket("udp4");
    server.stdin.on("error", () => {});
    server.stdout.on("data", (datagram: Buffer) => socket.send(datagram, target, "127.0.0.1"));
    socket.on("message", (datagram) => server.stdin.write(datagram));
    const end = async (): Promise<void> => {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill("SIGKILL");
      await once(server, "exit");
      socket.close();
    };
    t.after(end);
    return end;
  };
  let end = begin();
  const again = async (): Promise<void> => {
    await end();
    end = begin();
  };
  return { port, again };
}

for (const scheme of ["coap", "coaps"] as const) {
  test(
    `aiocoap, ${scheme}: killed in the middle, it asks for the last block that is there once more, and for all behind it`,
    LIMIT,
    async (t) => {
      const server = await aFileServer(t);
      if (server === undefined) return;
      const { relay } = server;
      const dtls = scheme === "coaps" ? await dtlsBefore(t, relay.port) : undefined;
      if (scheme === "coaps" && dtls === undefined) return;
      const numbers = asked(relay);
      const goesOn = fallsSilent(relay, BLOCKS);
      const { world, arrived, image } = await aWorld(t);
      await world.write("/valve/5/0/1", `${scheme}://127.0.0.1:${dtls?.port ?? relay.port}/image.bin`);
      while (arrived() < BLOCKS * BLOCK) await world.pause();
      assert.equal(await world.read("/valve/5/0/3"), 1);
      await world.kill();
      const had = arrived();
      assert.equal(had, BLOCKS * BLOCK);
      await dtls?.again();
      numbers.length = 0;
      goesOn();
      await world.startAgain();
      await world.reads("/valve/5/0/3", 2);
      assert.ok(image().equals(BODY));
      // The last byte that is there once more: whether it is the same file its answer says.
      assert.deepEqual([...new Set(numbers)], blocksFrom(Math.floor((had - 1) / BLOCK)));
    },
  );
}

test(
  "aiocoap: killed in the middle, and another file is there: begun anew, it is that one and nothing of the other",
  LIMIT,
  async (t) => {
    const server = await aFileServer(t);
    if (server === undefined) return;
    const { relay, file } = server;
    const numbers = asked(relay);
    const goesOn = fallsSilent(relay, BLOCKS);
    const { world, arrived, image } = await aWorld(t);
    await world.write("/valve/5/0/1", `coap://127.0.0.1:${relay.port}/image.bin`);
    while (arrived() < BLOCKS * BLOCK) await world.pause();
    await world.kill();
    const other = Buffer.from(BODY).reverse();
    writeFileSync(file, other);
    numbers.length = 0;
    goesOn();
    await world.startAgain();
    await world.reads("/valve/5/0/3", 2);
    assert.ok(image().equals(other));
    assert.deepEqual([...new Set(numbers)], [BLOCKS - 1, ...blocksFrom(0).filter((number) => number !== BLOCKS - 1)]);
    const lines = await world.logOf(({ msg }) => msg.startsWith("a download broke off"));
    assert.deepEqual(lines, ["warn a download broke off, and is tried again: the file was changed meanwhile"]);
  },
);

for (const library of ["openssl", "gnutls"] as const) {
  test(
    `libcoap with ${library}, coaps: killed in the middle; its ETags are of one session, and it is begun anew`,
    LIMIT,
    async (t) => {
      if (dtlsAddon(t) === undefined) return;
      const server = await aLibcoapServer(t, { library, key: KEY, dynamic: true });
      if (server === undefined) return;
      tellPeer(t, "libcoap", debianVersion("libcoap3-bin"));
      const socket = await openCoapSocket();
      t.after(() => socket.close());
      const put = { code: CODE.put, options: stringOptions(OPTION.uriPath, ["image"]), payload: BODY };
      assert.equal((await socket.request(`127.0.0.1:${server.port - 1}`, put)).code, CODE.created);
      const relay = await aRelay(t, server.port);
      const goesOn = fallsSilent(relay, BLOCKS);
      const { world, arrived, image } = await aWorld(t);
      await world.write("/valve/5/0/1", `coaps://127.0.0.1:${relay.port}/image`);
      while (arrived() < (BLOCKS / 2) * BLOCK) await world.pause();
      await world.kill();
      assert.ok(arrived() < BODY.length);
      goesOn();
      await world.startAgain();
      await world.reads("/valve/5/0/3", 2);
      assert.ok(image().equals(BODY));
      const lines = await world.logOf(({ msg }) => msg.startsWith("a download broke off"));
      assert.deepEqual(lines, ["warn a download broke off, and is tried again: the file was changed meanwhile"]);
    },
  );
}

function blocksFrom(first: number): readonly number[] {
  const count = Math.ceil(BODY.length / BLOCK) - first;
  return Array.from({ length: count }, (_, i) => first + i);
}
