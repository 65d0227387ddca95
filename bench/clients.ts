/** A thousand devices as clients of their own: how fast they are registered, what each takes, and what all take at rest. */
import { cpuTime, residentMemory } from "./process-figures.ts";
import type { Result } from "./result.ts";
import { type Bench, figuresOf, interleaved, pause } from "./run.ts";
import { round } from "./statistics.ts";
import { gateway, gatewayOfClients } from "./subjects/gateway.ts";

const DEVICES = 1000;
const PER_SECOND = 100;
const CLIENTS = `gateway, ${DEVICES} devices, layout clients`;
const PLAIN = `gateway, ${DEVICES} devices`;
/** The gateway itself registers too. */
const REGISTRATIONS = DEVICES + 1;
const LIMIT = 60_000;
/** From the last registration on, until the collector has been round; then how long it is watched. In milliseconds. */
const SETTLE = 20_000;
const WATCH = 60_000;

const ABOUT = `Layout \`clients\`: ${DEVICES} devices of \`simulated-climate\`, each with a registration and a port of its own, lifetime 300 s, polled every
five seconds; nobody observes them. Memory and processor time are those of the process from ${SETTLE / 1000} s after the last registration on;
what the registrations take is the difference to the same devices in layout \`gateway\`, in the same rounds.`;

export async function clients(): Promise<Result> {
  const all = await interleaved(
    (directory) => [
      gateway(DEVICES, `${directory}/plain`),
      gatewayOfClients(DEVICES, PER_SECOND, `${directory}/clients`),
    ],
    measure,
  );
  const own = figuresOf(all, CLIENTS);
  const plain = figuresOf(all, PLAIN);
  const each = round(((own["memory MiB"] - plain["memory MiB"]) * 1024) / DEVICES, 1);
  const cpu = round(own["CPU %"] - plain["CPU %"], 2);
  const figures = { ...own, "KiB a client": each, "CPU % of the registrations": cpu };
  return {
    name: "clients",
    about: ABOUT,
    figures,
    variants: {},
    peers: { [PLAIN]: plain },
    ratio: round(own["memory MiB"] / plain["memory MiB"], 2),
    goals: [
      {
        goal: `${DEVICES} devices are registered at ${PER_SECOND} a second`,
        reached: `${own["registered/s"]}, at most ${own["most a second"]} in one`,
        met: own["registered/s"] >= 0.95 * PER_SECOND,
      },
      { goal: "each takes less than 40 KiB", reached: `${each} KiB`, met: each < 40 },
      { goal: "at rest their registrations take less than 3 % of a core", reached: `${cpu} %`, met: cpu < 3 },
    ],
  };
}

async function measure({ subject, running: { pid }, generator }: Bench) {
  const count = subject.name === CLIENTS ? REGISTRATIONS : 1;
  const { firstAt, lastAt, mostASecond } = await generator.registrations({ count, limit: LIMIT });
  await pause(SETTLE);
  const cpu = cpuTime(pid);
  const memory: number[] = [];
  for (let i = 0; i < WATCH / 1000; i++) {
    await pause(1000);
    memory.push(residentMemory(pid));
  }
  return {
    "registered/s": round(((count - 1) * 1000) / Math.max(1, lastAt - firstAt), 1),
    "most a second": mostASecond,
    "memory MiB": round(memory.reduce((sum, each) => sum + each, 0) / memory.length, 1),
    "CPU %": round((cpuTime(pid) - cpu) / 1e4 / WATCH, 2),
  };
}
