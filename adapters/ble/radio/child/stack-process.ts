/**
 * The process of a Bluetooth stack: speaks with the daemon on the stream 3, and ends with it. What nobody catches here is told to the
 * daemon as far as that is possible, and ends this process alone.
 */
import { Socket } from "node:net";
import { type Clock, reasonOf, SECOND } from "../../../../src/adapter.ts";
import { Lines } from "../lines.ts";
import { type FromChild, lineOf, readToChild, type ToChild } from "../messages.ts";
import type { RadioOptions } from "../radio.ts";
import type { Backend, OpenBackend, Surroundings } from "./backend.ts";
import { Stack } from "./stack.ts";

const WIRE = 3;
/** What is not read is not said: advertisements come anew, and a daemon that is busy has no use for old ones. */
const MOST_UNREAD = 256 * 1024;
const LONGEST_PARTING = 2 * SECOND;

const clock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  at(time, task) {
    const timer = setTimeout(task, Math.max(0, time - performance.now()));
    return () => clearTimeout(timer);
  },
};

const wire = new Socket({ fd: WIRE, readable: true, writable: true });
let backend: Backend | undefined;
let stack: Stack | undefined;
let ending = false;

// A stop of the whole group of processes is for the daemon, which ends this one.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.on("uncaughtException", (error) => fail(`the Bluetooth stack failed: ${reasonOf(error)}`));
wire.on("error", () => process.exit(1));
wire.on("end", () => void part());
const lines = new Lines((line) => take(line));
wire.setEncoding("utf8").on("data", (chunk: string) => lines.push(chunk));

function take(line: string): void {
  const message = readToChild(line);
  if (message === undefined) {
    fail("the Bluetooth stack was asked what makes no sense");
    return;
  }
  switch (message.type) {
    case "open":
      void open(message);
      return;
    case "ping":
      say({ type: "pong", number: message.number });
      return;
    case "call":
      void stack?.call(message);
      return;
    default:
      message satisfies never;
  }
}

async function open(options: Extract<ToChild, { readonly type: "open" }>): Promise<void> {
  const surroundings: Surroundings = {
    clock,
    log: { debug: (fields, message) => say({ type: "debug", message: `${message} ${JSON.stringify(fields)}` }) },
  };
  const listener = {
    onAdvertisement: (advertisement: Parameters<typeof hear>[0]) => hear(advertisement),
    onGone: fail,
  };
  try {
    const openBackend = await opener(options);
    backend = await openBackend(options, listener, surroundings);
    stack = new Stack(backend, clock, { say, onStuck: fail });
    say({ type: "ready" });
  } catch (error) {
    fail(reasonOf(error));
  }
}

/** One of them is needed, and the other would cost memory. */
async function opener({ backend: { kind } }: RadioOptions): Promise<OpenBackend> {
  if (kind === "bluez") return (await import("./bluez/bluez-backend.ts")).openBluez;
  return (await import("./hci/hci-backend.ts")).openHci;
}

function hear(advertisement: Extract<FromChild, { readonly type: "advertisement" }>["advertisement"]): void {
  if (wire.writableLength < MOST_UNREAD) say({ type: "advertisement", advertisement });
}

function say(message: FromChild): void {
  if (!ending) wire.write(lineOf(message));
}

/** The last word. */
function fail(reason: string): void {
  if (ending) return;
  ending = true;
  wire.end(lineOf({ type: "unavailable", reason }), () => process.exit());
}

/** The daemon is gone, or does not need us any more. */
async function part(): Promise<void> {
  ending = true;
  clock.at(clock.monotonic() + LONGEST_PARTING, () => process.exit());
  try {
    await backend?.close();
  } finally {
    process.exit();
  }
}
