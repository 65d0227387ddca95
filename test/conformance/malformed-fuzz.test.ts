/**
 * Chance at the gateway's socket: requests made of right and wrong parts, right requests with bytes changed, and bytes that
 * nobody chose. Whatever comes, it answers on, and does nothing that no right request asks for.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { formatCode, isRequest } from "../../src/coap/codes.ts";
import { decodeMessage, TYPE } from "../../src/coap/message.ts";
import { type CoapOption, findOption, OPTION } from "../../src/coap/options.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import type { AGateway } from "../support/a-gateway.ts";
import { settle } from "../support/fake-clock.ts";
import { anUntouchedGateway, assertQuiet, everything } from "../support/malformed-world.ts";
import { type RawRequest, requestBytes } from "../support/raw-requests.ts";

const RUNS = 500;
const SEEDS = [1, 2];

const segment = fc.oneof(
  fc.constantFrom(
    "dev-1",
    "dev-2",
    "1",
    "3",
    "25",
    "3303",
    "3311",
    "3442",
    "0",
    "5700",
    "5851",
    "120",
    "1120",
    "8",
    "4",
  ),
  fc.constantFrom("", "65535", "x", "00", "/", ".well-known", "rd", "bs", "dp"),
  fc.string({ maxLength: 8 }).map((text) => text.replace(/[?&/]/g, "_")),
);
const argument = fc.oneof(
  fc.constantFrom("pmin=1", "pmax=5", "gt=1", "st", "depth=1", "con=0", "epmin=1", "pmin=x", "0=U", "hqmax=3"),
  fc.string({ maxLength: 10 }).map((text) => text.replace(/[?&/]/g, "_")),
);
const format = fc.oneof(fc.constantFrom<number>(...Object.values(CONTENT_FORMAT)), fc.nat(0xffff));
const option: fc.Arbitrary<CoapOption> = fc.record({
  number: fc.oneof(fc.constantFrom<number>(...Object.values(OPTION)), fc.nat(0xffff)),
  value: fc.uint8Array({ maxLength: 6 }),
});
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => ({ hex: Buffer.from(bytes).toString("hex") })),
  fc.string({ maxLength: 30 }).map((text) => ({ text })),
  fc.constantFrom(
    { hex: "c1 78 05" },
    { hex: "80" },
    { hex: "a0" },
    { text: '[{"n":"/dev-1/3442/0/120","v":null}]' },
    { text: '[{"n":"/dev-1/3442"}]' },
    { text: "0='1'" },
  ),
  fc.constant({}),
);

/** A request of any method, of parts that are right or wrong, each perhaps absent. */
const request: fc.Arbitrary<RawRequest> = fc
  .record({
    method: fc.nat(31),
    path: fc.array(segment, { maxLength: 6 }),
    query: fc.array(argument, { maxLength: 3 }),
    parts: fc.record({ accept: format, format, observe: fc.nat(3) }, { requiredKeys: [] }),
    options: fc.array(option, { maxLength: 2 }),
    body: payload,
  })
  .map(({ method, path, query, parts, options, body }) => {
    const target = `/${path.join("/")}${query.length === 0 ? "" : `?${query.join("&")}`}`;
    return { method, target, options, ...parts, ...body };
  });

const datagram = fc
  .tuple(request, fc.nat(0xffff), fc.uint8Array({ maxLength: 8 }))
  .map(([asked, messageId, token]) => requestBytes(asked, messageId, token));

/** Right requests of every kind. */
const RIGHT: readonly RawRequest[] = [
  { method: "get", target: "/dev-1/3303/0/5700" },
  { method: "get", target: "/dev-1/3442", accept: CONTENT_FORMAT.senmlCbor },
  { method: "get", target: "/3?depth=3", accept: CONTENT_FORMAT.linkFormat },
  { method: "get", target: "/dev-1/3303/0/5700?pmin=1&pmax=9", observe: 0 },
  { method: "put", target: "/dev-1/3442/0/120", format: CONTENT_FORMAT.tlv, hex: "c1 78 05" },
  { method: "put", target: "/dev-1/3442/0/120", format: CONTENT_FORMAT.cbor, hex: "05" },
  { method: "put", target: "/dev-1/3442/0/120?gt=5&con=0" },
  { method: "post", target: "/dev-1/3/0/4", text: "0='1'" },
  { method: "post", target: "/1/0/8" },
  { method: "put", target: "/1/0/1", format: CONTENT_FORMAT.text, text: "300" },
  { method: "fetch", format: CONTENT_FORMAT.senmlEtchJson, text: '[{"n":"/dev-1/3303/0/5700"},{"n":"/3/0/0"}]' },
  { method: "fetch", observe: 0, format: CONTENT_FORMAT.senmlEtchCbor, hex: "81 a1 00 66 2f332f302f30" },
  { method: "post", target: "/3442", format: CONTENT_FORMAT.tlv, hex: "08 05 03 c1 78 05" },
  { method: "post", target: "/dev-1/16", format: CONTENT_FORMAT.senmlJson, text: '[{"n":"/dev-1/16/3/0/0","vs":"x"}]' },
  { method: "delete", target: "/3442/5" },
  { method: "ipatch", format: CONTENT_FORMAT.senmlEtchJson, text: '[{"n":"/dev-1/3442/0/120","v":9}]' },
];

const mutated = fc
  .tuple(
    fc.constantFrom(...RIGHT),
    fc.nat(0xffff),
    fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { minLength: 1, maxLength: 4 }),
    fc.oneof(fc.constant(0), fc.nat(20)),
  )
  .map(([asked, messageId, changes, cut]) => {
    const bytes = requestBytes(asked, messageId, Uint8Array.of(1, 2));
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes.subarray(0, bytes.length - cut);
  });

/** Sends it, and fails where more came of it than its answer says. */
async function sendWatched({ server, meter, gateway }: AGateway, bytes: Uint8Array): Promise<void> {
  const observations = () => gateway.status().servers[0]?.observations.length ?? 0;
  const before = { packets: server.packets.length, written: meter.written.length, observed: observations() };
  server.sendRaw(bytes);
  await settle();
  const answers = server.packets.slice(before.packets).filter(({ from }) => from === "gateway");
  const said = answers.map(({ message }) => formatCode(message.code));
  const what = `${Buffer.from(bytes).toString("hex")}: ${said.join(" ")}`;
  if (meter.written.length > before.written) assert.ok(said.includes("2.04"), what);
  if (observations() > before.observed) {
    assert.ok(
      answers.some(({ message }) => findOption(message, OPTION.observe) !== undefined),
      what,
    );
  }
}

async function survives(t: TestContext, datagrams: fc.Arbitrary<Uint8Array>): Promise<void> {
  for (const seed of SEEDS) {
    const world = await anUntouchedGateway(t);
    for (const [i, bytes] of fc.sample(datagrams, { numRuns: RUNS, seed }).entries()) {
      await sendWatched(world, bytes);
      // Time for repetitions, and for what waits.
      if (i % 50 === 49) await world.clock.advance(SECOND);
    }
    await world.clock.advance(10 * MINUTE);
    const { meter, server, lines } = world;
    assert.deepEqual(
      lines.filter(({ level }) => level === "error"),
      [],
    );
    meter.set("3303/0/5700", 22);
    await world.clock.advance(2 * HOUR);
    assert.equal((await server.read("/dev-1/3303/0/5700")).text, "22", `seed ${seed}`);
    assert.equal((await server.read("/3/0/0")).text, "lwm2m-gateway");
  }
}

test("requests of right and wrong parts do no more than their answers say, and end nothing", async (t) => {
  await survives(t, datagram);
});

test("right requests with bytes that are others do no more than their answers say, and end nothing", async (t) => {
  await survives(t, mutated);
});

test("bytes that nobody chose draw nothing but a Reset, and change nothing", async (t) => {
  const world = await anUntouchedGateway(t);
  const before = await everything(world);
  const packets = world.server.packets.length;
  for (const bytes of fc.sample(fc.uint8Array({ maxLength: 1500 }).filter(isNoRequest), { numRuns: RUNS, seed: 1 })) {
    await sendWatched(world, bytes);
  }
  await world.clock.advance(MINUTE);
  const answers = world.server.packets.slice(packets).filter(({ from }) => from === "gateway");
  assert.ok(answers.every(({ message }) => message.type === TYPE.rst && message.code === 0));
  assertQuiet(world);
  assert.deepEqual(world.meter.written, []);
  assert.deepEqual(await everything(world), before);
});

function isNoRequest(bytes: Uint8Array): boolean {
  try {
    return !isRequest(decodeMessage(bytes).code);
  } catch {
    return true;
  }
}
