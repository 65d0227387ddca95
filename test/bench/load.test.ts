import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { measureNotifications } from "../../bench/load/notifications.ts";
import { measureReads } from "../../bench/load/reads.ts";
import { getWhole } from "../../bench/load/requests.ts";
import { LoadServer } from "../../bench/load/server.ts";
import { blockOption, readBlock } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import { decodeMessage, encodeMessage, TYPE, type UdpMessage } from "../../src/coap/message.ts";
import { type CoapOption, NO_PAYLOAD, OPTION, stringOptions, uintOption, uintValue } from "../../src/coap/options.ts";

const BODY = new TextEncoder().encode("x".repeat(2500));

interface Answer {
  readonly code: number;
  readonly options?: readonly CoapOption[];
  readonly payload: Uint8Array;
  /** What follows with the same token, by itself. */
  readonly later?: readonly Answer[];
}

/** A client that has registered in two blocks, and answers requests as it is told. */
async function registered(t: TestContext, answer: (request: UdpMessage) => Answer | undefined): Promise<LoadServer> {
  const server = await LoadServer.open();
  const socket = createSocket("udp4");
  t.after(() => {
    server.close();
    socket.close();
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  await register(socket, server);
  socket.on("message", (bytes, from) => {
    const request = decodeMessage(bytes);
    const found = request.code === CODE.get ? answer(request) : undefined;
    if (found === undefined) return;
    const { messageId, token } = request;
    const { later = [], ...message } = { options: [], ...found };
    socket.send(encodeMessage(TYPE.ack, messageId, token, message), from.port, from.address);
    for (const notification of later) {
      const bytes = encodeMessage(TYPE.con, messageId, token, { options: [], ...notification });
      setTimeout(() => socket.send(bytes, from.port, from.address), 30);
    }
  });
  return server;
}

async function register(socket: Socket, server: LoadServer): Promise<void> {
  const list = new TextEncoder().encode(`</25/0>,${" ".repeat(1016)}</25/1>`);
  for (const number of [0, 1]) {
    const block = { number, more: number === 0, szx: 6 };
    const options = [...stringOptions(OPTION.uriPath, ["rd"]), blockOption(OPTION.block1, block)];
    const payload = list.subarray(number * 1024, (number + 1) * 1024);
    const message = { code: CODE.post, options, payload };
    socket.send(encodeMessage(TYPE.con, number, Uint8Array.of(number), message), server.port, "127.0.0.1");
    await once(socket, "message");
  }
}

function block(request: UdpMessage): Answer {
  const asked = readBlock(request, OPTION.block2);
  const number = asked === undefined || asked === "invalid" ? 0 : asked.number;
  const end = (number + 1) * 1024;
  const options = [
    uintOption(OPTION.contentFormat, 112),
    blockOption(OPTION.block2, { number, more: end < BODY.length, szx: 6 }),
  ];
  return { code: CODE.content, options, payload: BODY.subarray(number * 1024, end) };
}

test("a Register in blocks is taken whole, and its bytes, blocks and links are told", async (t) => {
  const server = await registered(t, () => undefined);
  const { bytes, blocks, links, firstBlockAt, completeAt } = await server.registration();
  assert.deepEqual({ bytes, blocks, links }, { bytes: 1031, blocks: 2, links: 2 });
  assert.ok(firstBlockAt <= completeAt);
});

test("a path is read whole, block by block", async (t) => {
  const server = await registered(t, block);
  const { duration, text, ...figures } = await getWhole(server, { path: "/25", accept: 112 });
  assert.deepEqual(figures, { code: "2.05", contentFormat: 112, bytes: BODY.length, blocks: 3 });
  assert.equal(text, "x".repeat(BODY.length - 2 * 1024), "of the last block");
  assert.ok(duration > 0);
});

test("every read is counted, and an answer that is no content is told apart", async (t) => {
  let requests = 0;
  const server = await registered(t, () => ({
    code: ++requests % 10 === 0 ? CODE.notFound : CODE.content,
    payload: NO_PAYLOAD,
  }));
  const order = { paths: ["/a/3303/0/5700", "/b/3303/0/5700"], pid: process.pid, window: 8, count: 500, limit: 5000 };
  for (const newPort of [false, true]) {
    const figures = await measureReads(server, { ...order, newPort });
    assert.equal(figures.count, 450);
    assert.equal(figures.failed, 50);
    assert.ok(figures.perSecond > 0 && figures.p50 > 0 && figures.p50 <= figures.p99 && figures.p99 <= figures.p999);
  }
  assert.equal(requests, 1000);
});

test("notifications are counted while they are watched, and one that is older than the one before is told", async (t) => {
  const acknowledged: number[] = [];
  const notification = (sequence: number, value: string): Answer => ({
    code: CODE.content,
    options: [uintOption(OPTION.observe, sequence)],
    payload: new TextEncoder().encode(value),
  });
  let ended = 0;
  const server = await registered(t, (request) => {
    switch (uintValue(request, OPTION.observe)) {
      case 0: {
        acknowledged.push(request.type);
        const later = [notification(4, "2"), notification(4, "3"), notification(5, "2.5"), notification(6, "x")];
        return { ...notification(3, "1"), later };
      }
      case 1:
        ended++;
    }
    return { code: CODE.content, payload: NO_PAYLOAD };
  });
  const order = { paths: ["/a/3303/0/5700"], pid: process.pid, settle: 0, duration: 60, readEvery: 20 };
  const figures = await measureNotifications(server, { ...order, confirmable: true });
  assert.deepEqual(acknowledged, [TYPE.con]);
  assert.equal(ended, 1);
  assert.deepEqual([figures.count, figures.outOfOrder, figures.failed, figures.readTimeouts], [4, 2, 1, 0]);
  assert.ok(figures.reads >= 1 && figures.readP50 > 0 && figures.cpu > 0 && figures.generatorCpu > 0);
});
