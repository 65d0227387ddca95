/** Twelve meters on a serial line of 9600 baud: how much of the wire is used, and how long a write waits for it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { USUAL_TURNAROUND, wireOf, wireTime } from "../adapters/modbus/wire-time.ts";
import { parseSerialSettings } from "../adapters/wires/serial-settings.ts";
import { systemClock, systemRandom } from "../src/clock.ts";
import { Devices } from "../src/devices/devices.ts";
import { readConfig } from "../src/gateway/read-config.ts";
import { deviceObject } from "../src/gateway/trees.ts";
import { silentLogger } from "../src/log.ts";
import { parsePath } from "../src/lwm2m/path.ts";
import type { PacedBusAnswer, Served } from "./load/paced-bus.ts";
import type { Goal, Result } from "./result.ts";
import { pause, ROUNDS } from "./run.ts";
import { medians, round } from "./statistics.ts";

const METERS = 12;
const LINE = "9600-8N1";
const GAP = 20;
/** Until every meter has been read once; how long is measured; how often a valve is moved meanwhile. In milliseconds. */
const SETTLE = 8000;
const DURATION = 30_000;
const WRITE_EVERY = 730;
/** Of the SDM630: the registers of its blocks, those of several groups that are due together too, and the values in each. */
const VALUES_OF_BLOCK: Readonly<Record<string, number>> = {
  2: 1,
  6: 3,
  10: 2,
  12: 3,
  18: 9,
  72: 15,
  74: 16,
};
const LONGEST_BLOCK = 74;
const ALLOWANCE = 20;

const ABOUT = `${METERS} Eastron SDM630, as their mapping has them polled (\`every: 2s\`, \`15s\`, \`5m\`), on one RTU line of ${LINE} over TCP, and a valve on the
same line that is written once in ${WRITE_EVERY} ms. The far end is a process of its own, which sends every byte at its time and takes
${USUAL_TURNAROUND} ms to think; the gap between two requests is the usual ${GAP} ms, with which these meters ask for more than the wire can carry:
it is to be in use all the time. The share is the time that the requests take by the formula of the wire, gaps included, of the
time that went by. Devices, polling and adapter are those of the gateway, in the process of the benchmark. A write's wait is the
time to its answer without its own time on the wire.`;

const wire = wireOf("rtu", parseSerialSettings(LINE));
const readTime = (registers: number): number =>
  wireTime(wire, { request: 5, answer: 2 + 2 * registers }) + USUAL_TURNAROUND;
const WRITE_TIME = wireTime(wire, { request: 5, answer: 5 }) + USUAL_TURNAROUND;
/** What the gap takes beyond the silence that is part of the formula. */
const PAUSE = GAP - wire.silence;

const VALVE = `format: 1
mapping: bench-valve
protocol: modbus
params: { unit_id: { type: int } }
modbus: { unit_id: $unit_id }
objects:
  3306: { on/off: { coil: 0, poll: never, write: true } }
`;

export async function modbus(): Promise<Result> {
  const rounds: Awaited<ReturnType<typeof measured>>[] = [];
  for (let number = 1; number <= ROUNDS; number++) {
    rounds.push(await measured());
    process.stderr.write(`${number}/${ROUNDS}: ${JSON.stringify(rounds.at(-1))}\n`);
  }
  const figures = medians(rounds);
  return {
    name: "modbus",
    subject: "one line",
    about: ABOUT,
    figures,
    variants: {},
    peers: {},
    ratio: null,
    goals: goals(figures),
  };
}

function goals(figures: Awaited<ReturnType<typeof measured>>): Goal[] {
  const limit = round(readTime(LONGEST_BLOCK) + ALLOWANCE);
  const used = figures["wire used %"];
  const wait = figures["write wait max ms"];
  return [
    { goal: "at least 90 % of the values a second that the wire can carry", reached: `${used} %`, met: used >= 90 },
    {
      goal: `a write waits for one block read and 20 ms at most (${limit} ms)`,
      reached: `${wait} ms`,
      met: wait <= limit,
    },
  ];
}

async function measured() {
  const bus = new PacedBus();
  const directory = mkdtempSync(join(tmpdir(), "lwm2m-gateway-bench-"));
  const devices = await polling(directory, await bus.port());
  try {
    await pause(SETTLE);
    await bus.served();
    const since = performance.now();
    const waits = await writes(devices, since + DURATION);
    const served = await bus.served();
    return figuresOf(served, waits, performance.now() - since);
  } finally {
    await devices.close();
    bus.close();
    rmSync(directory, { recursive: true });
  }
}

function figuresOf({ requests, reads }: Served, waits: readonly number[], elapsed: number) {
  const counts = Object.entries(reads);
  const values = counts.reduce((sum, [registers, count]) => sum + count * (VALUES_OF_BLOCK[registers] ?? 0), 0);
  const inReads = counts.reduce((sum, [registers, count]) => sum + count * (readTime(Number(registers)) + PAUSE), 0);
  const used = (inReads + waits.length * (WRITE_TIME + PAUSE)) / elapsed;
  const sorted = [...waits].sort((a, b) => a - b);
  const perSecond = (values * 1000) / elapsed;
  return {
    "values/s": round(perSecond, 1),
    "values/s the wire can carry": round(perSecond / used, 1),
    "wire used %": round(100 * used, 1),
    "requests/s": round((requests * 1000) / elapsed, 1),
    "write wait p50 ms": round(sorted[Math.floor(sorted.length / 2)] ?? 0, 1),
    "write wait p95 ms": round(sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0, 1),
    "write wait max ms": round(sorted.at(-1) ?? 0, 1),
  };
}

/** How long each write waited until the end. */
async function writes(devices: Devices, end: number): Promise<readonly number[]> {
  const valve = devices.get("valve");
  if (valve === undefined) throw new Error("the valve is not there");
  const path = parsePath("/valve/3306/0/5850");
  const waits: number[] = [];
  for (let value = true; performance.now() < end; value = !value) {
    const asked = performance.now();
    await valve.tree.write(path, [{ path, value }], "replace");
    waits.push(performance.now() - asked - WRITE_TIME);
    await pause(Math.max(0, WRITE_EVERY - (performance.now() - asked)));
  }
  return waits;
}

async function polling(directory: string, port: number): Promise<Devices> {
  mkdirSync(join(directory, "mappings"));
  writeFileSync(join(directory, "mappings", "bench-valve.yaml"), VALVE);
  writeFileSync(join(directory, "config.yaml"), configuration(port));
  const config = await readConfig(join(directory, "config.yaml"));
  const settings = {
    deviceObject: deviceObject(config.catalogue),
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  };
  const devices = new Devices(settings, { onSamples: () => {}, onStateChange: () => {}, onDevicesChanged: () => {} });
  await devices.apply(
    config.devices.map((plan) => ({ plan, prefix: plan.id })),
    config.links,
  );
  return devices;
}

function configuration(port: number): string {
  return `gateway: { endpoint: bench }
servers: [{ id: 101, uri: "coap://127.0.0.1:1" }]
links:
  bus: { type: modbus-rtu-over-tcp, host: 127.0.0.1, port: ${port}, line: ${LINE}, gap: ${GAP}ms }
devices:
  - { id: meter-$unit_id, mapping: eastron-sdm630, link: bus, each: { unit_id: 1..${METERS} } }
  - { id: valve, mapping: bench-valve, link: bus, unit_id: ${METERS + 1} }
`;
}

/** The far end. */
class PacedBus {
  private readonly child: ChildProcess;
  private readonly listening: Promise<PacedBusAnswer>;

  constructor() {
    this.child = fork(fileURLToPath(new URL("load/paced-bus.ts", import.meta.url)));
    this.listening = this.answer();
  }

  async port(): Promise<number> {
    const answer = await this.listening;
    if (!("port" in answer)) throw new Error("the bus has no port");
    return answer.port;
  }

  /** Since the last call. */
  async served(): Promise<Served> {
    const answered = this.answer();
    this.child.send("count");
    const answer = await answered;
    if (!("reads" in answer)) throw new Error("the bus does not tell what it served");
    return answer;
  }

  close(): void {
    this.child.kill();
  }

  private async answer(): Promise<PacedBusAnswer> {
    const [answer] = await once(this.child, "message");
    return answer;
  }
}
