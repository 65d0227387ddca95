/** Twelve meters behind a slow and lossy link: how old values are when they arrive, what they cost, how long a day of backlog takes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HOUR, MINUTE, type Millis, SECOND, type UnixMillis } from "../src/clock.ts";
import type { Goal, Result } from "./result.ts";
import { percentile, round } from "./statistics.ts";
import { ages, gaps, overtaken, repeated } from "./wan/arrivals.ts";
import type { LinkOptions } from "./wan/link.ts";
import { METERS, VALUES } from "./wan/meters.ts";
import { start, type World } from "./wan/world.ts";

const LINK: LinkOptions = { up: 64_000, delay: 50, loss: 0.01, queue: 65_536 };
const INTERVAL: Millis = 15 * SECOND;
const SETTLE: Millis = 5 * MINUTE;
const LIVE: Millis = HOUR;
const OUTAGE: Millis = 24 * HOUR;
/** Within which a backlog must be drained, and how long it is waited for. */
const DRAIN_GOAL: Millis = 2 * HOUR;
const PATIENCE: Millis = 4 * HOUR;
/** A value is the newest at a turn, and a meter is read every two seconds. */
const LONGEST_GAP: Millis = INTERVAL + 5 * SECOND;
const MAX = 100;

const ABOUT = `${METERS} meters of ${VALUES} float32 values, read every two seconds, reported every ${INTERVAL / SECOND} s by a \`report:\` entry: by Send, in SenML
CBOR, with the times of measurement. The link has 100 ms of round trip, 1 % loss in each direction and 64 kbit/s towards the
server; NSTART is 1, a message 1024 bytes, and \`ack_timeout\` 1 s, the least that RFC 7252 §4.8.1 leaves: ten round trips of this link. **The time is simulated**, so that a day passes in minutes: clock, line to the
meters and link are simulated, chance from a seed, so that runs hardly differ. The whole gateway, its adapter, codecs, protocol and store on disk
are the real ones. An hour of live reports; then the link is cut for 24 hours, and comes back. What is measured until the gateway has noticed that, which
tries every five minutes by then, counts for the backlog. The age of a value is from its
measurement to its arrival at the server, so it contains up to two seconds until the next report. Bytes are those of IP datagrams
towards the server, 28 bytes of headers each, repetitions, acknowledgements and registration included.`;

export async function wan(): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "lwm2m-gateway-bench-"));
  const world = await start(directory, LINK);
  try {
    await world.clock.advance(SETTLE);
    const figures = { ...(await live(world)), ...(await backlog(world)) };
    return {
      name: "wan",
      subject: "12 meters, simulated time",
      about: ABOUT,
      figures,
      variants: {},
      peers: {},
      ratio: null,
      goals: goals(figures),
    };
  } finally {
    await world.stop();
    rmSync(directory, { recursive: true });
  }
}

async function live({ clock, link, server }: World) {
  const begin = clock.wall();
  const before = { ...link.sent, values: server.arrivals.length };
  await clock.advance(LIVE);
  const values = server.arrivals.length - before.values;
  const all = ages(server.arrivals, begin, clock.wall());
  return {
    "live values": values,
    "live age p50 s": seconds(percentile(all, 50)),
    "live age p95 s": seconds(percentile(all, 95)),
    "live age max s": seconds(percentile(all, MAX)),
    "live datagrams": link.sent.datagrams - before.datagrams,
    "bytes a value": round((link.sent.bytes - before.bytes) / values, 2),
  };
}

async function backlog(world: World) {
  const { clock, link, server } = world;
  link.cut = true;
  const cutAt = clock.wall();
  await clock.advance(OUTAGE);
  link.cut = false;
  const back = clock.wall();
  const before = { ...link.sent, values: server.arrivals.length };
  await drained(world, { cutAt, back });
  const drainedAt = server.arrivals.findLast(({ measured }) => measured < back)?.arrived ?? Number.NaN;
  const connected = server.arrivals.find(({ arrived }) => arrived >= back)?.arrived ?? Number.NaN;
  const all = ages(server.arrivals, connected, drainedAt);
  const values = server.arrivals.length - before.values;
  return {
    "backlog values": server.arrivals.filter(({ measured }) => measured >= cutAt && measured < connected).length,
    "back after min": round((connected - back) / MINUTE, 1),
    "backlog drained after min": round((drainedAt - back) / MINUTE, 1),
    "meanwhile live age p95 s": seconds(percentile(all, 95)),
    "meanwhile live age p99 s": seconds(percentile(all, 99)),
    "meanwhile live age max s": seconds(percentile(all, MAX)),
    "backlog bytes a value": round((link.sent.bytes - before.bytes) / values, 2),
    missing: gaps(server.arrivals, LONGEST_GAP),
    twice: repeated(server.arrivals),
    "out of order": overtaken(server.arrivals, cutAt, back),
  };
}

/** Resolves when everything of the outage has come, or patience ends. */
async function drained(
  { clock, server }: World,
  { cutAt, back }: { cutAt: UnixMillis; back: UnixMillis },
): Promise<void> {
  const expected = Math.floor((back - cutAt) / INTERVAL) * METERS * VALUES;
  let seen = 0;
  let looked = 0;
  while (seen < expected && clock.wall() < back + PATIENCE) {
    await clock.advance(MINUTE);
    for (; looked < server.arrivals.length; looked++) {
      const { measured = 0 } = server.arrivals[looked] ?? {};
      if (measured >= cutAt && measured < back) seen++;
    }
  }
  await clock.advance(MINUTE);
}

function goals(figures: Awaited<ReturnType<typeof live>> & Awaited<ReturnType<typeof backlog>>): Goal[] {
  const age = figures["live age p95 s"];
  const bytes = figures["bytes a value"];
  const minutes = figures["backlog drained after min"];
  const meanwhile = figures["meanwhile live age max s"];
  const { missing, "out of order": disorder } = figures;
  return [
    { goal: "wide-area link: age of live values at most 5 s at p95", reached: `${age} s`, met: age <= 5 },
    { goal: "at most 15 bytes on the wire a value, headers included", reached: `${bytes}`, met: bytes <= 15 },
    {
      goal: "a backlog of 24 hours drained within two",
      reached: `${minutes} min`,
      met: minutes * MINUTE <= DRAIN_GOAL,
    },
    { goal: "live values meanwhile at most 10 s old", reached: `${meanwhile} s`, met: meanwhile <= 10 },
    { goal: "nothing missing, and in order", reached: `${missing} and ${disorder}`, met: missing + disorder === 0 },
  ];
}

function seconds(milliseconds: number): number {
  return round(milliseconds / SECOND, 2);
}
