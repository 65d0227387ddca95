import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { listenAdminSocket } from "../../src/admin/client.ts";
import { AdminRefusal } from "../../src/admin/errors.ts";
import { EventQueue } from "../../src/admin/event-queue.ts";
import { KEEP_ALIVE } from "../../src/admin/event-stream.ts";
import { type Route, Stream, type StreamEvent } from "../../src/admin/route.ts";
import { openAdminSocket } from "../../src/admin/socket.ts";
import { silentLogger } from "../../src/log.ts";
import { FakeClock, settleUntil } from "../support/fake-clock.ts";
import { temporaryDirectory } from "../support/temp.ts";

const value = (n: number): StreamEvent => ({ event: "value", data: { n } });

async function all(events: AsyncIterable<StreamEvent>): Promise<readonly StreamEvent[]> {
  const heard: StreamEvent[] = [];
  for await (const event of events) heard.push(event);
  return heard;
}

/** A route with one listener at a time, and the queue that it got. */
async function aStream(t: TestContext, clock = new FakeClock()) {
  const queues: EventQueue[] = [];
  const ended: boolean[] = [];
  const route: Route = {
    method: "GET",
    path: "/v1/events",
    answer: ({ signal, query }) => {
      if (query.has("no")) throw new AdminRefusal("no", { status: 404 });
      const queue = new EventQueue(signal, 10);
      queues.push(queue);
      signal.addEventListener("abort", () => ended.push(true));
      return new Stream(queue);
    },
  };
  const path = join(temporaryDirectory(t), "admin.sock");
  const socket = await openAdminSocket(path, [route], silentLogger, clock);
  t.after(() => socket.close());
  return { path, queues, ended, clock, socket };
}

test("a listener who is too slow loses the oldest, and is told how many", async () => {
  const queue = new EventQueue(new AbortController().signal, 3);
  for (let n = 0; n < 10; n++) queue.push(value(n));
  queue.end();
  queue.push(value(10));
  assert.deepEqual(await all(queue), [{ event: "lost", data: { count: 7 } }, value(7), value(8), value(9)]);
});

test("events come while they are waited for, and end with the signal", async () => {
  const gone = new AbortController();
  const queue = new EventQueue(gone.signal);
  const heard = all(queue);
  queue.push(value(1));
  await settleUntil("it waits again", () => true);
  queue.push(value(2));
  gone.abort();
  assert.deepEqual(await heard, [value(1), value(2)]);
  assert.deepEqual(await all(new EventQueue(gone.signal)), []);
});

test("over the socket events arrive as they come, and who has enough is heard of", async (t) => {
  const { path, queues, ended } = await aStream(t);
  const enough = new AbortController();
  const heard: StreamEvent[] = [];
  const listening = (async () => {
    for await (const event of listenAdminSocket(path, "/v1/events", enough.signal)) heard.push(event);
  })();
  await settleUntil("it listens", () => queues.length === 1);
  queues[0]?.push({ event: "value", data: { text: "Ü\n\nevent: x" } });
  await settleUntil("it is heard", () => heard.length === 1);
  assert.deepEqual(heard, [{ event: "value", data: { text: "Ü\n\nevent: x" } }]);
  enough.abort();
  await listening;
  await settleUntil("the gateway knows", () => ended.length === 1);
});

test("what refuses to be listened to says so, and a gateway that ends, too", async (t) => {
  const { path, queues, socket } = await aStream(t);
  const signal = new AbortController().signal;
  await assert.rejects(all(listenAdminSocket(path, "/v1/events?no", signal)), new AdminRefusal("no", { status: 404 }));
  const listening = all(listenAdminSocket(path, "/v1/events", signal));
  await settleUntil("it listens", () => queues.length === 1);
  await socket.close();
  await assert.rejects(listening, { name: "AdminSocketError" });
});

/** Who asks for events, and reads nothing. */
async function aMuteListener(path: string): Promise<Socket> {
  const socket = connect(path);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.pause();
  socket.write("GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n");
  return socket;
}

test("who does not read holds up nobody: memory stays bounded, and what was lost is told", async (t) => {
  const { path, queues } = await aStream(t);
  const mute = await aMuteListener(path);
  await settleUntil("it listens", () => queues.length === 1);
  const big = "x".repeat(10_000);
  for (let n = 0; n < 2000; n++) {
    queues[0]?.push({ event: "value", data: { n, big } });
    if (n % 100 === 0) await settleUntil("it was written as far as it goes", () => true);
  }
  let text = "";
  mute.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  mute.resume();
  await settleUntil("the newest arrives", () => text.includes('"n":1999'));
  mute.destroy();
  const lost = [...text.matchAll(/event: lost\ndata: \{"count":(\d+)\}/g)].map(([, count]) => Number(count));
  const seen = [...text.matchAll(/"n":\d+/g)].length;
  assert.ok(lost.length > 0);
  assert.equal(lost.reduce((sum, count) => sum + count, 0) + seen, 2000, "each is seen, or counted as lost");
});

test("a line on which nothing happens is kept alive", async (t) => {
  const clock = new FakeClock();
  const { path, queues } = await aStream(t, clock);
  const socket = await aMuteListener(path);
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.resume();
  const comments = () => [...text.matchAll(/^: $/gm)].length;
  await settleUntil("it listens", () => queues.length === 1 && comments() === 1);
  await clock.advance(3 * KEEP_ALIVE);
  await settleUntil("three signs of life came", () => comments() === 4);
  socket.destroy();
  await settleUntil("nothing more is planned", () => clock.next === undefined || clock.next > 4 * KEEP_ALIVE);
});
