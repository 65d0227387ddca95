/** A serial port: opened by name, locked, and gone at any time. Knows nothing of what is spoken on it. */
import { SerialPort as SystemPort } from "serialport";
import { DeviceError, reasonOf } from "../../src/adapter.ts";
import { whyNotOpen } from "./serial-names.ts";
import type { SerialSettings } from "./serial-settings.ts";

export interface SerialPortListener {
  onData(chunk: Uint8Array): void;
  /** The port vanished; called once, and never after `close`. */
  onLost(error: DeviceError): void;
}

/** What a port is opened with. */
export interface PortSettings extends SerialSettings {
  /** How the other end is held back; absent: not at all. */
  readonly flow?: "none" | "rts-cts" | "xon-xoff" | undefined;
}

/** By path: what is still being opened or closed. A port that is locked to the end cannot be opened again before. */
const closing = new Map<string, Promise<void>>();

/** Resolves when a port that was given up is closed, also one that was just being opened: another program can have it. */
export async function portLeft(path: string): Promise<void> {
  for (let busy = closing.get(path); busy !== undefined; busy = closing.get(path)) await busy;
}

export class SerialPort {
  private readonly port: SystemPort;
  private readonly listener: SerialPortListener;
  private over = false;

  /**
   * Opens the port for this process alone. Rejects with DeviceError `unreachable`, with a sentence for whoever stands at
   * the machine, or with the signal's reason.
   */
  static async open(
    path: string,
    { flow, ...settings }: PortSettings,
    listener: SerialPortListener,
    signal: AbortSignal,
  ): Promise<SerialPort> {
    await closing.get(path);
    const port = new SystemPort({ path, ...settings, ...flowOf(flow), lock: true, autoOpen: false });
    // Some errors come twice: to the callback, and as this event, which ends the process where nobody listens.
    port.on("error", () => {});
    const opening = new Promise<Error | null>((resolve) => port.open(resolve));
    // Whoever waits for it to be left waits for this, too.
    const over = opening.then(() => void (closing.get(path) === over && closing.delete(path)));
    closing.set(path, over);
    const failure = await opening;
    if (failure !== null) throw new DeviceError("unreachable", await whyNotOpen(path, failure), { cause: failure });
    const opened = new SerialPort(port, listener);
    if (signal.aborted) opened.close();
    signal.throwIfAborted();
    return opened;
  }

  private constructor(port: SystemPort, listener: SerialPortListener) {
    this.port = port;
    this.listener = listener;
    port.on("data", (chunk: Uint8Array) => listener.onData(chunk));
    // May come twice where a port vanished.
    port.on("close", (error?: Error | null) => this.lost(error));
  }

  /** Resolves when the system has taken the bytes. Rejects with DeviceError `unreachable`; the port is lost then. */
  async write(bytes: Uint8Array): Promise<void> {
    const failure = await new Promise<Error | null | undefined>((resolve) => {
      if (this.over) resolve(new Error("it is closed"));
      else this.port.write(Buffer.from(bytes), resolve);
    });
    if (failure === null || failure === undefined) return;
    const error = gone(this.port.path, failure);
    this.lost(failure);
    throw error;
  }

  /** Forgets what came in and was not delivered yet. */
  async flush(): Promise<void> {
    // A port that cannot do it is no worse off; one that vanished is told by `close`.
    await new Promise<void>((resolve) => this.port.flush(() => resolve()));
  }

  /** Sets lines to the other end. Resolves with why the port does not let them be set; undefined: it did. */
  async setLines(lines: { readonly dtr?: boolean; readonly rts?: boolean }): Promise<string | undefined> {
    const failure = await new Promise<Error | null>((resolve) => this.port.set(lines, resolve));
    return failure === null ? undefined : reasonOf(failure);
  }

  /** Rejects with DeviceError `rejected` where the port cannot be set so. */
  async setSpeed(baudRate: number): Promise<void> {
    const failure = await new Promise<Error | null>((resolve) => this.port.update({ baudRate }, resolve));
    if (failure === null) return;
    const reason = `the port ${this.port.path} cannot be set to ${baudRate} baud: ${reasonOf(failure)}`;
    throw new DeviceError("rejected", reason, { cause: failure });
  }

  /** Nothing is heard afterwards. */
  close(): void {
    this.over = true;
    if (!this.port.isOpen) return;
    const { path } = this.port;
    const closed = new Promise<void>((resolve) => this.port.close(() => resolve()));
    const forgotten = closed.then(() => void (closing.get(path) === forgotten && closing.delete(path)));
    closing.set(path, forgotten);
  }

  private lost(error: Error | null | undefined): void {
    if (this.over) return;
    this.close();
    this.listener.onLost(gone(this.port.path, error));
  }
}

function flowOf(flow: PortSettings["flow"]): {
  readonly rtscts?: boolean;
  readonly xon?: boolean;
  readonly xoff?: boolean;
} {
  switch (flow) {
    case undefined:
    case "none":
      return {};
    case "rts-cts":
      return { rtscts: true };
    case "xon-xoff":
      return { xon: true, xoff: true };
  }
}

function gone(path: string, error: Error | null | undefined): DeviceError {
  const reason = error === null || error === undefined ? "it was closed" : reasonOf(error);
  return new DeviceError("unreachable", `the port ${path} is gone: ${reason}`, { cause: error });
}
