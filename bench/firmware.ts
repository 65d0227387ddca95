/** How fast an image gets to a device: SMP over Bluetooth and on a serial line, and MQTT, each beside a bare loop over the same. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FirmwareImage } from "../src/adapter.ts";
import { hashOfFile, StoredFile } from "../src/firmware/stored-file.ts";
import { Mosquitto } from "../test/support/mosquitto.ts";
import { overBle, overMqtt, overSerial } from "./firmware/bare.ts";
import { onBle, onMqtt, onSerial, send } from "./firmware/ours.ts";
import type { Figures, Result } from "./result.ts";
import { ROUNDS } from "./run.ts";
import { medians, round } from "./statistics.ts";

const SIZE = 2 ** 20;
/** Times as long as the bare loop at most. */
const GOAL = 1.2;
const WAYS = ["SMP, Bluetooth", "SMP, serial", "MQTT push"] as const;
type WayName = (typeof WAYS)[number];

const ABOUT = `An image of 1 MiB from its file to a device that takes it at once, one request on its way at a time. SMP in packets of at most 384 bytes, 312 of
them image (Zephyr's usual buffer): over an emulated Bluetooth controller, behind the process of the stack and a pseudo-terminal, and between the
lines of a console on a pseudo-terminal; MQTT in messages of 1024 bytes through mosquitto, at QoS 1. The device is a process of its own.
The peer of each is a loop over the same transport and the same device: what it sends was made before, whatever comes is the answer, and nothing is
known of time-outs, numbers, offsets, files and turns.`;

interface Places {
  readonly directory: string;
  readonly broker: number;
  /** Of the round. */
  readonly number: number;
}

interface Measured {
  /** Milliseconds. */
  readonly ours: number;
  readonly bare: number;
}

export async function firmware(): Promise<Result> {
  const ends: (() => unknown)[] = [];
  const directory = mkdtempSync(join(tmpdir(), "lwm2m-gateway-bench-"));
  const broker = new Mosquitto({ after: (end) => ends.push(end) }, { log: "error" });
  try {
    await broker.start();
    const image = await anImage(directory);
    const rounds: Figures[] = [];
    // In the first, which does not count, both are compiled.
    for (let number = 0; number <= ROUNDS; number++) {
      const figures: Record<string, number> = {};
      for (const way of WAYS) {
        const { ours, bare } = await measured(way, image, { directory, broker: broker.port, number });
        Object.assign(figures, { [`${way} ms`]: ours, [`${way} ms, bare`]: bare });
      }
      process.stderr.write(`${number}/${ROUNDS}: ${JSON.stringify(figures)}\n`);
      if (number > 0) rounds.push(figures);
    }
    return result(medians(rounds));
  } finally {
    for (const end of ends.reverse()) end();
    rmSync(directory, { recursive: true });
  }
}

function result(figures: Figures): Result {
  const time = (way: WayName, suffix = ""): number => figures[`${way} ms${suffix}`] ?? Number.NaN;
  const ratios = WAYS.map((way) => ({ way, ratio: round(time(way) / time(way, ", bare"), 2) }));
  const rates = (suffix: string): Figures =>
    Object.fromEntries(WAYS.map((way) => [`${way} KiB/s`, round((SIZE / 1024 / time(way, suffix)) * 1000)]));
  return {
    name: "firmware",
    subject: "gateway's transfers",
    about: ABOUT,
    figures: rates(""),
    variants: {},
    peers: {
      "bare loop": rates(", bare"),
      "ours / bare, time": Object.fromEntries(ratios.map(({ way, ratio }) => [way, ratio])),
    },
    ratio: Math.max(...ratios.map(({ ratio }) => ratio)),
    goals: ratios.map(({ way, ratio }) => ({
      goal: `${way}: at most ${GOAL} times as long as a bare loop`,
      reached: `${ratio}`,
      met: ratio <= GOAL,
    })),
  };
}

/** Each with a device that knows nothing of an image yet. */
async function measured(way: WayName, image: FirmwareImage, { directory, broker, number }: Places): Promise<Measured> {
  /** A name of its own each time: one that was is gone only when socat has noticed. */
  const onPort = (kind: "ble" | "serial", name: string, work: (path: string) => Promise<number>): Promise<number> => {
    const path = join(directory, `${kind}-${number}-${name}`);
    return withPeer([kind, path], () => work(path));
  };
  const onBroker = (work: () => Promise<number>): Promise<number> => withPeer(["mqtt", String(broker)], work);
  switch (way) {
    case "SMP, Bluetooth":
      return {
        ours: await onPort("ble", "ours", (path) => send(onBle(path), image)),
        bare: await onPort("ble", "bare", (path) => overBle(path, image)),
      };
    case "SMP, serial":
      return {
        ours: await onPort("serial", "ours", (path) => send(onSerial(path), image)),
        bare: await onPort("serial", "bare", (path) => overSerial(path, image)),
      };
    case "MQTT push":
      return {
        ours: await onBroker(() => send(onMqtt(broker), image)),
        bare: await onBroker(() => overMqtt(broker, image)),
      };
  }
}

async function withPeer(args: readonly string[], work: () => Promise<number>): Promise<number> {
  const file = fileURLToPath(new URL("./firmware/peer.ts", import.meta.url));
  const peer = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(peer, "exit").then(([code]) => Promise.reject(new Error(`the device ended with ${code}`)));
  ended.catch(() => {});
  try {
    await Promise.race([once(peer.stdout, "data"), ended]);
    return await Promise.race([work(), ended]);
  } finally {
    await stop(peer);
  }
}

async function stop(peer: ChildProcess): Promise<void> {
  if (peer.exitCode !== null || peer.signalCode !== null) return;
  peer.kill("SIGTERM");
  await once(peer, "exit");
}

async function anImage(directory: string): Promise<FirmwareImage> {
  const file = join(directory, "image");
  writeFileSync(file, randomBytes(SIZE));
  return new StoredFile(file, { ...(await hashOfFile(file)) });
}
