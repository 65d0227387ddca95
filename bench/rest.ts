/** What the built program takes while little happens: a hundred devices with thirty values each. */
import { cpuTime, residentMemory } from "./process-figures.ts";
import type { Result } from "./result.ts";
import { type Bench, figuresOf, interleaved, pause } from "./run.ts";
import { round } from "./statistics.ts";
import { pollingGateway, pollingPeer, Registers, UNITS } from "./subjects/registers.ts";

const LINKS = 10;
const LOAD = { floats: 30, every: 10 };
/** Until everything was read a few times, and the check of the files is over; how long is watched. In milliseconds. */
const SETTLE = 30_000;
const WATCH = 10_000;

const OFTEN = { floats: 30, every: 5 };

const GATEWAY = "gateway";
const OFTENER = `gateway, every ${OFTEN.every} s`;
const PEER = "modbus-serial";

const ABOUT = `The built program, registered, with ${LINKS} Modbus TCP links of ${UNITS} units each; of each unit ${LOAD.floats} floats are read every ${LOAD.every} seconds, and
are others each time; of one gateway every ${OFTEN.every} seconds. Nobody observes them. Half a minute after its registration. The peer is modbus-serial by itself, which reads the same.`;

export async function rest(): Promise<Result> {
  const registers = new Registers();
  try {
    const ports = await registers.listen(LINKS);
    const all = await interleaved(
      (directory) => [
        pollingGateway(ports, LOAD, `${directory}/gateway`),
        { ...pollingGateway(ports, OFTEN, `${directory}/often`), name: OFTENER },
        pollingPeer(ports, LOAD, `${directory}/peer`),
      ],
      measure,
    );
    const figures = figuresOf(all, GATEWAY);
    const peer = figuresOf(all, PEER);
    const often = figuresOf(all, OFTENER);
    const memory = figures["memory MB"];
    return {
      name: "rest",
      subject: GATEWAY,
      about: ABOUT,
      figures,
      variants: { [OFTENER]: often },
      peers: { [PEER]: peer },
      ratio: round(memory / peer["memory MB"], 2),
      goals: [
        {
          goal: "100 devices with 3,000 values at rest below 120 MB",
          reached: `${memory} MB`,
          met: memory < 120,
        },
        {
          goal: "100 devices polled every 5 s below 2 % of a core and 120 MB",
          reached: `${often["CPU %"]} %, ${often["memory MB"]} MB`,
          met: often["CPU %"] < 2 && often["memory MB"] < 120,
        },
      ],
    };
  } finally {
    registers.close();
  }
}

async function measure({ running: { pid } }: Bench) {
  await pause(SETTLE);
  const cpu = cpuTime(pid);
  await pause(WATCH);
  return {
    "memory MB": round(residentMemory(pid) * 1.048576, 1),
    "CPU %": round((cpuTime(pid) - cpu) / 1e4 / WATCH, 2),
  };
}
