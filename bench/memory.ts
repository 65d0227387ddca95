/** What a long load leaves behind: resident memory after one and after two million reads. */
import { residentMemory } from "./process-figures.ts";
import { goals, type Result } from "./result.ts";
import { type Bench, figuresOf, interleaved, pause } from "./run.ts";
import { round } from "./statistics.ts";
import { gateway } from "./subjects/gateway.ts";
import { PEERS, peer } from "./subjects/peers.ts";

/** Until every simulated device has been polled, and polled again, in milliseconds. */
const SETTLE = 8000;
const MILLION = { window: 32, count: 1_000_000, limit: 180_000 };
/** Of the peers: node-coap keeps 5 KB of each request for four minutes, and would not live to see the million. */
const FOR_PEERS = { window: 32, count: 50_000, limit: 20_000 };

export async function memory(): Promise<Result> {
  const ours = await interleaved((directory) => [gateway(1000, `${directory}/many`)], million);
  const theirs = await interleaved((directory) => PEERS.map((name) => peer(name, directory)), fewer);
  const figures = figuresOf(ours, "gateway, 1000 devices");
  return {
    name: "memory",
    figures,
    peers: Object.fromEntries(theirs),
    ratio: null,
    ...goals([
      { text: `at most 64 MiB above idle (${figures.growth})`, met: figures.growth <= 64 },
      {
        text: `at most 5 MiB more in the second million (${figures["second million"]})`,
        met: figures["second million"] <= 5,
      },
    ]),
  };
}

async function million({ subject, running, generator }: Bench) {
  const { paths } = subject;
  const { pid } = running;
  await pause(SETTLE);
  const idle = residentMemory(pid);
  const first = await generator.reads({ paths, pid, newPort: false, ...MILLION });
  const afterOne = residentMemory(pid);
  const second = await generator.reads({ paths, pid, newPort: false, ...MILLION });
  const afterTwo = residentMemory(pid);
  return {
    idle: round(idle, 1),
    "after one million": round(afterOne, 1),
    "after two million": round(afterTwo, 1),
    growth: round(Math.max(afterOne, afterTwo) - idle, 1),
    "second million": round(afterTwo - afterOne, 1),
    perSecond: round((first.perSecond + second.perSecond) / 2),
    reads: first.count + second.count,
    failed: first.failed + second.failed,
  };
}

async function fewer({ subject, running, generator }: Bench) {
  const { pid } = running;
  await pause(1000);
  const idle = residentMemory(pid);
  const reads = await generator.reads({ paths: subject.paths, pid, newPort: true, ...FOR_PEERS });
  const after = residentMemory(pid);
  return { idle: round(idle, 1), after: round(after, 1), growth: round(after - idle, 1), reads: reads.count };
}
