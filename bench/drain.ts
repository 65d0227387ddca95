/** An hour of a thousand devices waits in the history: how fast a server gets it, in order and complete, by Send and by notification. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator } from "./load/generator.ts";
import type { Goal, Result } from "./result.ts";
import { pause } from "./run.ts";
import { round } from "./statistics.ts";
import { pathsOf, SERVER, waitingGateway } from "./subjects/gateway.ts";
import { Running } from "./subjects/subject.ts";
import { fillHistory } from "./subjects/waiting.ts";

const DEVICES = 1000;
/** One a second. */
const SAMPLES = 3600;
const GOAL = 10_000;
/** Until it has registered and begun, in milliseconds: the delay of the event loop counts from then on. */
const START = 2000;

const ABOUT = `${DEVICES} devices, each observed at one float32, and an hour of a sample a second waits of each: ${(DEVICES * SAMPLES).toLocaleString("en")} samples,
written by the real store, of which each way gets a copy. The gateway starts, registers over UDP on loopback, and the server takes
what waited: by Send (\`history: send\`), many devices in a message; or by notification (\`history: notify\`), after it has observed all
paths in SenML CBOR. NSTART is 1, a message has at most 1024 bytes, and each is acknowledged at once. The server looks at each
sample: the next of its path must be a second younger. One run each way.`;

export async function drain(): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "lwm2m-gateway-bench-"));
  try {
    const since = Math.floor(Date.now() / 1000) * 1000 - SAMPLES * 1000;
    const filled = join(directory, "filled");
    await fillHistory(filled, { server: SERVER, paths: pathsOf(DEVICES), samples: SAMPLES, since });
    const send = await drained("send", { directory: join(directory, "send"), filled, since });
    const notify = await drained("notify", { directory: join(directory, "notify"), filled, since });
    return result(send, notify);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Filled {
  readonly directory: string;
  readonly filled: string;
  readonly since: number;
}

async function drained(way: "send" | "notify", { directory, filled, since }: Filled) {
  const subject = waitingGateway({ devices: DEVICES, what: way, history: way, filled }, directory);
  const generator = new Generator();
  const running = new Running(subject, await generator.listen());
  const { pid } = running;
  try {
    const order = { paths: subject.paths, samples: SAMPLES, since, observe: way === "notify", pid };
    const failure = running.failure();
    failure.catch(() => {});
    const drained = generator.drain(order);
    await Promise.race([pause(START), failure]);
    running.beginDelay();
    const figures = await Promise.race([drained, failure]);
    const delay = await running.endDelay();
    process.stderr.write(`${way}: ${JSON.stringify(figures)}\n`);
    return {
      "samples/s": figures.perSecond,
      seconds: figures.seconds,
      messages: figures.messages,
      "CPU %": round(figures.cpu * 100, 1),
      "generator's CPU %": round(figures.generatorCpu * 100, 1),
      "delay p99 ms": round(delay.p99, 2),
      "delay p99.9 ms": round(delay.p999, 2),
      samples: figures.count,
      missing: figures.missing,
      "out of order": figures.disorder,
    };
  } finally {
    await running.stop();
    generator.close();
  }
}

type Drained = Awaited<ReturnType<typeof drained>>;

function result(send: Drained, notify: Drained): Result {
  const faults = [send, notify].map((figures) => figures.missing + figures["out of order"]);
  const goal = (way: string, figures: Drained): Goal => {
    const rate = figures["samples/s"];
    return {
      goal: `an hour of ${DEVICES} devices drained ${way} at 10,000 samples a second or more`,
      reached: rate.toLocaleString("en"),
      met: rate >= GOAL,
    };
  };
  return {
    name: "drain",
    subject: "gateway, by Send",
    about: ABOUT,
    figures: send,
    variants: { "gateway, by notification": notify },
    peers: {},
    ratio: null,
    goals: [
      goal("by Send", send),
      goal("by notification", notify),
      {
        goal: "none missing, in order, either way",
        reached: faults.join(" and "),
        met: faults.every((count) => count === 0),
      },
    ],
  };
}
