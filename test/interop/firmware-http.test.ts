/** Devices that fetch their images from the gateway by HTTP, played by wget and curl. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, connect as dial, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock, systemRandom } from "../../src/clock.ts";
import type { ImageOffer } from "../../src/firmware/http/image-offers.ts";
import { ImageServer } from "../../src/firmware/http/image-server.ts";
import { anImage, type ImageInTest } from "../support/an-image.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { Heard } from "../support/heard.ts";
import { debianVersion, tellPeer } from "../support/peer.ts";
import { run } from "../support/process.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temp.ts";

const LIMIT = { timeout: 60_000 };
const SIZE = 1_000_003;
const CUT = 300_000;

interface Offered {
  readonly server: ImageServer;
  readonly image: ImageInTest;
  readonly offer: ImageOffer;
  readonly fetched: Heard<number>;
  readonly folder: string;
}

/** Undefined, the test being skipped, where the program is not installed. */
async function offered(t: TestContext, program: "wget" | "curl", port = 0): Promise<Offered | undefined> {
  if (!hasTool(t, program, `apt-get install -y ${program}`)) return undefined;
  tellPeer(t, program, debianVersion(program));
  const server = aServer(t, port);
  const image = anImage(SIZE);
  const offer = await server.offer(image);
  const fetched = new Heard<number>();
  offer.onFetched((bytes) => fetched.push(bytes));
  return { server, image, offer, fetched, folder: temporaryDirectory(t) };
}

function aServer(t: TestContext, port: number): ImageServer {
  const context = { clock: systemClock, random: systemRandom, log: recordingLogger([]) };
  const server = new ImageServer({ address: "127.0.0.1", port }, context);
  t.after(() => server.close());
  return server;
}

/** A way to the server that breaks after so many bytes, once; returns the URL that leads over it. */
async function breaking(t: TestContext, url: string, after: number): Promise<string> {
  const { port, pathname } = new URL(url);
  const sockets = new Set<Socket>();
  let broken = false;
  const relay = createServer((near) => {
    const far = dial(Number(port), "127.0.0.1");
    let passed = 0;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    near.pipe(far);
    far.on("data", (piece) => {
      passed += piece.length;
      near.write(piece);
      if (broken || passed < after) return;
      broken = true;
      near.destroySoon();
      far.destroy();
    });
    far.on("end", () => near.end());
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    relay.close();
  });
  const address = relay.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}${pathname}`;
}

test("wget fetches the image", LIMIT, async (t) => {
  const world = await offered(t, "wget");
  if (world === undefined) return;
  const file = join(world.folder, "image");
  const { code, stderr } = await run(t, "wget", ["-q", "-O", file, world.offer.url]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(readFileSync(file), world.image.bytes);
  await world.fetched.find((bytes) => bytes === SIZE);
});

test("wget -c goes on after a cut: identical, and each byte was counted once", LIMIT, async (t) => {
  const world = await offered(t, "wget");
  if (world === undefined) return;
  const file = join(world.folder, "image");
  const url = await breaking(t, world.offer.url, CUT);
  const first = await run(t, "wget", ["-q", "--tries=1", "-O", file, url]);
  const part = readFileSync(file).length;
  assert.ok(first.code !== 0 && part > 0 && part < SIZE, `${first.code}, ${part} bytes`);
  assert.ok(!world.fetched.all.includes(SIZE));
  const rest = await run(t, "wget", ["-q", "-c", "--tries=1", "-O", file, url]);
  assert.deepEqual([rest.code, rest.stderr], [0, ""]);
  assert.deepEqual(readFileSync(file), world.image.bytes);
  await world.fetched.find((bytes) => bytes === SIZE);
});

test("wget -c goes on after the gateway was another process", LIMIT, async (t) => {
  const world = await offered(t, "wget");
  if (world === undefined) return;
  const file = join(world.folder, "image");
  writeFileSync(file, world.image.bytes.subarray(0, CUT));
  await world.server.close();
  const again = await aServer(t, Number(new URL(world.offer.url).port)).offer(world.image, {
    token: world.offer.token,
    fetched: 1000,
  });
  assert.equal(again.url, world.offer.url);
  const fetched = new Heard<number>();
  again.onFetched((bytes) => fetched.push(bytes));
  const { code } = await run(t, "wget", ["-q", "-c", "-O", file, again.url]);
  assert.equal(code, 0);
  assert.deepEqual(readFileSync(file), world.image.bytes);
  await fetched.find((bytes) => bytes === SIZE);
});

test("curl -r fetches part by part; curl -I sees what it is", LIMIT, async (t) => {
  const world = await offered(t, "curl");
  if (world === undefined) return;
  const { offer, image, folder, fetched } = world;
  const head = await run(t, "curl", ["-sSI", offer.url]);
  assert.match(head.stdout, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(head.stdout, new RegExp(`\r\nETag: "${Buffer.from(image.sha256).toString("hex")}"\r\n`, "i"));
  assert.match(head.stdout, new RegExp(`\r\nContent-Length: ${SIZE}\r\n`, "i"));
  const parts = ["0-65535", "65536-299999", "300000-", "-4"];
  for (const [i, part] of parts.entries()) {
    const { code, stderr } = await run(t, "curl", ["-sS", "-f", "-r", part, "-o", join(folder, String(i)), offer.url]);
    assert.deepEqual([code, stderr], [0, ""], part);
  }
  const whole = Buffer.concat([0, 1, 2].map((i) => readFileSync(join(folder, String(i)))));
  assert.deepEqual(whole, image.bytes);
  assert.deepEqual(readFileSync(join(folder, "3")), image.bytes.subarray(-4));
  await fetched.find((bytes) => bytes === SIZE);
});

test("curl -C - goes on after a cut; If-Range of another image gets the whole", LIMIT, async (t) => {
  const world = await offered(t, "curl");
  if (world === undefined) return;
  const { offer, image, folder } = world;
  const file = join(folder, "image");
  const url = await breaking(t, offer.url, CUT);
  const first = await run(t, "curl", ["-sS", "-o", file, url]);
  assert.ok(first.code !== 0, String(first.code));
  const rest = await run(t, "curl", ["-sS", "-C", "-", "-o", file, url]);
  assert.deepEqual([rest.code, rest.stderr], [0, ""]);
  assert.deepEqual(readFileSync(file), image.bytes);
  const other = await run(t, "curl", ["-sS", "-r", "10-19", "-H", 'If-Range: "other"', "-o", file, offer.url]);
  assert.equal(other.code, 0);
  assert.equal(readFileSync(file).length, SIZE);
});

test("curl gets nothing at another path, behind the end, or when it is over", LIMIT, async (t) => {
  const world = await offered(t, "curl");
  if (world === undefined) return;
  const { url } = world.offer;
  const status = async (...options: string[]): Promise<string> =>
    (await run(t, "curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", ...options])).stdout;
  assert.equal(await status(`${url}x`), "404");
  assert.equal(await status(new URL(url).origin), "404");
  assert.equal(await status("--path-as-is", `${new URL(url).origin}/../../etc/passwd`), "404");
  assert.equal(await status("-r", `${SIZE}-`, url), "416");
  assert.equal(await status("-X", "DELETE", url), "405");
  assert.equal(await status("-r", "0-0", url), "206");
  await world.offer.withdraw();
  assert.equal(await status(url), "000");
});
