/** Files over HTTP, from servers that cut, change, stall and lie. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import { HttpDownloader } from "../../../src/firmware/download/http.ts";
import { anImage, DownloadWorld } from "../../support/a-download.ts";
import { type Answering, aFileServer, reprDigest } from "../../support/a-file-server.ts";
import { AnIncomingImage } from "../../support/an-incoming-image.ts";
import { makePki } from "../../support/dtls.ts";
import { settleUntil } from "../../support/fake-clock.ts";

const LIMIT = { timeout: 20_000 };
const BODY = anImage(200_000);

async function aWorld(t: TestContext, answering: Partial<Answering> = {}) {
  const server = await aFileServer(t, { body: BODY, ...answering });
  const world = new DownloadWorld();
  t.after(() => world.controller.abort());
  const { clock, log } = world;
  const downloader = new HttpDownloader({ clock, log, patience: 10 * MINUTE });
  const into = AnIncomingImage.begin(t);
  return { server, world, into, downloader, fetch: (mark?: string) => world.fetch(downloader, server.url, into, mark) };
}

test("a file arrives whole, asked for as it is", LIMIT, async (t) => {
  const { server, world, into, fetch } = await aWorld(t);
  let encoding: string | undefined;
  server.instead = ({ headers }) => {
    encoding = String(headers["accept-encoding"]);
    return false;
  };
  assert.equal(await fetch(), undefined);
  assert.deepEqual(into.content, BODY);
  assert.deepEqual(world.marks, ['"one"']);
  assert.equal(world.total, BODY.length);
  assert.equal(encoding, "identity");
  assert.equal(into.calls.at(-1), "sync");
});

test("a connection that is cut three times: it goes on behind what is there", LIMIT, async (t) => {
  const { server, world, into, fetch } = await aWorld(t, { cuts: [50_000, 60_000, 1] });
  assert.equal(await fetch(), undefined);
  assert.deepEqual(into.content, BODY);
  assert.equal(server.asked[0], "whole");
  assert.equal(server.asked.length, 4);
  assert.ok(
    server.asked.slice(1).every((range) => range !== "whole"),
    String(server.asked),
  );
  assert.ok(!into.calls.includes("restart"));
  assert.deepEqual(world.pauses.slice(0, 2), [SECOND, SECOND], "where bytes came the pause does not grow");
});

test("another process goes on with what the one before left, by its mark", LIMIT, async (t) => {
  const { server, world, into } = await aWorld(t);
  await into.write(BODY.subarray(0, 70_000));
  const { clock, log } = world;
  const downloader = new HttpDownloader({ clock, log, patience: MINUTE });
  assert.equal(await world.fetch(downloader, server.url, into.resumed(), '"one"'), undefined);
  assert.deepEqual(into.content, BODY);
  assert.deepEqual(server.asked, ["bytes=69999-"]);
});

test("all of it was there already, and nobody had noticed", LIMIT, async (t) => {
  const { server, into, fetch } = await aWorld(t);
  await into.write(BODY);
  assert.equal(await fetch('"one"'), undefined);
  assert.deepEqual(into.content, BODY);
  assert.deepEqual(server.asked, [`bytes=${BODY.length - 1}-`]);
});

test("a file that was changed meanwhile begins anew; so does one whose mark nobody knows", LIMIT, async (t) => {
  for (const mark of ['"before"', undefined]) {
    const { server, into, fetch } = await aWorld(t);
    await into.write(Buffer.alloc(1000, 7));
    assert.equal(await fetch(mark), undefined);
    assert.deepEqual(into.content, BODY);
    assert.deepEqual(into.calls[0], "restart");
    assert.equal(server.asked.length, 1);
  }
});

test("a file that became shorter begins anew", LIMIT, async (t) => {
  const { server, into, fetch } = await aWorld(t);
  await into.write(BODY);
  server.body = BODY.subarray(0, 10_000);
  assert.equal(await fetch('"one"'), undefined);
  assert.deepEqual(into.content, BODY.subarray(0, 10_000));
});

test("a server without ranges, or without any validator, sends all of it again", LIMIT, async (t) => {
  for (const given of [{ ranges: false }, { etag: undefined }, { etag: 'W/"weak"' }]) {
    const { into, fetch } = await aWorld(t, { cuts: [90_000], ...given });
    assert.equal(await fetch(), undefined);
    assert.deepEqual(into.content, BODY);
    assert.ok(into.calls.includes("restart"));
  }
});

test("by the time of its last change it goes on, too", LIMIT, async (t) => {
  const changed = "Mon, 01 Jun 2026 10:00:00 GMT";
  const { server, into, fetch } = await aWorld(t, { etag: changed, cuts: [90_000] });
  // The support has it as its ETag; what is sent is told apart here.
  server.headers = { "last-modified": changed, etag: "" };
  assert.equal(await fetch(), undefined);
  assert.deepEqual(into.content, BODY);
  assert.deepEqual(server.asked.slice(1).includes("whole"), false);
});

test("too large, by what is told or by what comes: result 2, and of the first not a byte", LIMIT, async (t) => {
  const { server, world, downloader } = await aWorld(t);
  const told = AnIncomingImage.begin(t, 100_000);
  const [result, sentence] = (await world.fetch(downloader, server.url, told)) ?? [];
  assert.deepEqual([result, told.length], [2, 0]);
  assert.match(sentence ?? "", /200000 bytes, and 100000 are taken/);
  server.instead = (_request, response) => {
    response.writeHead(200, { "transfer-encoding": "chunked" }).end(BODY);
    return true;
  };
  assert.equal((await world.fetch(downloader, server.url, AnIncomingImage.begin(t, 100_000)))?.[0], 2);
});

test("a packed file is refused: result 6", LIMIT, async (t) => {
  const { fetch } = await aWorld(t, { headers: { "content-encoding": "gzip" } });
  assert.equal((await fetch())?.[0], 6);
});

test("a hash that was told, by the server or in the URI, is compared: result 5", LIMIT, async (t) => {
  const good = await aWorld(t, { headers: { "repr-digest": reprDigest(BODY) }, cuts: [90_000] });
  assert.equal(await good.fetch(), undefined);
  const wrong = await aWorld(t, { headers: { "repr-digest": reprDigest(Buffer.from("x")) } });
  assert.equal((await wrong.fetch())?.[0], 5);
  const { world, server, downloader } = await aWorld(t);
  const hash = createHash("sha256").update(BODY).digest("hex");
  const into = () => AnIncomingImage.begin(t);
  assert.equal(await world.fetch(downloader, `${server.url}#sha256=${hash}`, into()), undefined);
  const other = `${server.url}#sha256=${"0".repeat(64)}`;
  assert.equal((await world.fetch(downloader, other, into()))?.[0], 5);
});

test("404 is final: result 7; 503 and 429 are not", LIMIT, async (t) => {
  const missing = await aWorld(t);
  missing.server.instead = (_request, response) => {
    response.writeHead(404).end();
    return true;
  };
  assert.deepEqual(await missing.fetch(), [7, "the server answers 404 Not Found"]);
  assert.equal(missing.server.asked.length, 1);
  const busy = await aWorld(t);
  let count = 0;
  busy.server.instead = (_request, response) => {
    if (++count > 2) return false;
    response.writeHead(count === 1 ? 503 : 429, count === 1 ? { "retry-after": "40" } : {}).end();
    return true;
  };
  assert.equal(await busy.fetch(), undefined);
  assert.deepEqual(busy.world.pauses, [40 * SECOND, 2 * SECOND]);
});

test("nobody listens: given up after seven tries, result 7; but not where something had come", LIMIT, async (t) => {
  const { world, downloader, into } = await aWorld(t);
  const nowhere = "http://127.0.0.1:1/image.bin";
  const [result, sentence] = (await world.fetch(downloader, nowhere, into)) ?? [];
  assert.deepEqual([result, sentence], [7, "no file from 127.0.0.1: nobody listens there"]);
  assert.deepEqual(
    world.pauses.map((pause) => pause / SECOND),
    [1, 2, 4, 8, 16, 32],
  );
  await into.write(BODY.subarray(0, 2000));
  assert.equal((await world.fetch(downloader, nowhere, into, '"one"'))?.[0], 4);
  assert.ok(world.pauses.length > 12);
});

test("a connection over which nothing comes any more is given up, and another one made", LIMIT, async (t) => {
  const { server, world, into, fetch } = await aWorld(t);
  server.instead = ({ headers }, response) => {
    if (headers.range !== undefined) return false;
    response.writeHead(200, { "content-length": BODY.length, etag: '"one"' }).write(BODY.subarray(0, 5000));
    return true;
  };
  const fetched = fetch();
  await settleUntil("5,000 bytes are there", () => into.length === 5000);
  await world.advance(61 * SECOND);
  assert.equal(await fetched, undefined);
  assert.deepEqual(into.content, BODY);
  assert.match(String(world.reasons[0]), /0 bytes came within 30 s/);
});

test("a server that takes the connection and says nothing is given up after patience", LIMIT, async (t) => {
  const { server, world, fetch } = await aWorld(t);
  server.instead = () => true;
  let over = false;
  const fetched = fetch().finally(() => {
    over = true;
  });
  for (let asked = 0; !over; ) {
    await settleUntil("it is asked", () => over || server.asked.length > asked);
    asked = server.asked.length;
    await world.advance(MINUTE);
  }
  assert.deepEqual(await fetched, [7, "no answer came within 60 s"]);
});

test("redirects are followed, but not for ever, not to other schemes, and not out of https", LIMIT, async (t) => {
  const { server, into, fetch, world, downloader } = await aWorld(t);
  const to = (location: string | undefined) => {
    server.instead = ({ url }, response) => {
      if (url !== "/image.bin") return false;
      response.writeHead(302, location === undefined ? {} : { location }).end();
      return true;
    };
  };
  to("/elsewhere");
  assert.equal(await fetch(), undefined);
  assert.deepEqual(into.content, BODY);
  for (const [location, sentence] of [
    ["/image.bin", /more than 5 times/],
    ["ftp://127.0.0.1/x", /to ftp:, which is not HTTP/],
    [undefined, /does not say where/],
  ] as const) {
    to(location);
    const [result, said] = (await world.fetch(downloader, server.url, AnIncomingImage.begin(t))) ?? [];
    assert.equal(result, 7);
    assert.match(said ?? "", sentence);
  }
});

test("https: believed only by a CA that is known, and never left for http", LIMIT, async (t) => {
  const pki = makePki(t);
  if (pki === undefined) return;
  const { server: own, ca } = pki;
  const tls = { cert: readFileSync(own.certificateFile), key: readFileSync(own.keyFile) };
  const server = await aFileServer(t, { body: BODY }, tls);
  const world = new DownloadWorld();
  const { clock, log } = world;
  const uri = server.url;
  const stranger = new HttpDownloader({ clock, log, patience: MINUTE });
  const [result, sentence] = (await world.fetch(stranger, uri, AnIncomingImage.begin(t))) ?? [];
  assert.equal(result, 7);
  assert.match(sentence ?? "", /nobody who is believed here; gateway\.firmware\.ca/);
  const known = new HttpDownloader({ clock, log, patience: MINUTE, ca: readFileSync(ca.certificateFile, "utf8") });
  const into = AnIncomingImage.begin(t);
  assert.equal(await world.fetch(known, uri, into), undefined);
  assert.deepEqual(into.content, BODY);
  server.instead = (_request, response) => {
    response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
    return true;
  };
  const away = await world.fetch(known, uri, AnIncomingImage.begin(t));
  assert.match(away?.[1] ?? "", /from https to http/);
  const otherName = await world.fetch(known, uri.replace("127.0.0.1", "localhost"), AnIncomingImage.begin(t));
  assert.match(otherName?.[1] ?? "", /for another name/);
});

test("who does not want it any more gets no more of it", LIMIT, async (t) => {
  const { server, world, into, fetch } = await aWorld(t);
  server.instead = (_request, response) => {
    response.writeHead(200, { "content-length": BODY.length, etag: '"one"' }).write(BODY.subarray(0, 5000));
    return true;
  };
  const fetched = fetch();
  await settleUntil("5,000 bytes are there", () => into.length === 5000);
  world.controller.abort();
  assert.equal((await fetched)?.[0], 4);
  assert.deepEqual(world.reasons, []);
});
