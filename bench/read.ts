/** How many reads of a device's resource the gateway answers, beside programs that answer a GET with a fixed value. */

import { goals, type Result } from "./result.ts";
import type { Bench } from "./run.ts";
import { figuresOf, interleaved, pause } from "./run.ts";
import { round } from "./statistics.ts";
import { gateway } from "./subjects/gateway.ts";
import { PEERS, peer } from "./subjects/peers.ts";

/** Until every simulated device has been polled once, in milliseconds. */
const SETTLE = 3000;
const WARM_UP = { window: 32, count: 20_000, limit: 2500 };
const WINDOW_32 = { window: 32, count: 60_000, limit: 2000 };
const WINDOW_1 = { window: 1, count: 60_000, limit: 1500 };

const MANY = "gateway, 1000 devices";
const FEW = "gateway, 2 devices";

export async function read(): Promise<Result> {
  const all = await interleaved(
    (directory) => [
      gateway(1000, `${directory}/many`),
      gateway(2, `${directory}/few`),
      ...PEERS.map((name) => peer(name, directory)),
    ],
    measure,
  );
  const many = figuresOf(all, MANY);
  const few = figuresOf(all, FEW);
  const peers = Object.fromEntries(PEERS.map((name) => [name, figuresOf(all, name)]));
  const best = Math.max(...PEERS.map((name) => figuresOf(all, name).perSecond));
  const ratio = round(many.perSecond / best, 2);
  const deviation = round(Math.abs(few.perSecond / many.perSecond - 1) * 100, 1);
  return {
    name: "read",
    figures: {
      ...many,
      ...Object.fromEntries(Object.entries(few).map(([name, value]) => [`${name} with 2 devices`, value])),
    },
    peers,
    ratio,
    ...goals([
      { text: `at least 30,000/s (${many.perSecond})`, met: many.perSecond >= 30_000 },
      { text: `at least 1.3 times the best peer (${ratio})`, met: ratio >= 1.3 },
      { text: `with 2 devices within 10 % of it (${deviation} %)`, met: deviation <= 10 },
      { text: `event loop late by less than 20 ms at p99.9 (${many["delay p999"]})`, met: many["delay p999"] < 20 },
      { text: `no read without its value (${many.failed + few.failed})`, met: many.failed + few.failed === 0 },
    ]),
  };
}

async function measure({ subject, running, generator }: Bench) {
  const { paths, takesStrangers: newPort } = subject;
  const { pid } = running;
  await pause(SETTLE);
  await generator.reads({ paths, pid, newPort, ...WARM_UP });
  running.beginDelay();
  const wide = await generator.reads({ paths, pid, newPort, ...WINDOW_32 });
  const delay = await running.endDelay();
  const narrow = await generator.reads({ paths, pid, newPort, ...WINDOW_1 });
  return {
    perSecond: wide.perSecond,
    p50: wide.p50,
    p99: wide.p99,
    p999: wide.p999,
    cpu: wide.cpu,
    "generator cpu": wide.generatorCpu,
    "delay p99": round(delay.p99, 2),
    "delay p999": round(delay.p999, 2),
    "window 1 perSecond": narrow.perSecond,
    "window 1 p50": narrow.p50,
    "window 1 p99": narrow.p99,
    "window 1 cpu": narrow.cpu,
    failed: wide.failed + narrow.failed,
  };
}
