/** From the start of the process to its registration, everything read and checked, 1000 devices in the object list. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SECOND } from "../src/clock.ts";
import { cpuTime, residentMemory } from "./process-figures.ts";
import type { Result } from "./result.ts";
import { type Bench, figuresOf, interleaved } from "./run.ts";
import { round } from "./statistics.ts";
import { built, builtGateway, gateway, pathsOf, SERVER, waitingGateway } from "./subjects/gateway.ts";
import { PEERS, peer } from "./subjects/peers.ts";
import { fillHistory } from "./subjects/waiting.ts";

const MANY = "gateway, 1000 devices, built";
const SOURCES = "gateway, 1000 devices";
const FEW = "gateway, 2 devices";
const BUILT = "gateway, 100 devices, built";
const MILLION = "a million entries waiting";
const WAITING = `gateway, 1000 devices, ${MILLION}, built`;

const DEVICES = 1000;
/** That wait of each. */
const SAMPLES = 1000;

const ABOUT = `From the start of the process to the last block of its Register, from an empty state directory: the
configuration read and checked, a place given to every device. The program is the built one, as it is installed; two gateways are
the sources as they are, whose types Node takes away (it keeps compiled code from the first round on). In the history of one gateway a thousand samples of each device wait; its devices have one value each. Processor time and memory are those at that moment. The peers have one sensor
each, and no configuration.`;

export async function start(): Promise<Result> {
  const filled = mkdtempSync(join(tmpdir(), "lwm2m-gateway-bench-"));
  try {
    return await measured(filled);
  } finally {
    rmSync(filled, { recursive: true });
  }
}

async function measured(filled: string): Promise<Result> {
  const since = Math.floor(Date.now() / SECOND - SAMPLES) * SECOND;
  await fillHistory(filled, { server: SERVER, paths: pathsOf(DEVICES), samples: SAMPLES, since });
  const all = await interleaved(
    (directory) => [
      builtGateway(DEVICES, `${directory}/many`),
      gateway(DEVICES, `${directory}/sources`),
      gateway(2, `${directory}/few`),
      builtGateway(100, `${directory}/built`),
      built(waitingGateway({ devices: DEVICES, what: MILLION, history: "send", filled }, `${directory}/waiting`)),
      ...PEERS.map((name) => peer(name, directory)),
    ],
    measure,
  );
  const many = figuresOf(all, MANY);
  const waiting = figuresOf(all, WAITING);
  const hundred = figuresOf(all, BUILT);
  const best = Math.min(...PEERS.map((name) => figuresOf(all, name)["registered ms"]));
  return {
    name: "start",
    subject: MANY,
    about: ABOUT,
    figures: many,
    variants: {
      [SOURCES]: figuresOf(all, SOURCES),
      [FEW]: figuresOf(all, FEW),
      [BUILT]: hundred,
      [WAITING]: waiting,
    },
    peers: Object.fromEntries(PEERS.map((name) => [name, figuresOf(all, name)])),
    ratio: round(many["registered ms"] / best, 2),
    goals: [
      {
        goal: "registered within a second of the start, 1000 devices",
        reached: `${many["registered ms"]} ms`,
        met: many["registered ms"] < 1000,
      },
      {
        goal: "and so with a million entries waiting",
        reached: `${waiting["registered ms"]} ms`,
        met: waiting["registered ms"] < 1000,
      },
      {
        goal: "registered within 1.5 seconds, 100 devices",
        reached: `${hundred["registered ms"]} ms`,
        met: hundred["registered ms"] < 1500,
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
