/** The process in which a Bluetooth stack runs: started, listened to, ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { Duplex, type Readable } from "node:stream";
import { type AdapterContext, type Logger, MINUTE, type Millis } from "../../../src/adapter.ts";
import { Lines } from "./lines.ts";
import { type FromChild, lineOf, readFromChild, type ToChild } from "./messages.ts";

export interface ChildListener {
  onMessage(message: FromChild): void;
  /** It said what is no message. Called once; what follows is not listened to. */
  onGarbage(line: string): void;
  /** Called once, at last. */
  onEnd(reason: string): void;
}

/** A process that was started, and what can be done to it. */
export interface StackProcess {
  send(message: ToChild): void;
  /** It is alone from now on, puts in order what it has begun, and ends. */
  part(): void;
  kill(): void;
}

/** The stack holds what is in flight alone: what it would need more is a fault, and it begins anew. */
const HEAP = "--max-old-space-size=48";
/** Lines of a stack that has much to say, in a minute. */
const MOST_LINES = 20;
const LONGEST_SHOWN = 300;

export class ChildOfOurs implements StackProcess {
  private readonly process: ChildProcess;
  private readonly wire: Duplex | undefined;
  private ended = false;

  /** `program`: the file that it runs. */
  constructor(program: string, listener: ChildListener, { log, clock }: Pick<AdapterContext, "log" | "clock">) {
    // A stream of our own, not Node's channel for processes: that one throws in the daemon, where nobody can catch it, if what comes is
    // no JSON. The environment is ours.
    this.process = spawn(process.execPath, [HEAP, program], { stdio: ["ignore", "pipe", "pipe", "pipe"] });
    const shown = new Shown(log, clock);
    for (const stream of [this.process.stdout, this.process.stderr]) {
      if (stream !== null) eachLine(stream, (line) => shown.line(line));
    }
    const wire = this.process.stdio[3];
    this.wire = wire instanceof Duplex ? wire : undefined;
    if (this.wire !== undefined) this.hear(this.wire, listener);
    this.process.once("error", (error) => this.end(listener, `its process could not be started: ${error.message}`));
    // Not at its exit: what it said may still be on its way then.
    this.process.once("close", (code, signal) =>
      this.end(listener, `its process ended (${signal ?? `status ${code}`})`),
    );
  }

  send(message: ToChild): void {
    if (!this.ended) this.wire?.write(lineOf(message));
  }

  part(): void {
    this.wire?.end();
  }

  kill(): void {
    this.process.kill("SIGKILL");
  }

  private hear(wire: Duplex, listener: ChildListener): void {
    let sound = true;
    // It is gone, or going: that is told by its end.
    wire.on("error", () => {});
    eachLine(wire, (line) => {
      if (!sound) return;
      const message = readFromChild(line);
      if (message !== undefined) {
        listener.onMessage(message);
        return;
      }
      sound = false;
      listener.onGarbage(line.slice(0, LONGEST_SHOWN));
    });
  }

  private end(listener: ChildListener, reason: string): void {
    if (this.ended) return;
    this.ended = true;
    listener.onEnd(reason);
  }
}

function eachLine(stream: Readable, take: (line: string) => void): void {
  const lines = new Lines(take);
  stream.setEncoding("utf8").on("data", (chunk: string) => lines.push(chunk));
}

/** What the stack writes for people, in the log, but never a flood of it. */
class Shown {
  private readonly log: Logger;
  private readonly clock: AdapterContext["clock"];
  private since: Millis = 0;
  private count = 0;

  constructor(log: Logger, clock: AdapterContext["clock"]) {
    this.log = log;
    this.clock = clock;
  }

  line(text: string): void {
    const now = this.clock.monotonic();
    if (now - this.since >= MINUTE) {
      this.since = now;
      this.count = 0;
    }
    if (++this.count > MOST_LINES || text === "") return;
    const more = this.count === MOST_LINES ? " (more of this minute is left out)" : "";
    this.log.debug({ line: text.slice(0, LONGEST_SHOWN) }, `ble: the Bluetooth stack says${more}`);
  }
}
