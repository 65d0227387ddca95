/**
 * What Bluetooth takes for long: fifty devices that advertise each second, eight that are connected and tell each second, a server that
 * observes all. `node scripts/run.mjs build && node scripts/run.mjs node bench/ble-soak.ts --minutes 60`; at its end one line of JSON. The
 * emulator and the server are in this process; the gateway is the built program, as it is installed, in its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DemoServer } from "../demo/server.ts";
import { locateData } from "../src/locate.ts";
import { stackProcessOf } from "../test/support/stack-process.ts";
import { cpuTime, residentMemory } from "./process-figures.ts";
import { line, type Result } from "./result.ts";
import { pause } from "./run.ts";
import { round, slope } from "./statistics.ts";
import { serviceEnvironment } from "./subjects/gateway.ts";
import { ADVERTISERS, CONNECTED, PERIOD, Peripherals, writeConfiguration } from "./subjects/peripherals.ts";

const SAMPLE_EVERY = 5000;
/** Until all is connected and observed. */
const SETTLE = 30_000;
const HOUR = 3_600_000;
/** MiB an hour, over the second half. */
const MOST_SLOPE = 5;
/** Of the values that were said: some advertisements are missed while the adapter connects, and two can be in one notification. */
const LEAST_TOLD = 0.9;

const ABOUT = `${ADVERTISERS} devices that advertise a new value each second (BTHome), ${CONNECTED} that are connected and notify one each second, of the emulator
behind a pseudo-terminal; a server observes all. Memory of the daemon and of the process with the Bluetooth stack, resident, sampled every
${SAMPLE_EVERY / 1000} seconds; the slope is that of the second half, by least squares.`;

interface Sample {
  /** In milliseconds since the beginning. */
  readonly at: number;
  /** MiB, resident; of the stack 0 where it does not run. */
  readonly daemon: number;
  readonly stack: number;
}

async function soak(length: number): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "lwm2m-gateway-soak-"));
  const heard = new Heard();
  const server = await DemoServer.start({ onEvent: () => {}, onValues: (_, told) => heard.take(told) });
  const peripherals = await Peripherals.start(folder);
  const gateway = startGateway(folder, writeConfiguration(folder, peripherals.port, server.port));
  try {
    await pause(SETTLE);
    const { pid = 0 } = gateway;
    const [cpu, valuesBefore, stackAtFirst] = [cpuTime(pid), heard.count, stackProcessOf(pid)];
    const stackCpu = stackAtFirst === undefined ? 0 : cpuTime(stackAtFirst);
    const samples = await watch(pid, length);
    const stack = stackProcessOf(pid);
    const [first, last] = [samples[0], samples.at(-1)];
    if (first === undefined || last === undefined) throw new Error("nothing was sampled");
    const span = last.at;
    const told = ((heard.count - valuesBefore) * 1000) / span;
    return resultOf(samples, {
      minutes: round(span / 60_000, 1),
      "values/s": round(told, 1),
      silent: ADVERTISERS + CONNECTED - heard.sources(PERIOD * 30),
      connected: peripherals.subscribed,
      "devices lost": logged(folder, "the device is offline"),
      "stack begun anew": stack === stackAtFirst && stack !== undefined ? 0 : 1,
      "daemon CPU %": round((cpuTime(pid) - cpu) / 1e4 / span, 1),
      "stack CPU %":
        stack === undefined || stack !== stackAtFirst ? 0 : round((cpuTime(stack) - stackCpu) / 1e4 / span, 1),
    });
  } finally {
    gateway.kill("SIGTERM");
    await new Promise((resolve) => (gateway.exitCode === null ? gateway.once("exit", resolve) : resolve(0)));
    await peripherals.stop();
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

function startGateway(folder: string, config: string): ChildProcess {
  const log = openSync(join(folder, "log"), "a");
  const child = spawn(process.execPath, [locateData("dist/src/main.js"), "run", "--config", config], {
    stdio: ["ignore", log, log],
    env: { ...process.env, ...serviceEnvironment() },
  });
  closeSync(log);
  return child;
}

async function watch(pid: number, length: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const since = performance.now();
  for (let at = 0; at < length; at = performance.now() - since) {
    const stack = stackProcessOf(pid);
    samples.push({ at, daemon: residentMemory(pid), stack: stack === undefined ? 0 : residentMemory(stack) });
    const newest = samples.at(-1);
    if (samples.length % 12 === 1) process.stderr.write(`${round(at / 60_000, 1)} min: ${JSON.stringify(newest)}\n`);
    await pause(SAMPLE_EVERY);
  }
  return samples;
}

/** What the server was told. */
class Heard {
  count = 0;
  private readonly newest = new Map<string, number>();

  take(told: readonly { readonly path: string }[]): void {
    for (const { path } of told) {
      if (!path.endsWith("/3303/0/5700")) continue;
      this.count++;
      this.newest.set(path, performance.now());
    }
  }

  /** Of how many devices something came within the last so many milliseconds. */
  sources(within: number): number {
    const since = performance.now() - within;
    return [...this.newest.values()].filter((at) => at >= since).length;
  }
}

function logged(folder: string, message: string): number {
  return readFileSync(join(folder, "log"), "utf8").split(message).length - 1;
}

type Counts = Readonly<
  Record<"minutes" | "values/s" | "silent" | "connected" | "devices lost" | "stack begun anew", number>
> &
  Readonly<Record<string, number>>;

function resultOf(samples: readonly Sample[], counts: Counts): Result {
  const half = (samples.at(-1)?.at ?? 0) / 2;
  const late = samples.filter(({ at }) => at >= half);
  const perHour = (of: "daemon" | "stack"): number =>
    round(slope(late.map((sample) => [sample.at / HOUR, sample[of]] as const)), 2);
  const most = (of: "daemon" | "stack"): number => round(Math.max(...samples.map((sample) => sample[of])), 1);
  const [daemon, stack] = [perHour("daemon"), perHour("stack")];
  const said = ((ADVERTISERS + CONNECTED) * 1000) / PERIOD;
  return {
    name: "ble-soak",
    subject: "gateway",
    about: ABOUT,
    figures: {
      ...counts,
      ...{ "daemon MiB/h": daemon, "stack MiB/h": stack, "daemon MiB": most("daemon"), "stack MiB": most("stack") },
    },
    variants: {},
    peers: {},
    ratio: null,
    goals: [
      { goal: `daemon at most ${MOST_SLOPE} MiB/h`, reached: `${daemon} MiB/h`, met: daemon <= MOST_SLOPE },
      { goal: `Bluetooth stack at most ${MOST_SLOPE} MiB/h`, reached: `${stack} MiB/h`, met: stack <= MOST_SLOPE },
      {
        goal: `${CONNECTED} connected, and nobody silent or lost`,
        reached: `${counts.connected} connected, ${counts.silent} silent, ${counts["devices lost"]} lost, ${counts["stack begun anew"]} begun anew`,
        met:
          counts.connected === CONNECTED && counts.silent + counts["devices lost"] + counts["stack begun anew"] === 0,
      },
      {
        goal: `at least ${LEAST_TOLD * 100} % of ${said} values a second reach the server`,
        reached: `${counts["values/s"]}`,
        met: counts["values/s"] >= LEAST_TOLD * said,
      },
    ],
  };
}

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" } } });
const minutes = Number(values.minutes);
if (!(minutes >= 1)) throw new Error("--minutes: expected 1 or more");
process.stdout.write(`${line(await soak(minutes * 60_000))}\n`);
