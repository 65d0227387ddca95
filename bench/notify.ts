/** What a thousand observed values that keep changing cost, and whether ordinary requests go on meanwhile. */
import type { NotificationsFigures } from "./load/orders.ts";
import { cpuTime } from "./process-figures.ts";
import type { Goal, Result } from "./result.ts";
import { type Bench, figuresOf, interleaved, pause } from "./run.ts";
import { round } from "./statistics.ts";
import { countingGateway } from "./subjects/gateway.ts";
import { observedPeer } from "./subjects/peers.ts";
import type { Subject } from "./subjects/subject.ts";

const DEVICES = 1000;
/** `nstart` of the gateway's configuration: how many notifications may wait for their acknowledgement at once. */
const WINDOW = 32;
/**
 * In milliseconds: until everything was polled once; how long polling alone is watched; until what the Observes cost is over, and
 * what V8 compiles while it runs is compiled, of the fast programs and of the slow ones; and after the second Observes; how long
 * notifications are counted.
 */
const SETTLE = 3000;
const WATCH = 3000;
const WARM_UP = { fast: 20_000, slow: 60_000 } as const;
const SETTLE_OBSERVED = 4000;
const DURATION = 5000;
const READ_EVERY = 100;
/** What the ends of a measurement may cut off. */
const ALL_BUT_ONE_PERCENT = 0.99;

const GATEWAY = `gateway, ${DEVICES} devices, every`;
const PEER = `node-coap, ${DEVICES} resources, every`;

const ABOUT = `${DEVICES} devices with one value, which is another at each poll, polled every 100 ms and every second; all observed at
\`/<prefix>/3303/0/5700\`, one observation each, as text: non-confirmable (\`con=0\`), then confirmable with at most ${WINDOW} on
their way (\`nstart\`) to a server that acknowledges at once. A value is the age of its device: a notification whose value or
number is not above that of the one before is out of order. Meanwhile one of the paths is read every ${READ_EVERY} ms. Processor time is
given in percent of one core, and contains the polling; what that takes while nobody observes stands under \`polling alone\`.
The first are counted from 20 s after the Observes on, at a thousand a second from 60 s on: so long V8 compiles what is to run for
years. That holds for every program.
The delay is that of the event loop, from the first Observe to the last notification. node-coap has ${DEVICES} resources with a
timer each, and nothing to poll; the ratio is that of the processor time of a non-confirmable notification, every 100 ms.`;

export async function notify(): Promise<Result> {
  const all = await interleaved(
    (directory) => [
      countingGateway({ devices: DEVICES, every: "100ms", nstart: WINDOW }, `${directory}/fast`),
      countingGateway({ devices: DEVICES, every: "1s", nstart: WINDOW }, `${directory}/slow`),
      observedPeer(DEVICES, 100, directory),
      observedPeer(DEVICES, 1000, directory),
    ],
    measure,
  );
  const fast = figuresOf(all, `${GATEWAY} 100ms`);
  const slow = figuresOf(all, `${GATEWAY} 1s`);
  const peer = figuresOf(all, `${PEER} 100 ms`);
  return {
    name: "notify",
    subject: `${GATEWAY} 100ms`,
    about: ABOUT,
    figures: fast,
    variants: { [`${GATEWAY} 1s`]: slow },
    peers: { [`${PEER} 100 ms`]: peer, [`${PEER} 1000 ms`]: figuresOf(all, `${PEER} 1000 ms`) },
    ratio: round(fast["NON: CPU µs each"] / peer["NON: CPU µs each"], 2),
    goals: [...rateGoals(fast, 10_000, 100), ...rateGoals(slow, 1000, 15), ...goalsOfBoth(fast, slow)],
  };
}

function isSlow({ name }: Subject): boolean {
  return name === `${GATEWAY} 1s` || name === `${PEER} 1000 ms`;
}

async function measure({ subject, running, generator }: Bench) {
  const { pid } = running;
  await pause(SETTLE);
  const cpu = cpuTime(pid);
  await pause(WATCH);
  const polling = (cpuTime(pid) - cpu) / 1e6 / WATCH;
  const order = { paths: subject.paths, duration: DURATION, readEvery: READ_EVERY, pid };
  running.beginDelay();
  const non = await generator.notifications({
    ...order,
    settle: WARM_UP[isSlow(subject) ? "slow" : "fast"],
    confirmable: false,
  });
  const con = await generator.notifications({ ...order, settle: SETTLE_OBSERVED, confirmable: true });
  const delay = await running.endDelay();
  return {
    "polling alone: CPU %": round(polling * 100, 1),
    ...named("NON", non),
    ...named("CON", con),
    "delay p99 ms": round(delay.p99, 2),
    "delay p99.9 ms": round(delay.p999, 2),
  };
}

const MODES = ["NON", "CON"] as const;
type Mode = (typeof MODES)[number];
type Measured = Awaited<ReturnType<typeof measure>>;

function named<M extends Mode>(mode: M, figures: NotificationsFigures) {
  const { perSecond, outOfOrder, failed, cpu, generatorCpu, readP50, readP99, readTimeouts } = figures;
  const all = {
    "notifications/s": perSecond,
    "CPU %": round(cpu * 100, 1),
    "CPU µs each": round((cpu * 1e6) / perSecond, 1),
    "generator's CPU %": round(generatorCpu * 100, 1),
    "out of order": outOfOrder,
    "without a value": failed,
    "reads p50 µs": readP50,
    "reads p99 µs": readP99,
    "reads timed out": readTimeouts,
  };
  const entries = Object.entries(all).map(([name, value]) => [`${mode}: ${name}`, value]);
  return Object.fromEntries(entries) as Record<`${M}: ${keyof typeof all}`, number>;
}

function rateGoals(figures: Measured, rate: number, percent: number): Goal[] {
  return MODES.map((mode) => {
    const perSecond = figures[`${mode}: notifications/s`];
    const cpu = figures[`${mode}: CPU %`];
    return {
      goal: `${rate.toLocaleString("en")} ${mode} notifications a second below ${percent} % of a core`,
      reached: `${perSecond.toLocaleString("en")} at ${cpu} %`,
      met: perSecond >= rate * ALL_BUT_ONE_PERCENT && cpu < percent,
    };
  });
}

function goalsOfBoth(...all: readonly Measured[]): Goal[] {
  const sum = (name: "out of order" | "without a value" | "reads timed out"): number =>
    all.flatMap((figures) => MODES.map((mode) => figures[`${mode}: ${name}`])).reduce((a, b) => a + b);
  const wrong = sum("out of order") + sum("without a value");
  const late = sum("reads timed out");
  return [
    { goal: "each observation in order of time", reached: `${wrong} that were not`, met: wrong === 0 },
    { goal: "no request times out meanwhile", reached: `${late}`, met: late === 0 },
  ];
}
