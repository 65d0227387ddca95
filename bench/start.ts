/** From the start of the process to its registration, everything read and checked, 1000 devices in the object list. */
import { cpuTime, residentMemory } from "./process-figures.ts";
import type { Result } from "./result.ts";
import { type Bench, figuresOf, interleaved } from "./run.ts";
import { round } from "./statistics.ts";
import { gateway } from "./subjects/gateway.ts";
import { PEERS, peer } from "./subjects/peers.ts";

const MANY = "gateway, 1000 devices";
const FEW = "gateway, 2 devices";

const ABOUT = `From the start of the process to the last block of its Register, from an empty state directory: the sources as they
are (Node takes their types away, and keeps compiled code from the first round on), the configuration read and checked, a
place given to every device. Processor time and memory are those at that moment. The peers have one sensor each, and no configuration.`;

export async function start(): Promise<Result> {
  const all = await interleaved(
    (directory) => [
      gateway(1000, `${directory}/many`),
      gateway(2, `${directory}/few`),
      ...PEERS.map((name) => peer(name, directory)),
    ],
    measure,
  );
  const many = figuresOf(all, MANY);
  const best = Math.min(...PEERS.map((name) => figuresOf(all, name)["registered ms"]));
  return {
    name: "start",
    about: ABOUT,
    figures: many,
    variants: { [FEW]: figuresOf(all, FEW) },
    peers: Object.fromEntries(PEERS.map((name) => [name, figuresOf(all, name)])),
    ratio: round(many["registered ms"] / best, 2),
    goals: [
      {
        goal: "registered within a second of the start, 1000 devices",
        reached: `${many["registered ms"]} ms`,
        met: many["registered ms"] < 1000,
      },
    ],
  };
}

async function measure({ running, registration }: Bench) {
  return {
    "registered ms": round(registration.completeAt - running.spawnedAt),
    "CPU ms": round(cpuTime(running.pid) / 1e6),
    "memory MiB": round(residentMemory(running.pid), 1),
    "Register bytes": registration.bytes,
    "Register blocks": registration.blocks,
  };
}
