/** How many reads of a device's resource the gateway answers, beside programs that answer a GET with a fixed value. */
import type { Result } from "./result.ts";
import { type Bench, figuresOf, interleaved, pause } from "./run.ts";
import { round } from "./statistics.ts";
import { gateway, securedGateway } from "./subjects/gateway.ts";
import { PEERS, peer } from "./subjects/peers.ts";

/** Until every simulated device has been polled once, in milliseconds. */
const SETTLE = 3000;
/** Until what V8 compiles while it runs is compiled. */
const WARM_UP = { window: 32, count: 200_000, limit: 8000 };
const WINDOW_32 = { window: 32, count: 60_000, limit: 2000 };
const WINDOW_1 = { window: 1, count: 60_000, limit: 1500 };

const MANY = "gateway, 1000 devices";
const FEW = "gateway, 2 devices";
const SECURED = ["DTLS", "DTLS with Connection ID"] as const;

const ABOUT = `Reads of \`/<prefix>/3303/0/5700\` (Sensor Value of Temperature), the prefixes in turn, as text, confirmable, 32
requests under way and then 1. The devices of the gateway are simulated and polled every five seconds, with what that costs.
Over DTLS the same is read with TLS_PSK_WITH_AES_128_CCM_8, from the addon's side for tests in the load generator.
node-coap answers every GET with a constant; coap-node and lwm2m-node-lib are LwM2M clients with one sensor. The delay is that
of the event loop of the program that answers, while 32 requests are under way.`;

export async function read(): Promise<Result> {
  const all = await interleaved(
    (directory) => [
      gateway(1000, `${directory}/many`),
      gateway(2, `${directory}/few`),
      ...SECURED.map((security) => securedGateway(1000, security, `${directory}/${security}`)),
      ...PEERS.map((name) => peer(name, directory)),
    ],
    measure,
  );
  const many = figuresOf(all, MANY);
  const few = figuresOf(all, FEW);
  const best = Math.max(...PEERS.map((name) => figuresOf(all, name)["reads/s"]));
  const ratio = round(many["reads/s"] / best, 2);
  const difference = round((few["reads/s"] / many["reads/s"] - 1) * 100, 1);
  const secured = SECURED.map((security) => figuresOf(all, `${MANY}, ${security}`));
  const failed = [many, few, ...secured].reduce((sum, figures) => sum + figures.failed, 0);
  return {
    name: "read",
    about: ABOUT,
    figures: many,
    variants: { [FEW]: few, ...Object.fromEntries(SECURED.map((name, i) => [name, secured[i] ?? {}])) },
    peers: Object.fromEntries(PEERS.map((name) => [name, figuresOf(all, name)])),
    ratio,
    goals: [
      {
        goal: "at least 30,000 reads a second, window 32, 1000 devices",
        reached: many["reads/s"].toLocaleString("en"),
        met: many["reads/s"] >= 30_000,
      },
      { goal: "at least 1.3 times the best peer", reached: `${ratio}`, met: ratio >= 1.3 },
      { goal: "with 2 devices within 10 % of that", reached: `${difference} %`, met: Math.abs(difference) <= 10 },
      {
        goal: "event loop late by less than 20 ms at p99.9",
        reached: `${many["delay p99.9 ms"]} ms`,
        met: many["delay p99.9 ms"] < 20,
      },
      ...SECURED.map((security, i) => {
        const part = round((100 * (secured[i]?.["reads/s"] ?? 0)) / many["reads/s"], 1);
        return { goal: `over ${security} at least 60 % of that`, reached: `${part} %`, met: part >= 60 };
      }),
      { goal: "no read without its value", reached: `${failed}`, met: failed === 0 },
    ],
  };
}

async function measure({ subject, running, generator }: Bench) {
  const { paths, takesStrangers: newPort } = subject;
  const { pid } = running;
  await pause(SETTLE);
  await generator.reads({ paths, pid, newPort, ...WARM_UP });
  running.beginDelay();
  const wide = await generator.reads({ paths, pid, newPort, ...WINDOW_32 });
  const delay = await running.endDelay();
  const narrow = await generator.reads({ paths, pid, newPort, ...WINDOW_1 });
  return {
    "reads/s": wide.perSecond,
    "p50 µs": wide.p50,
    "p99 µs": wide.p99,
    "p99.9 µs": wide.p999,
    "CPU µs/read": wide.cpu,
    "generator's CPU µs/read": wide.generatorCpu,
    "delay p99 ms": round(delay.p99, 2),
    "delay p99.9 ms": round(delay.p999, 2),
    "window 1: reads/s": narrow.perSecond,
    "window 1: p50 µs": narrow.p50,
    "window 1: p99 µs": narrow.p99,
    "window 1: CPU µs/read": narrow.cpu,
    failed: wide.failed + narrow.failed,
  };
}
