/** From the start of the process to its registration, everything read and checked, 1000 devices in the object list. */

import { cpuTime, residentMemory } from "./process-figures.ts";
import { goals, type Result } from "./result.ts";
import { type Bench, figuresOf, interleaved } from "./run.ts";
import { round } from "./statistics.ts";
import { gateway } from "./subjects/gateway.ts";
import { PEERS, peer } from "./subjects/peers.ts";

export async function start(): Promise<Result> {
  const all = await interleaved(
    (directory) => [
      gateway(1000, `${directory}/many`),
      gateway(2, `${directory}/few`),
      ...PEERS.map((name) => peer(name, directory)),
    ],
    measure,
  );
  const many = figuresOf(all, "gateway, 1000 devices");
  const few = figuresOf(all, "gateway, 2 devices");
  const peers = Object.fromEntries(PEERS.map((name) => [name, figuresOf(all, name)]));
  const best = Math.min(...PEERS.map((name) => figuresOf(all, name).registered));
  return {
    name: "start",
    figures: {
      ...many,
      ...Object.fromEntries(Object.entries(few).map(([name, value]) => [`${name} with 2 devices`, value])),
    },
    peers,
    ratio: round(many.registered / best, 2),
    ...goals([{ text: `registered within 1000 ms (${many.registered})`, met: many.registered < 1000 }]),
  };
}

async function measure({ running, registration }: Bench) {
  return {
    registered: round(registration.completeAt - running.spawnedAt),
    cpu: round(cpuTime(running.pid) / 1e6),
    memory: round(residentMemory(running.pid), 1),
    "register bytes": registration.bytes,
    "register blocks": registration.blocks,
    "register links": registration.links,
    "register duration": round(registration.completeAt - registration.firstBlockAt, 1),
  };
}
