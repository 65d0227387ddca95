/** An image that libcoap and aiocoap push in blocks, to object 5 of a device, over UDP and TCP. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { bodyOf, gist } from "../coap/bench.ts";
import { debianVersion, tellPeer } from "../support/peer.ts";
import { run } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { pushesOverTcp, pushesOverUdp } from "./firmware-pushes.ts";
import { findLibcoapClient } from "./libcoap-client.ts";
import { findAiocoap } from "./tcp/aiocoap.ts";

const IMAGE = bodyOf(200_000);
const MOST = 300_000;
const PATH = "meter-1/5/0/0";

type World = Awaited<ReturnType<typeof pushesOverUdp>> | Awaited<ReturnType<typeof pushesOverTcp>>;

function assertArrived({ arrived, codes }: World, blocks?: number): void {
  assert.equal(gist(readFileSync(arrived[0]?.file ?? "/dev/null")), gist(IMAGE));
  assert.equal(codes.at(-1), CODE.changed);
  if (blocks !== undefined) assert.equal(codes.length, blocks, "one answer a block: nothing was put together");
}

function libcoap(t: TestContext, scheme?: string) {
  tellPeer(t, "libcoap", debianVersion("libcoap3-bin"));
  return findLibcoapClient(t, scheme);
}

for (const [name, args, blocks] of [
  ["blocks of 1024 bytes", ["-b", "1024", "-t", "42"], 196],
  ["blocks of 256 bytes, and no Content-Format", ["-b", "256"], 782],
  ["a link that loses datagrams", ["-b", "1024", "-t", "42", "-l", "5,9,40"], 196],
] as const) {
  test(`libcoap's client pushes 200,000 bytes over UDP: ${name}`, { timeout: 60_000 }, async (t) => {
    const client = libcoap(t);
    if (client === undefined) return;
    const world = await pushesOverUdp(t, MOST);
    await client.ask(world.port, PATH, "-m", "put", ...args, "-f", client.file("image", IMAGE));
    assertArrived(world, blocks);
  });
}

test("libcoap's client hears 4.13 for an image that is too large, at its first block", {
  timeout: 60_000,
}, async (t) => {
  const client = libcoap(t);
  if (client === undefined) return;
  const world = await pushesOverUdp(t, 100_000);
  await client.ask(world.port, PATH, "-m", "put", "-b", "1024", "-t", "42", "-f", client.file("i", IMAGE));
  assert.deepEqual(world.codes, [CODE.requestEntityTooLarge]);
  assert.equal(world.object.record.result, 2);
});

for (const [name, size] of [
  ["in blocks, as the longest message is 1152 bytes", 1152],
  ["in BERT blocks, as the longest message is 20,000 bytes", 20_000],
] as const) {
  test(`libcoap's client pushes 200,000 bytes over TCP: ${name}`, { timeout: 60_000 }, async (t) => {
    const client = libcoap(t, "coap+tcp");
    if (client === undefined) return;
    const world = await pushesOverTcp(t, MOST, size);
    await client.ask(world.port, PATH, "-m", "put", "-t", "42", "-f", client.file("image", IMAGE));
    assertArrived(world);
    assert.ok(world.codes.length >= IMAGE.length / size);
  });
}

for (const [name, scheme, method] of [
  ["PUT over UDP", "coap", "PUT"],
  ["POST over UDP", "coap", "POST"],
  ["PUT over TCP", "coap+tcp", "PUT"],
] as const) {
  test(`aiocoap's client pushes 200,000 bytes: ${name}`, { timeout: 60_000 }, async (t) => {
    const python = findAiocoap(t);
    if (python === undefined) return;
    const world = scheme === "coap" ? await pushesOverUdp(t, MOST) : await pushesOverTcp(t, MOST, 20_000);
    const file = join(temporaryDirectory(t), "image");
    writeFileSync(file, IMAGE);
    const uri = `${scheme}://127.0.0.1:${world.port}/${PATH}`;
    const client = join(dirname(python), "aiocoap-client");
    const type = ["--content-format", "application/octet-stream"];
    await run(t, python, [client, "-m", method, ...type, "--payload", `@${file}`, uri]);
    assertArrived(world, scheme === "coap" ? 196 : undefined);
  });
}
