/** How fast an image gets to a device: SMP over Bluetooth and on a serial line, and MQTT, each beside a bare loop over the same. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../src/clock.ts";
import type { StoredImage } from "../src/firmware/images.ts";
import { KeptFirmwares, type KeptOwner } from "../src/firmware/kept-firmware.ts";
import { hashOfFile, StoredFile } from "../src/firmware/stored-file.ts";
import { silentLogger } from "../src/log.ts";
import { openStore, type Store } from "../src/store/store.ts";
import { Mosquitto } from "../test/support/mosquitto.ts";
import { overBle, overMqtt, overSerial } from "./firmware/bare.ts";
import { onBle, onMqtt, onSerial, send } from "./firmware/ours.ts";
import { DEVICE } from "./firmware/places.ts";
import type { Took } from "./firmware/took.ts";
import type { Figures, Result } from "./result.ts";
import { medians, round } from "./statistics.ts";

const SIZE = 2 ** 20;
/** Of which the medians are taken. */
const ROUNDS = 11;
/** Times as long as the bare loop at most. */
const GOAL = 1.2;
const WAYS = ["SMP, Bluetooth", "SMP, serial", "MQTT push"] as const;
type WayName = (typeof WAYS)[number];

const ABOUT = `An image of 1 MiB to a device that takes it at once, one request on its way at a time, in ${ROUNDS} rounds. SMP in packets of at most 384
bytes, 312 of them image (Zephyr's usual buffer): over an emulated Bluetooth controller, behind the process of the stack and a
pseudo-terminal, and between the lines of a console on a pseudo-terminal; MQTT in messages of 1024 bytes at QoS 1 through mosquitto,
where each waits for what the device says and not for the broker. The device is a process of its own. Ours is a job with its transfer over
an attached device, from the first byte to the last answer: the image comes from its file, and how far it is goes to the store on the
disk. The peer of each is a loop over the same transport to the same device: the image is in memory, requests are made and answers read
as the protocol says, and nothing is known of time-outs, repetitions, turns and restarts. In every other round it comes first. CPU is
that of the process that sends, all its threads: without the device, the broker and the process of the Bluetooth stack.`;

interface World {
  readonly directory: string;
  readonly broker: number;
  readonly image: StoredImage;
  readonly kept: KeptOwner;
}

interface Measured {
  readonly ours: Took;
  readonly bare: Took;
}

export async function firmware(): Promise<Result> {
  const ends: (() => unknown)[] = [];
  const directory = mkdtempSync(join(tmpdir(), "lwm2m-gateway-bench-"));
  const broker = new Mosquitto({ after: (end) => ends.push(end) }, { log: "error" });
  const store = await openStore({ directory: join(directory, "state"), log: silentLogger });
  try {
    await broker.start();
    const [image, kept] = [await anImage(directory), await aRow(store)];
    const rounds: Figures[] = [];
    // In the first, which does not count, both are compiled.
    for (let number = 0; number <= ROUNDS; number++) {
      const figures = await aRound({ directory, broker: broker.port, image, kept }, number);
      process.stderr.write(`${number}/${ROUNDS}: ${JSON.stringify(figures)}\n`);
      if (number > 0) rounds.push(figures);
    }
    return result(medians(rounds));
  } finally {
    await store.close();
    for (const end of ends.reverse()) end();
    rmSync(directory, { recursive: true });
  }
}

async function aRound(world: World, number: number): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const way of WAYS) {
    const { ours, bare } = await measured(way, world, number);
    figures[`${way} ms`] = round(ours.time);
    figures[`${way} ms, bare`] = round(bare.time);
    figures[`${way} CPU ms`] = round(ours.processor);
    figures[`${way} CPU ms, bare`] = round(bare.processor);
  }
  return figures;
}

function result(figures: Figures): Result {
  const figure = (name: string): number => figures[name] ?? Number.NaN;
  const compared = (what: string, way: WayName): number =>
    round(figure(`${way} ${what}`) / figure(`${way} ${what}, bare`), 2);
  const ratios = WAYS.map((way) => ({ way, ratio: compared("ms", way) }));
  const shown = (suffix: string): Figures =>
    Object.fromEntries(
      WAYS.flatMap((way) => [
        [`${way} KiB/s`, round((SIZE / 1024 / figure(`${way} ms${suffix}`)) * 1000)],
        [`${way} CPU ms`, round(figure(`${way} CPU ms${suffix}`))],
      ]),
    );
  const divided = WAYS.flatMap((way) => [
    [`${way} KiB/s`, compared("ms", way)],
    [`${way} CPU ms`, compared("CPU ms", way)],
  ]);
  return {
    name: "firmware",
    subject: "gateway's transfers",
    about: ABOUT,
    figures: shown(""),
    variants: {},
    peers: { "bare loop": shown(", bare"), "ours / bare, time": Object.fromEntries(divided) },
    ratio: Math.max(...ratios.map(({ ratio }) => ratio)),
    goals: ratios.map(({ way, ratio }) => ({
      goal: `${way}: at most ${GOAL} times as long as a bare loop`,
      reached: `${ratio}`,
      met: ratio <= GOAL,
    })),
  };
}

/** Each with a device that knows nothing of an image yet. */
async function measured(way: WayName, { directory, broker, image, kept }: World, number: number): Promise<Measured> {
  /** A name of its own each time: one that was is gone only when socat has noticed. */
  const onPort = (kind: "ble" | "serial", name: string, work: (path: string) => Promise<Took>) => (): Promise<Took> => {
    const path = join(directory, `${kind}-${number}-${name}`);
    return withPeer([kind, path], () => work(path));
  };
  const onBroker = (work: () => Promise<Took>) => (): Promise<Took> => withPeer(["mqtt", String(broker)], work);
  switch (way) {
    case "SMP, Bluetooth":
      return inTurn(number, {
        ours: onPort("ble", "ours", (path) => send(onBle(path), image, kept)),
        bare: onPort("ble", "bare", (path) => overBle(path, image)),
      });
    case "SMP, serial":
      return inTurn(number, {
        ours: onPort("serial", "ours", (path) => send(onSerial(path), image, kept)),
        bare: onPort("serial", "bare", (path) => overSerial(path, image)),
      });
    case "MQTT push":
      return inTurn(number, {
        ours: onBroker(() => send(onMqtt(broker), image, kept)),
        bare: onBroker(() => overMqtt(broker, image)),
      });
  }
}

/** What is first differs from round to round. */
async function inTurn(
  number: number,
  { ours, bare }: { readonly ours: () => Promise<Took>; readonly bare: () => Promise<Took> },
): Promise<Measured> {
  if (number % 2 === 0) return { ours: await ours(), bare: await bare() };
  const first = await bare();
  return { ours: await ours(), bare: first };
}

async function withPeer(args: readonly string[], work: () => Promise<Took>): Promise<Took> {
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

async function aRow(store: Store): Promise<KeptOwner> {
  await store.assignDevices([{ id: DEVICE }]);
  const kept = new KeptFirmwares({ store, clock: systemClock, log: silentLogger });
  await kept.load();
  return kept.of(DEVICE);
}

async function anImage(directory: string): Promise<StoredImage> {
  const file = join(directory, "image");
  writeFileSync(file, randomBytes(SIZE));
  return new StoredFile(file, { ...(await hashOfFile(file)) });
}
