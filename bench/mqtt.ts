/** How many MQTT messages a second become values of objects, and what that costs. */
import { Mosquitto } from "../test/support/mosquitto.ts";
import { MessageStream } from "./message-stream.ts";
import { cpuTime, residentMemory } from "./process-figures.ts";
import type { Result } from "./result.ts";
import { type Bench, figuresOf, interleaved, pause } from "./run.ts";
import { round } from "./statistics.ts";
import { bareSubscriber, listeningGateway, Publisher } from "./subjects/messages.ts";

const DEVICES = 200;
const GATEWAY = "gateway";
const PEER = "mqtt";
/** Until it has subscribed, and what is compiled while it runs is compiled. In milliseconds. */
const SETTLE = 3000;
const WARM_UP = 100_000;
const RATE = 20_000;
/** How long at that rate, in seconds; the gateway twice. */
const SPELL = 30;
const MILLION = 1_000_000;
const MOST_LAG = 1000;
const MOST_GROWTH = 5;

const ABOUT = `Messages of some 80 bytes of JSON, as Zigbee2MQTT has them, of ${DEVICES} devices in turn, through mosquitto at QoS 0. The gateway (the built
program) makes four values and the link quality of each. The peer is the package mqtt by itself, on which the gateway stands too: it subscribes,
parses the JSON and keeps the newest of each topic: no conversion, no objects. A message has arrived once an LwM2M read of it, or
a GET at the peer, says so. First 20,000 a second for half a minute, of the gateway for another one, whose memory is looked at after
each; then a million as fast as they are taken. Publisher, broker and subject share the cores of the machine. Processor time is that of all threads.`;

export async function mqtt(): Promise<Result> {
  const ends: (() => unknown)[] = [];
  // Nothing is thrown away before it is delivered.
  const broker = new Mosquitto({ after: (end) => ends.push(end) }, { lines: ["max_queued_messages 0"], log: "error" });
  try {
    await broker.start();
    const publisher = await Publisher.connect(broker.port, DEVICES);
    ends.push(() => publisher.close());
    const ours = (directory: string) => listeningGateway(broker.port, DEVICES, `${directory}/gateway`);
    const theirs = (directory: string) => bareSubscriber(broker.port, `${directory}/peer`);
    const all = await interleaved(
      (directory) => [ours(directory), theirs(directory)],
      (bench) => measured(bench, new MessageStream(publisher, bench.generator)),
    );
    return result(figuresOf(all, GATEWAY), figuresOf(all, PEER));
  } finally {
    for (const end of ends.reverse()) end();
  }
}

type MqttFigures = Awaited<ReturnType<typeof measured>>;

function result(figures: MqttFigures, peer: MqttFigures): Result {
  const rate = figures["messages/s"];
  const ratio = round(rate / peer["messages/s"], 2);
  const { "growth MiB": growth } = figures;
  return {
    name: "mqtt",
    subject: GATEWAY,
    about: ABOUT,
    figures,
    variants: {},
    peers: { [PEER]: peer },
    ratio,
    goals: [
      { goal: "at least 20,000 MQTT messages a second", reached: rate.toLocaleString("en"), met: rate >= 20_000 },
      { goal: "and at least half as many as the package mqtt by itself", reached: `${ratio}`, met: ratio >= 0.5 },
      {
        goal: `20,000 a second for ${SPELL} seconds: the last one has arrived within ${MOST_LAG} ms`,
        reached: `${figures["lag ms"]} ms at ${figures["CPU %"]} %`,
        met: figures["lag ms"] <= MOST_LAG,
      },
      {
        goal: `another ${SPELL} seconds take at most ${MOST_GROWTH} MiB of memory more`,
        reached: `${growth} MiB`,
        met: growth <= MOST_GROWTH,
      },
    ],
  };
}

async function measured({ subject, running }: Bench, stream: MessageStream) {
  const { pid } = running;
  await pause(SETTLE);
  await stream.arrived(await stream.send({ count: WARM_UP }));
  running.beginDelay();
  const steady = await steadily(stream, pid);
  const delay = await running.endDelay();
  const level = residentMemory(pid);
  // The peer's memory is not in question.
  if (subject.name === GATEWAY) await steadily(stream, pid);
  const grown = residentMemory(pid) - level;
  const [cpu, since] = [cpuTime(pid), performance.now()];
  await stream.flatOut(MILLION);
  const [cpuAfter, elapsed] = [cpuTime(pid), performance.now() - since];
  return {
    "messages/s": round((1000 * MILLION) / elapsed),
    "CPU µs a message": round((cpuAfter - cpu) / 1e3 / MILLION, 1),
    "CPU %": round(steady.cpu, 1),
    "lag ms": round(steady.lag),
    "delay p99.9 ms": round(delay.p999, 2),
    "memory MiB": round(level, 1),
    "growth MiB": round(grown, 1),
    "memory after the million MiB": round(residentMemory(pid), 1),
  };
}

async function steadily(stream: MessageStream, pid: number) {
  const [cpu, since] = [cpuTime(pid), performance.now()];
  const sent = await stream.send({ perSecond: RATE, count: RATE * SPELL });
  const used = (cpuTime(pid) - cpu) / 1e4 / (performance.now() - since);
  return { cpu: used, lag: (await stream.arrived(sent)) - sent.lastAt };
}
