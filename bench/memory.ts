/** What a long load leaves behind: resident memory after one and after two million reads. */
import { cpuTime, residentMemory } from "./process-figures.ts";
import type { Result } from "./result.ts";
import { type Bench, figuresOf, interleaved, pause } from "./run.ts";
import { round } from "./statistics.ts";
import { gateway } from "./subjects/gateway.ts";
import { PEERS, peer } from "./subjects/peers.ts";

const MANY = "gateway, 1000 devices";
/** Until every simulated device has been polled, and then how long it is watched, in milliseconds. */
const SETTLE = 3000;
const WATCH = 5000;
const MILLION = { window: 32, count: 1_000_000, limit: 180_000 };
const FOR_PEERS = { window: 32, count: 50_000, limit: 20_000 };

const ABOUT = `Resident memory of the process, idle (every device polled at least once) and after reads with 32 under way. The peers get
50,000 reads: node-coap keeps about 5 KB of each for four minutes, and would not live to see a million. \`idle CPU\` is what
polling 1000 devices every five seconds takes of one core while nobody reads.`;

export async function memory(): Promise<Result> {
  const ours = await interleaved((directory) => [gateway(1000, `${directory}/many`)], millions);
  const theirs = await interleaved((directory) => PEERS.map((name) => peer(name, directory)), fewer);
  const figures = figuresOf(ours, MANY);
  const second = figures["second million MiB"];
  return {
    name: "memory",
    about: ABOUT,
    figures,
    variants: {},
    peers: Object.fromEntries(theirs),
    ratio: null,
    goals: [
      {
        goal: "after two million reads at most 64 MiB above idle",
        reached: `${figures["growth MiB"]} MiB`,
        met: figures["growth MiB"] <= 64,
      },
      { goal: "of which in the second million at most 5 MiB", reached: `${second} MiB`, met: second <= 5 },
    ],
  };
}

async function millions({ subject, running, generator }: Bench) {
  const { paths } = subject;
  const { pid } = running;
  await pause(SETTLE);
  const cpu = cpuTime(pid);
  await pause(WATCH);
  const idleCpu = (cpuTime(pid) - cpu) / 1e6 / WATCH;
  const idle = residentMemory(pid);
  const first = await generator.reads({ paths, pid, newPort: false, ...MILLION });
  const afterOne = residentMemory(pid);
  const second = await generator.reads({ paths, pid, newPort: false, ...MILLION });
  const afterTwo = residentMemory(pid);
  return {
    "idle CPU %": round(idleCpu * 100, 1),
    "idle MiB": round(idle, 1),
    "after one million MiB": round(afterOne, 1),
    "after two million MiB": round(afterTwo, 1),
    "growth MiB": round(Math.max(afterOne, afterTwo) - idle, 1),
    "second million MiB": round(afterTwo - afterOne, 1),
    reads: first.count + second.count,
    "reads/s": round((first.perSecond + second.perSecond) / 2),
    failed: first.failed + second.failed,
  };
}

async function fewer({ subject, running, generator }: Bench) {
  const { pid } = running;
  await pause(1000);
  const idle = residentMemory(pid);
  const reads = await generator.reads({ paths: subject.paths, pid, newPort: true, ...FOR_PEERS });
  const growth = residentMemory(pid) - idle;
  return { "idle MiB": round(idle, 1), "growth MiB": round(growth, 1), reads: reads.count };
}
