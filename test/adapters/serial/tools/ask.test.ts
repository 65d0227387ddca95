import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { exchange, type Listened, listen } from "../../../../adapters/serial/tools/ask.ts";
import { type Ask, WrongArguments } from "../../../../src/adapter.ts";
import { MINUTE, SECOND } from "../../../../src/clock.ts";
import { type FakeClock, settle, settleUntil } from "../../../support/fake-clock.ts";
import { aSerialWorld, type SerialWorld } from "../../../support/serial-world.ts";

/** As it is behind the admin socket: what is asked and answered is JSON. */
function asked({ link }: SerialWorld): Ask {
  const { ask } = link;
  assert.ok(ask !== undefined);
  return async (request) => JSON.parse(JSON.stringify(await ask(JSON.parse(JSON.stringify(request)))));
}

async function aWorld(t: Parameters<typeof aSerialWorld>[0]) {
  const world = await aSerialWorld(t, "TCP");
  assert.ok(world !== undefined);
  return { ...world, ask: asked(world) };
}

const request = { send: Buffer.from("SI\r\n"), wait: 2 * SECOND, quiet: SECOND / 4 };

/** Begins to listen now; the function resolves when so many bytes have come since, all told, while no time passes. */
async function aListener(ask: Ask, clock: FakeClock): Promise<(bytes: number) => Promise<void>> {
  const first = listen(ask, 0, 1);
  await clock.advance(2);
  let { next } = await first;
  let came = 0;
  return async (bytes) => {
    while (came < bytes) {
      const heard = await listen(ask, next, MINUTE);
      next = heard.next;
      for (const piece of heard.carried) if (piece.way === "in") came += piece.bytes.length;
    }
  };
}

test("what is sent by a tool is answered with all that comes, up to a silence", async (t) => {
  const { ask, clock, far } = await aWorld(t);
  const heard = await aListener(ask, clock);
  const answer = exchange(ask, request);
  await far.received(1);
  far.send(Buffer.from("S S "));
  await heard(4);
  await clock.advance(SECOND / 10);
  far.send(Buffer.from("1 kg\r\n"));
  await heard(10);
  await clock.advance(SECOND);
  const { sent, carried } = await answer;
  assert.equal(Buffer.concat(carried.map(({ bytes }) => bytes)).toString(), "S S 1 kg\r\n");
  assert.ok(carried.every(({ time, way }) => way === "in" && time - sent <= SECOND / 10));
});

test("that nothing comes is no failure of the line, and is not counted as one", async (t) => {
  const { ask, clock, far, link } = await aWorld(t);
  const answer = exchange(ask, request);
  await far.received(1);
  await clock.advance(3 * SECOND);
  assert.deepEqual((await answer).carried, []);
  assert.deepEqual(link.report?.().lines[0]?.units, []);
});

test("requests of a tool and reads of a device take turns, and neither gets what is the other's", async (t) => {
  const world = await aWorld(t);
  const { ask, far, clock } = world;
  const device = await world.attach(
    { frame: { end: "\n" }, requests: { a: { send: "A?\n", expect: "A=(?<v>\\d)" } } },
    { a: { request: "a", field: "v" } },
  );
  const heard = await aListener(ask, clock);
  far.otherwise = (bytes, send) => send(Buffer.from(String(bytes) === "A?\n" ? "A=1\n" : "B=2\n"));
  await clock.advance(5 * SECOND);
  const both = Promise.all([device.device.read(["a"]), exchange(ask, { ...request, send: Buffer.from("B?\n") })]);
  await heard(8);
  await clock.advance(SECOND);
  const [read, { carried }] = await both;
  assert.deepEqual(
    read.readings.map(({ value }) => value),
    ["1"],
  );
  assert.equal(Buffer.concat(carried.map(({ bytes }) => bytes)).toString(), "B=2\n");
});

test("who listens hears all that is carried since, both ways, and nothing from before the first question", async (t) => {
  const world = await aWorld(t);
  const { ask, clock, far } = world;
  const reader = await world.attach({ frame: { end: "\n" }, messages: { any: {} } }, { any: { message: "any" } });
  far.send(Buffer.from("begins\nbefore\n"));
  await settleUntil("it came", () => reader.said.length > 0);
  const first = listen(ask, 0, 1);
  await clock.advance(2);
  const { next } = await first;
  const heard = await aListener(ask, clock);
  far.otherwise = (_request, send) => send(Buffer.from("answer\n"));
  const sent = exchange(ask, request);
  await heard(7);
  await clock.advance(SECOND);
  await sent;
  const { carried, missed } = await listen(ask, next, 1);
  const said = (way: "in" | "out") => carried.flatMap((piece) => (piece.way === way ? [Buffer.from(piece.bytes)] : []));
  assert.deepEqual([String(Buffer.concat(said("out"))), String(Buffer.concat(said("in")))], ["SI\r\n", "answer\n"]);
  assert.equal(carried[0]?.way, "out");
  assert.equal(missed, 0);
});

test("who listens waits for what comes first, and not longer than was asked", async (t) => {
  const { ask, clock, far } = await aWorld(t);
  const nothing = listen(ask, 0, 10 * SECOND);
  await clock.advance(10 * SECOND);
  assert.deepEqual(await nothing, { carried: [], next: 0, missed: 0 });
  const something = listen(ask, 0, 10 * SECOND);
  far.send(Buffer.from("x"));
  assert.deepEqual(
    (await something).carried.map(({ bytes }) => String(Buffer.from(bytes))),
    ["x"],
  );
});

test("what nobody fetches is kept up to a limit, its loss is told, and forgotten with the listener", async (t) => {
  const { ask, clock, far } = await aWorld(t);
  const begin = listen(ask, 0, 1);
  await clock.advance(2);
  await begin;
  far.send(Buffer.alloc(200_000, "x"));
  let kept: Listened | undefined;
  await settleUntil("all has come", () => {
    void listen(ask, 0, 1).then((heard) => {
      kept = { ...heard, missed: heard.missed + (kept?.missed ?? 0) };
    });
    const bytes = (kept?.carried ?? []).reduce((sum, { bytes: piece }) => sum + piece.length, 0);
    return (kept?.missed ?? 0) + bytes >= 200_000 && bytes <= 65_536;
  });
  await clock.advance(3 * MINUTE);
  const after = listen(ask, 0, 1);
  await clock.advance(2);
  assert.deepEqual((await after).carried, []);
});

test("a link that is closed is told to who listens, and to who asks later", async (t) => {
  const { ask, link } = await aWorld(t);
  const waiting = listen(ask, 0, MINUTE);
  const refused = assert.rejects(waiting, /the link is closed/);
  await settle();
  await link.close();
  await refused;
  await assert.rejects(listen(ask, 0, 1), /the link is closed/);
});

test("what is no request of a tool is refused, and nothing is sent", async (t) => {
  const { ask, far } = await aWorld(t);
  const wrong = fc.oneof(
    fc.jsonValue(),
    fc.record({ send: fc.string(), wait: fc.constantFrom(-1, 0, 100_000), quiet: fc.double() }),
    fc.record({ since: fc.double({ max: -1 }), wait: fc.nat() }),
  );
  await fc.assert(
    fc.asyncProperty(wrong, async (given) => assert.rejects(ask(given), WrongArguments)),
    { numRuns: 50 },
  );
  assert.deepEqual(far.requests, []);
});
