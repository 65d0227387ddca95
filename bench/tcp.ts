/** What it costs to read a hundred thousand registers a second over ten Modbus TCP links. */
import { cpuTime, residentMemory } from "./process-figures.ts";
import type { Result } from "./result.ts";
import { type Bench, figuresOf, interleaved, pause } from "./run.ts";
import { round } from "./statistics.ts";
import { pollingGateway, pollingPeer, Registers, UNITS } from "./subjects/registers.ts";

const LINKS = 10;
const LOAD = { floats: 500, every: 1 };
/** Until connections stand and what is compiled while it runs is compiled; how long is measured. In milliseconds. */
const SETTLE = 20_000;
const DURATION = 10_000;
/** What the ends of a measurement may cut off. */
const ALL_BUT_ONE_PERCENT = 0.99;

const GATEWAY = "gateway";
const PEER = "modbus-serial";

const ABOUT = `${LINKS} Modbus TCP links with ${UNITS} units each; of each unit 1000 holding registers are read once a second, as 500 floats, each of
them a resource (\`/<prefix>/3300/<n>/5700\`) that is another at each poll. The servers are a process of their own. The peer is
modbus-serial by itself, which reads the same registers and keeps the floats in a map: no conversion, no objects, no server.
The gateway is the built program. Processor time is that of all threads; the ratio is that of the processor time.`;

export async function tcp(): Promise<Result> {
  const registers = new Registers();
  try {
    const ports = await registers.listen(LINKS);
    const all = await interleaved(
      (directory) => [
        pollingGateway(ports, LOAD, `${directory}/gateway`),
        pollingPeer(ports, LOAD, `${directory}/peer`),
      ],
      (bench) => measure(bench, registers),
    );
    return result(figuresOf(all, GATEWAY), figuresOf(all, PEER));
  } finally {
    registers.close();
  }
}

type TcpFigures = Awaited<ReturnType<typeof measure>>;

function result(figures: TcpFigures, peer: TcpFigures): Result {
  const [rate, cpu, memory] = [figures["registers/s"], figures["CPU %"], figures["memory MB"]];
  return {
    name: "tcp",
    subject: GATEWAY,
    about: ABOUT,
    figures,
    variants: {},
    peers: { [PEER]: peer },
    ratio: round(cpu / peer["CPU %"], 2),
    goals: [
      {
        goal: "100,000 registers a second over 10 links below 50 % of a core",
        reached: `${rate.toLocaleString("en")} at ${cpu} %`,
        met: rate >= 100_000 * ALL_BUT_ONE_PERCENT && cpu < 50,
      },
      { goal: "and below 200 MB", reached: `${memory} MB`, met: memory < 200 },
    ],
  };
}

async function measure({ running }: Bench, registers: Registers) {
  const { pid } = running;
  await pause(SETTLE);
  running.beginDelay();
  const [before, cpu, theirs, since] = [
    await registers.served(),
    cpuTime(pid),
    cpuTime(registers.pid),
    performance.now(),
  ];
  await pause(DURATION);
  const [after, cpuAfter, theirsAfter] = [await registers.served(), cpuTime(pid), cpuTime(registers.pid)];
  const elapsed = performance.now() - since;
  const delay = await running.endDelay();
  return {
    "registers/s": round((1000 * (after.registers - before.registers)) / elapsed),
    "requests/s": round((1000 * (after.requests - before.requests)) / elapsed),
    "CPU %": round((cpuAfter - cpu) / 1e4 / elapsed, 1),
    "servers' CPU %": round((theirsAfter - theirs) / 1e4 / elapsed, 1),
    "memory MB": round(residentMemory(pid) * 1.048576, 1),
    "delay p99.9 ms": round(delay.p999, 2),
  };
}
