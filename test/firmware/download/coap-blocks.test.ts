/** Block by block onto the disk: RFC 7959 §2.4 as servers have read it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { type Block, blockOffset, blockOption, readBlock } from "../../../src/coap/block.ts";
import { CODE } from "../../../src/coap/codes.ts";
import {
  type CoapMessage,
  findOption,
  NO_PAYLOAD,
  OPTION,
  stringOptions,
  uintOption,
} from "../../../src/coap/options.ts";
import { Arrival } from "../../../src/firmware/download/arrival.ts";
import { takeBlocks } from "../../../src/firmware/download/coap-blocks.ts";
import { BrokenOff, Changed } from "../../../src/firmware/download/until-there.ts";
import { DownloadError } from "../../../src/firmware/download.ts";
import { anImage } from "../../support/a-download.ts";
import { AnIncomingImage } from "../../support/an-incoming-image.ts";

const BODY = anImage(5000);
const UDP = { options: stringOptions(OPTION.uriPath, ["image"]), largest: 6 };

/** A server with one file. `szx`: its largest block; `etag`: absent is none. */
class ABlockServer {
  readonly asked: Block[] = [];
  body: Uint8Array = BODY;
  etag: string | undefined = "e1";
  szx = 6;
  /** Answers of this number, counted from 1, do not come. */
  silent = new Set<number>();

  readonly ask = async (message: CoapMessage): Promise<CoapMessage> => {
    const asked = readBlock(message, OPTION.block2, 7);
    assert.ok(asked !== undefined && asked !== "invalid");
    this.asked.push(asked);
    if (this.silent.has(this.asked.length)) throw new BrokenOff("silence");
    return this.answer(asked);
  };

  answer(asked: Block): CoapMessage {
    const szx = Math.min(asked.szx, this.szx);
    const offset = blockOffset(asked);
    if (offset > 0 && offset >= this.body.length) return { code: CODE.badRequest, options: [], payload: NO_PAYLOAD };
    const end = offset + (16 << szx);
    const block = { number: offset >> (szx + 4), more: end < this.body.length, szx };
    return {
      code: CODE.content,
      options: [
        ...(this.etag === undefined ? [] : [{ number: OPTION.etag, value: Buffer.from(this.etag) }]),
        blockOption(OPTION.block2, block),
        ...(offset === 0 ? [uintOption(OPTION.size2, this.body.length)] : []),
      ],
      payload: this.body.subarray(offset, end),
    };
  }
}

function anArrival(into: AnIncomingImage, mark?: string) {
  const told: { mark?: string; total?: number } = {};
  const arrival = new Arrival(into, {
    onProgress: (_bytes, total) => Object.assign(told, { total }),
    onMark: (given) => Object.assign(told, { mark: given }),
    ...(mark === undefined ? {} : { mark }),
  });
  return { arrival, told };
}

const MARK = Buffer.from("e1").toString("hex");

test("5,000 bytes in five blocks, its ETag and its size told", async (t) => {
  const server = new ABlockServer();
  const into = AnIncomingImage.begin(t);
  const { arrival, told } = anArrival(into);
  await takeBlocks(server.ask, arrival, UDP);
  assert.deepEqual(into.content, BODY);
  assert.deepEqual(told, { mark: MARK, total: 5000 });
  assert.deepEqual(
    server.asked.map(({ number }) => number),
    [0, 1, 2, 3, 4],
  );
});

test("a server that has smaller blocks chooses their size", async (t) => {
  const server = new ABlockServer();
  server.szx = 2;
  const into = AnIncomingImage.begin(t);
  await takeBlocks(server.ask, anArrival(into).arrival, UDP);
  assert.deepEqual(into.content, BODY);
  assert.equal(server.asked.length, Math.ceil(5000 / 64));
});

for (const [there, szx] of [
  [2048, 6],
  [2500, 6],
  [2500, 2],
  [5000, 6],
] as const) {
  test(`it goes on behind ${there} bytes, at a server with blocks of ${16 << szx}`, async (t) => {
    const server = new ABlockServer();
    server.szx = szx;
    const into = AnIncomingImage.begin(t);
    await into.write(BODY.subarray(0, there));
    await takeBlocks(server.ask, anArrival(into, MARK).arrival, UDP);
    assert.deepEqual(into.content, BODY);
    assert.deepEqual(server.asked[0], { number: Math.floor((there - 1) / 1024), more: false, szx: 6 });
    assert.ok(!into.calls.includes("restart"));
  });
}

test("another ETag is another file, and so is a block that is not there any more", async (t) => {
  for (const change of [{ etag: "e2" }, { etag: undefined }, { body: BODY.subarray(0, 100) }]) {
    const server = Object.assign(new ABlockServer(), change);
    const into = AnIncomingImage.begin(t);
    await into.write(BODY.subarray(0, 2048));
    await assert.rejects(takeBlocks(server.ask, anArrival(into, MARK).arrival, UDP), Changed);
  }
  const server = new ABlockServer();
  const into = AnIncomingImage.begin(t);
  const asks = (message: CoapMessage): Promise<CoapMessage> => {
    if (server.asked.length === 3) server.etag = "e2";
    return server.ask(message);
  };
  await assert.rejects(takeBlocks(asks, anArrival(into).arrival, UDP), Changed);
});

test("without an ETag nobody knows whether it is the same: it begins anew", async (t) => {
  const server = new ABlockServer();
  server.etag = undefined;
  const into = AnIncomingImage.begin(t);
  await into.write(Buffer.alloc(2048));
  await takeBlocks(server.ask, anArrival(into).arrival, UDP);
  assert.deepEqual(into.content, BODY);
  assert.deepEqual(into.calls, ["restart"]);
});

test("too large by Size2: result 2, and not a byte of it is written", async (t) => {
  const into = AnIncomingImage.begin(t, 4999);
  const taken = takeBlocks(new ABlockServer().ask, anArrival(into).arrival, UDP);
  await assert.rejects(taken, (error) => error instanceof DownloadError && error.result === 2);
  assert.equal(into.length, 0);
});

test("a server that wants an Echo gets it: RFC 9175 §2.3", async (t) => {
  const server = new ABlockServer();
  const value = Buffer.from("there");
  const into = AnIncomingImage.begin(t);
  const asks = async (message: CoapMessage): Promise<CoapMessage> => {
    const echo = findOption(message, OPTION.echo);
    if (echo !== undefined) return server.ask(message);
    return { code: CODE.unauthorized, options: [{ number: OPTION.echo, value }], payload: NO_PAYLOAD };
  };
  await takeBlocks(asks, anArrival(into).arrival, UDP);
  assert.deepEqual(into.content, BODY);
});

test("4.04 is final, 5.03 is for another time, and nonsense is no block", async (t) => {
  const says = (code: number, options: CoapMessage["options"] = [], payload = NO_PAYLOAD) =>
    takeBlocks(async () => ({ code, options, payload }), anArrival(AnIncomingImage.begin(t)).arrival, UDP);
  await assert.rejects(says(CODE.notFound), (error) => error instanceof DownloadError && error.result === 7);
  await assert.rejects(
    says(CODE.serviceUnavailable, [uintOption(OPTION.maxAge, 30)]),
    (error) => error instanceof BrokenOff && error.wait === 30_000,
  );
  const short = [blockOption(OPTION.block2, { number: 0, more: true, szx: 6 })];
  await assert.rejects(says(CODE.content, short, new Uint8Array(3)), BrokenOff);
  const other = [blockOption(OPTION.block2, { number: 9, more: true, szx: 0 })];
  await assert.rejects(says(CODE.content, other, new Uint8Array(16)), BrokenOff);
});

test("whatever breaks off when, and whatever blocks the server has, the same bytes arrive", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6000 }),
      fc.integer({ min: 0, max: 6 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 8 }),
      (size, szx, silent) => arrives(t, { size, szx, silent }),
    ),
    { numRuns: 60 },
  );
});

interface Given {
  readonly size: number;
  readonly szx: number;
  readonly silent: readonly number[];
}

async function arrives(t: TestContext, { size, szx, silent }: Given): Promise<void> {
  const server = Object.assign(new ABlockServer(), { body: anImage(size), szx, silent: new Set(silent) });
  const into = AnIncomingImage.begin(t, 10_000);
  const { arrival } = anArrival(into);
  for (let whole = false; !whole; ) {
    whole = await takeBlocks(server.ask, arrival, UDP).then(
      () => true,
      (error: unknown) => {
        assert.ok(error instanceof BrokenOff, String(error));
        return false;
      },
    );
  }
  assert.deepEqual(into.content, server.body);
  assert.ok(!into.calls.includes("restart"));
}

test("whatever a server answers, it is taken, tried again, or refused", async (t) => {
  const option = fc.record({ number: fc.constantFrom(4, 14, 23, 28, 252), value: fc.uint8Array({ maxLength: 5 }) });
  const answer = fc.record({
    code: fc.constantFrom(CODE.content, CODE.content, CODE.content, CODE.valid, CODE.unauthorized, CODE.badGateway),
    options: fc.array(option, { maxLength: 4 }),
    payload: fc.uint8Array({ maxLength: 80 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 12 }), async (answers) => {
      const into = AnIncomingImage.begin(t, 500);
      let next = 0;
      const ask = async (): Promise<CoapMessage> => {
        const said = answers[next++];
        if (said === undefined) throw new BrokenOff("nothing more");
        return said;
      };
      await takeBlocks(ask, anArrival(into).arrival, UDP).catch((error: unknown) => {
        const known = error instanceof BrokenOff || error instanceof Changed || error instanceof DownloadError;
        assert.ok(known, String(error));
      });
      assert.ok(into.length <= 500);
    }),
    { numRuns: 200 },
  );
});
