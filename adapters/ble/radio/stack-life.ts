/** One process of a Bluetooth stack from its start to its end: what it was asked, what it answered, and whether it still lives. */
import { type AdapterContext, DeviceError, type Millis, SECOND } from "../../../src/adapter.ts";
import { withDeadline } from "../../wires/deadline.ts";
import type { ChildListener, StackProcess } from "./child-process.ts";
import { errorOf, type FromChild, type Operation, type Result } from "./messages.ts";
import type { Advertisement, Connection, ConnectOptions, RadioOptions } from "./radio.ts";
import { RemoteConnection } from "./remote-connection.ts";

export interface LifeListener {
  /** The adapter can be used. */
  onReady(): void;
  onAdvertisement(advertisement: Advertisement): void;
  /** Called once; nothing comes after it. */
  onEnd(reason: string): void;
}

export interface StackProgram {
  readonly options: RadioOptions;
  start(listener: ChildListener): StackProcess;
}

interface Pending {
  resolve(result: Result): void;
  reject(error: DeviceError): void;
}

/** How often the process is asked whether it lives, and how long it may be busy with something else. */
const HEARTBEAT: Millis = 5 * SECOND;
const LONGEST_SILENCE: Millis = 15 * SECOND;
/** The stack keeps the deadline of a call; so much later nothing comes any more. */
const GRACE: Millis = 5 * SECOND;
/** How long it may take to end connections. */
const PARTING: Millis = 3 * SECOND;

export class StackLife {
  /** Resolves when the process is gone, and with it whatever it held open. */
  readonly gone: Promise<void>;
  private readonly context: AdapterContext;
  private readonly listener: LifeListener;
  private readonly child: StackProcess;
  private readonly pending = new Map<number, Pending>();
  private readonly connections = new Map<number, RemoteConnection>();
  /** Calls, connections and heartbeats have one row of numbers. */
  private count = 0;
  private over = false;
  private answered: Millis;
  private cancelHeartbeat: () => void = () => {};

  constructor({ options, start }: StackProgram, listener: LifeListener, context: AdapterContext) {
    this.context = context;
    this.listener = listener;
    this.answered = context.clock.monotonic();
    let end = (): void => {};
    this.gone = new Promise((resolve) => {
      end = resolve;
    });
    const childListener = {
      onMessage: (message: FromChild) => this.take(message),
      onGarbage: (line: string) => {
        context.log.debug({ line }, "ble: the Bluetooth stack said what is no message");
        this.end("the Bluetooth stack said what makes no sense");
      },
      onEnd: (reason: string) => {
        this.end(reason);
        end();
      },
    };
    this.child = start(childListener);
    this.child.send({ type: "open", ...options });
    this.beat();
  }

  /** Resolves with what was answered. Rejects with a DeviceError, also where the process ends first. */
  call(operation: Operation, timeout: Millis): Promise<Result> {
    return this.ask(operation, timeout, (result) => result);
  }

  connect(address: string, { addressType, timeout }: ConnectOptions): Promise<Connection> {
    const connection = ++this.count;
    const operation = { method: "connect", connection, address, addressType } as const;
    return this.ask(operation, timeout, ({ found }) => {
      if (found === undefined)
        throw new DeviceError("malformed", `${address}: nothing is known of what was connected to`);
      const made = new RemoteConnection(connection, address, found, (one, span) => this.call(one, span));
      this.connections.set(connection, made);
      made.signal.addEventListener("abort", () => this.connections.delete(connection), { once: true });
      return made;
    });
  }

  /** It is no good, or not needed: nothing of it is heard from now on. */
  end(reason: string): void {
    if (this.over) return;
    this.finish(reason);
    this.child.kill();
  }

  /** It ends connections, then itself. Resolves when it is gone. */
  async part(): Promise<void> {
    if (!this.over) {
      this.child.part();
      this.finish("closed");
    }
    const { clock } = this.context;
    const cancel = clock.at(clock.monotonic() + PARTING, () => this.child.kill());
    await this.gone;
    cancel();
  }

  /** `take` makes of the answer what was asked for, at once: the next message may be about that. */
  private async ask<T>(operation: Operation, timeout: Millis, take: (result: Result) => T): Promise<T> {
    const number = ++this.count;
    const answer = new Promise<T>((resolve, reject) => {
      this.pending.set(number, {
        resolve: (result) => {
          try {
            resolve(take(result));
          } catch (error) {
            reject(error);
          }
        },
        reject,
      });
    });
    this.child.send({ type: "call", number, timeout, operation });
    const late = (): DeviceError => {
      // It promised an answer in time: something of it is stuck.
      this.end(`the Bluetooth stack forgot what it was asked (${operation.method})`);
      return new DeviceError("unreachable", "no answer");
    };
    try {
      return await withDeadline(answer, { clock: this.context.clock, span: timeout + GRACE, late });
    } finally {
      this.pending.delete(number);
    }
  }

  private finish(reason: string): void {
    this.over = true;
    this.cancelHeartbeat();
    const error = new DeviceError("unreachable", reason);
    for (const { reject } of this.pending.values()) reject(error);
    for (const connection of [...this.connections.values()]) connection.lost(error);
    this.listener.onEnd(reason);
  }

  private beat(): void {
    const { clock } = this.context;
    const now = clock.monotonic();
    if (now - this.answered > LONGEST_SILENCE) {
      this.end("the Bluetooth stack hangs");
      return;
    }
    this.child.send({ type: "ping", number: ++this.count });
    this.cancelHeartbeat = clock.at(now + HEARTBEAT, () => this.beat());
  }

  private take(message: FromChild): void {
    if (this.over) return;
    switch (message.type) {
      case "ready":
        this.listener.onReady();
        return;
      case "unavailable":
        this.end(message.reason);
        return;
      case "pong":
        this.answered = this.context.clock.monotonic();
        return;
      case "answer":
        this.pending.get(message.number)?.resolve(message.result);
        return;
      case "failed":
        this.pending.get(message.number)?.reject(errorOf(message.failure));
        return;
      case "advertisement":
        this.listener.onAdvertisement(message.advertisement);
        return;
      case "notification":
        this.connections.get(message.connection)?.notified(message.characteristic, message.bytes);
        return;
      case "lost":
        this.connections.get(message.connection)?.lost(errorOf(message.failure));
        return;
      case "debug":
        this.context.log.debug({ detail: message.message }, "ble: of the Bluetooth stack");
        return;
      default:
        message satisfies never;
    }
  }
}
