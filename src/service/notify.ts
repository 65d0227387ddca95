/** sd_notify(3): what a service tells its manager, as lines `NAME=value` in one datagram. */
import { spawn } from "node:child_process";
import { getSystemErrorName } from "node:util";
import type { Logger } from "../log.ts";
import type { LoadedAddon } from "./native.ts";

/** Tells the service manager these lines, in the order of the calls. Never throws. */
export type Notify = (lines: readonly string[]) => void;

export interface NotifyOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly addon: LoadedAddon;
  readonly log: Logger;
}

/** Undefined: nobody wants to know. */
export function notifier({ environment, addon, log }: NotifyOptions): Notify | undefined {
  const { NOTIFY_SOCKET: socket = "" } = environment;
  if (socket === "") return undefined;
  const complain = complaints(log);
  if ("native" in addon) {
    return (lines) => {
      const error = addon.native.sendDatagram(socket, Buffer.from(lines.join("\n")));
      if (error !== 0) complain(`${socket}: ${getSystemErrorName(-error)}`);
    };
  }
  log.warn({ code: "LG801", reason: addon.missing }, "systemd is told by systemd-notify, a program for each word");
  const queue = new Calls(environment, complain);
  return (lines) => queue.add(lines);
}

/** One call of `systemd-notify` after the other: the last word must not overtake the one before. */
class Calls {
  private readonly environment: NotifyOptions["environment"];
  private readonly complain: (reason: string) => void;
  private readonly waiting: (readonly string[])[] = [];
  private running = false;

  constructor(environment: NotifyOptions["environment"], complain: (reason: string) => void) {
    this.environment = environment;
    this.complain = complain;
  }

  add(lines: readonly string[]): void {
    this.waiting.push(lines);
    this.next();
  }

  private next(): void {
    const lines = this.running ? undefined : this.waiting.shift();
    if (lines === undefined) return;
    this.running = true;
    const child = spawn("systemd-notify", [...lines], { env: { ...this.environment }, stdio: "ignore" });
    const done = (reason?: string): void => {
      if (!this.running) return;
      if (reason !== undefined) this.complain(reason);
      this.running = false;
      this.next();
    };
    child.on("error", ({ message }) => done(message));
    child.on("exit", (status) => done(status === 0 ? undefined : `systemd-notify ended with ${status ?? "a signal"}`));
  }
}

/** Once: who cannot be told now cannot be told later either. */
function complaints(log: Logger): (reason: string) => void {
  let told = false;
  return (reason) => {
    if (!told) log.warn({ code: "LG801", reason }, "systemd cannot be told how the gateway fares");
    told = true;
  };
}
