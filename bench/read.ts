/** How many reads of a device's resource the gateway answers, beside programs that answer a GET with a fixed value. */
import type { ReadsFigures, ReadsOrder } from "./load/orders.ts";
import type { Result } from "./result.ts";
import { type Bench, figuresOf, interleaved, pause } from "./run.ts";
import { sideBySide, ROUNDS as TIMES } from "./side-by-side.ts";
import { median, medians, round } from "./statistics.ts";
import { gateway, securedGateway } from "./subjects/gateway.ts";
import { PEERS, peer } from "./subjects/peers.ts";

/** Until every simulated device has been polled once, in milliseconds. */
const SETTLE = 3000;
/** Until what V8 compiles while it runs is compiled. */
const WARM_UP = { window: 32, count: 200_000, limit: 8000 };
const WINDOW_32 = { window: 32, count: 60_000, limit: 2000 };
/** Of a subject that is read in turn with another. */
const TURN = { window: 32, count: 20_000, limit: 2000 };
const TURNS = 20;
const WINDOW_1 = { window: 1, count: 60_000, limit: 1500 };

const MANY = "gateway, 1000 devices";
const FEW = "gateway, 2 devices";
/** With so many devices, while the one with two runs beside it. */
const BESIDE = `${MANY}, beside it`;
const SECURED = ["DTLS", "DTLS with Connection ID"] as const;

const ABOUT = `Reads of \`/<prefix>/3303/0/5700\` (Sensor Value of Temperature), the prefixes in turn, as text, confirmable, 32
requests under way and then 1. The devices of the gateway are simulated and polled every five seconds, with what that costs.
What two devices differ by from 1000 is less than one minute of a machine differs from the next: these two gateways run beside each
other and are read in turn, ${TURNS} times each, ${TURN.count.toLocaleString("en")} reads a time; the difference is the median of ${TIMES} such rounds.
Over DTLS the same is read with TLS_PSK_WITH_AES_128_CCM_8, from the addon's side for tests in the load generator.
node-coap answers every GET with a constant; coap-node and lwm2m-node-lib are LwM2M clients with one sensor. The delay is that
of the event loop of the program that answers, while 32 requests are under way.`;

export async function read(): Promise<Result> {
  const all = await interleaved(
    (directory) => [
      gateway(1000, `${directory}/many`),
      ...SECURED.map((security) => securedGateway(1000, security, `${directory}/${security}`)),
      ...PEERS.map((name) => peer(name, directory)),
    ],
    measure,
  );
  const many = figuresOf(all, MANY);
  const { beside, few, difference } = await fewAndMany();
  const best = Math.max(...PEERS.map((name) => figuresOf(all, name)["reads/s"]));
  const ratio = round(many["reads/s"] / best, 2);
  const secured = SECURED.map((security) => figuresOf(all, `${MANY}, ${security}`));
  const failed = [many, beside, few, ...secured].reduce((sum, figures) => sum + figures.failed, 0);
  return {
    name: "read",
    about: ABOUT,
    figures: many,
    variants: {
      [FEW]: few,
      [BESIDE]: beside,
      ...Object.fromEntries(SECURED.map((name, i) => [name, secured[i] ?? {}])),
    },
    peers: Object.fromEntries(PEERS.map((name) => [name, figuresOf(all, name)])),
    ratio,
    goals: [
      {
        goal: "at least 30,000 reads a second, window 32, 1000 devices",
        reached: many["reads/s"].toLocaleString("en"),
        met: many["reads/s"] >= 30_000,
      },
      { goal: "at least 1.3 times the best peer", reached: `${ratio}`, met: ratio >= 1.3 },
      { goal: "with 2 devices within 10 % of that", reached: `${difference} %`, met: Math.abs(difference) <= 10 },
      {
        goal: "event loop late by less than 20 ms at p99.9",
        reached: `${many["delay p99.9 ms"]} ms`,
        met: many["delay p99.9 ms"] < 20,
      },
      ...SECURED.map((security, i) => {
        const part = round((100 * (secured[i]?.["reads/s"] ?? 0)) / many["reads/s"], 1);
        return { goal: `over ${security} at least 60 % of that`, reached: `${part} %`, met: part >= 60 };
      }),
      { goal: "no read without its value", reached: `${failed}`, met: failed === 0 },
    ],
  };
}

/** Two and a thousand devices in turn, and by how many percent the reads of the two are more. */
async function fewAndMany() {
  const rounds = await sideBySide((directory) => [gateway(1000, `${directory}/many`), gateway(2, `${directory}/few`)], {
    prepare: warmUp,
    turn,
    turns: TURNS,
  });
  const differences = rounds.map((round) => figuresOf(round, FEW)["reads/s"] / figuresOf(round, MANY)["reads/s"] - 1);
  return {
    beside: medians(rounds.map((round) => figuresOf(round, MANY))),
    few: medians(rounds.map((round) => figuresOf(round, FEW))),
    difference: round(100 * median(differences), 1),
  };
}

async function warmUp(bench: Bench): Promise<void> {
  await pause(SETTLE);
  await reads(bench, WARM_UP);
}

async function turn(bench: Bench) {
  const figures = await reads(bench, TURN);
  return { ...usual(figures), failed: figures.failed };
}

async function measure(bench: Bench) {
  const { running } = bench;
  await warmUp(bench);
  running.beginDelay();
  const wide = await reads(bench, WINDOW_32);
  const delay = await running.endDelay();
  const narrow = await reads(bench, WINDOW_1);
  return {
    ...usual(wide),
    "delay p99 ms": round(delay.p99, 2),
    "delay p99.9 ms": round(delay.p999, 2),
    "window 1: reads/s": narrow.perSecond,
    "window 1: p50 µs": narrow.p50,
    "window 1: p99 µs": narrow.p99,
    "window 1: CPU µs/read": narrow.cpu,
    failed: wide.failed + narrow.failed,
  };
}

function reads({ subject, running, generator }: Bench, load: Pick<ReadsOrder, "window" | "count" | "limit">) {
  return generator.reads({ paths: subject.paths, pid: running.pid, newPort: subject.takesStrangers, ...load });
}

function usual({ perSecond, p50, p99, p999, cpu, generatorCpu }: ReadsFigures) {
  return {
    "reads/s": perSecond,
    "p50 µs": p50,
    "p99 µs": p99,
    "p99.9 µs": p999,
    "CPU µs/read": cpu,
    "generator's CPU µs/read": generatorCpu,
  };
}
