import assert from "node:assert/strict";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { DeviceError } from "../../../src/adapter.ts";
import { systemClock, systemRandom } from "../../../src/clock.ts";
import type { ImageOffer } from "../../../src/firmware/http/image-offers.ts";
import { ImageServer } from "../../../src/firmware/http/image-server.ts";
import { anImage } from "../../support/an-image.ts";
import { Heard } from "../../support/heard.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";

const SIZE = 300_001;

function aServer(t: TestContext, port = 0): { readonly server: ImageServer; readonly log: Heard<LogLine> } {
  const log = new Heard<LogLine>();
  const context = { clock: systemClock, random: systemRandom, log: recordingLogger(log) };
  const server = new ImageServer({ address: "127.0.0.1", port }, context);
  t.after(() => server.close());
  return { server, log };
}

function progressOf(offer: ImageOffer): Heard<number> {
  const heard = new Heard<number>();
  offer.onFetched((bytes) => heard.push(bytes));
  return heard;
}

/** What comes back for these bytes, until the server closes. */
function said(url: string, request: string): Promise<string> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(request));
    socket.setEncoding("latin1").on("data", (part) => (text += part));
    socket.on("error", reject).on("close", () => resolve(text));
  });
}

test("a device fetches the image whole: what it is, and how far it is", { timeout: 20_000 }, async (t) => {
  const { server } = aServer(t);
  const image = anImage(SIZE, { name: "valve-2.1.bin" });
  const offer = await server.offer(image);
  const heard = progressOf(offer);
  assert.match(offer.url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/valve-2\.1\.bin$/);
  const response = await fetch(offer.url, { headers: { connection: "close" } });
  assert.equal(response.headers.get("etag"), `"${Buffer.from(image.sha256).toString("hex")}"`);
  assert.equal(response.headers.get("content-length"), String(SIZE));
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), image.bytes);
  await heard.find((bytes) => bytes === SIZE);
  assert.deepEqual(
    heard.all,
    [...heard.all].sort((a, b) => a - b),
  );
});

test("HEAD tells what GET would, and nothing was fetched", { timeout: 20_000 }, async (t) => {
  const { server } = aServer(t);
  const offer = await server.offer(anImage(SIZE));
  const heard = progressOf(offer);
  const { status, headers } = await fetch(offer.url, { method: "HEAD" });
  assert.deepEqual([status, headers.get("content-length"), headers.get("accept-ranges")], [200, String(SIZE), "bytes"]);
  assert.deepEqual(heard.all, []);
});

test("parts, one after the other and out of order: what counts has no gap", { timeout: 20_000 }, async (t) => {
  const { server } = aServer(t);
  const image = anImage(SIZE);
  const offer = await server.offer(image);
  const heard = progressOf(offer);
  const part = async (first: number, last: number): Promise<void> => {
    const response = await fetch(offer.url, { headers: { range: `bytes=${first}-${last}` } });
    assert.deepEqual([response.status, response.headers.get("content-range")], [206, `bytes ${first}-${last}/${SIZE}`]);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), image.bytes.subarray(first, last + 1));
  };
  await part(200_000, 299_999);
  assert.deepEqual(heard.all, []);
  await part(0, 99_999);
  await heard.find((bytes) => bytes === 100_000);
  await part(100_000, 199_999);
  await heard.find((bytes) => bytes === 200_000);
});

test("behind the end there is nothing, and other methods are not for images", { timeout: 20_000 }, async (t) => {
  const { server } = aServer(t);
  const { url } = await server.offer(anImage(SIZE));
  const behind = await fetch(url, { headers: { range: `bytes=${SIZE}-` } });
  assert.deepEqual([behind.status, behind.headers.get("content-range")], [416, `bytes */${SIZE}`]);
  const put = await fetch(url, { method: "PUT", body: "x" });
  assert.deepEqual([put.status, put.headers.get("allow")], [405, "GET, HEAD"]);
});

test("nothing else is there, and who tries again and again gets no answer", { timeout: 20_000 }, async (t) => {
  const { server, log } = aServer(t);
  const { url, token } = await server.offer(anImage(SIZE));
  const { origin } = new URL(url);
  for (const path of [
    "/",
    `/${token}`,
    `/${token}/other.bin`,
    `/${token}/firmware.bin/`,
    `/${token}/firmware.bin?x=1`,
  ]) {
    assert.equal((await fetch(`${origin}${path}`)).status, 404, path);
  }
  for (let i = 0; i < 5; i++) assert.equal((await fetch(`${origin}/${"x".repeat(22)}/firmware.bin`)).status, 404);
  await assert.rejects(fetch(`${origin}/favicon.ico`));
  // A device with the path is served all the same.
  assert.equal((await fetch(url, { method: "HEAD" })).status, 200);
  assert.deepEqual(
    log.all.filter(({ level }) => level === "warn").map(({ fields: { from } }) => from),
    ["127.0.0.1"],
  );
});

test("who breaks off has not fetched it whole; who asks for the rest goes on", { timeout: 20_000 }, async (t) => {
  const { server } = aServer(t);
  const offer = await server.offer(anImage(SIZE), { fetched: 0 });
  const heard = progressOf(offer);
  const { port, pathname } = new URL(offer.url);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), "127.0.0.1", () => {
      socket.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
      socket.once("data", () => socket.destroy());
    });
    socket.on("close", () => resolve());
  });
  assert.ok(!heard.all.includes(SIZE));
  const rest = await fetch(offer.url, { headers: { range: "bytes=299000-", connection: "close" } });
  assert.equal((await rest.arrayBuffer()).byteLength, 1001);
  await heard.find((bytes) => bytes === SIZE);
});

test("HTTP/1.0, as small devices speak it", { timeout: 20_000 }, async (t) => {
  const { server } = aServer(t);
  const offer = await server.offer(anImage(3000));
  const heard = progressOf(offer);
  const text = await said(offer.url, `GET ${new URL(offer.url).pathname} HTTP/1.0\r\n\r\n`);
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  assert.equal(text.length - text.indexOf("\r\n\r\n") - 4, 3000);
  await heard.find((bytes) => bytes === 3000);
});

test("it listens while there is an offer; after a restart the URL is the same", { timeout: 20_000 }, async (t) => {
  const first = aServer(t);
  const image = anImage(SIZE);
  const offer = await first.server.offer(image);
  const other = await first.server.offer(anImage(10));
  await offer.withdraw();
  assert.equal((await fetch(offer.url)).status, 404);
  assert.equal((await fetch(other.url)).status, 200);
  await other.withdraw();
  await assert.rejects(fetch(other.url));
  const second = aServer(t, Number(new URL(offer.url).port));
  const again = await second.server.offer(image, { token: offer.token, fetched: 5000 });
  assert.equal(again.url, offer.url);
  assert.deepEqual(progressOf(again).all, [5000]);
});

test("an address that this machine does not have is a sentence, and later may be tried again", {
  timeout: 20_000,
}, async (t) => {
  const log = new Heard<LogLine>();
  const context = { clock: systemClock, random: systemRandom, log: recordingLogger(log) };
  const server = new ImageServer({ address: "192.0.2.1", port: 8070 }, context);
  t.after(() => server.close());
  await assert.rejects(server.offer(anImage(10)), (error) => {
    assert.ok(error instanceof DeviceError);
    assert.equal(error.kind, "unreachable");
    assert.match(
      error.message,
      /^devices cannot fetch from 192\.0\.2\.1:8070 \(gateway\.firmware\.http\): .*EADDRNOTAVAIL/,
    );
    return true;
  });
  assert.deepEqual(
    log.all.map(({ level }) => level),
    ["warn"],
  );
});
