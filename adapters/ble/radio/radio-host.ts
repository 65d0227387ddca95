/** The adapter behind processes that come and go: one after the other, with growing pauses, for ever. */
import {
  type AdapterContext,
  DeviceError,
  type Drive,
  drive,
  MINUTE,
  type Millis,
  SECOND,
} from "../../../src/adapter.ts";
import { PATIENCE, Reconnection, type ReconnectionEffect, type ReconnectionEvent } from "../../wires/reconnection.ts";
import { nameOfBackend } from "../options.ts";
import {
  type Connection,
  type ConnectOptions,
  type Radio,
  type RadioListener,
  type ScanOptions,
  USUAL_TIMEOUT,
} from "./radio.ts";
import { StackLife, type StackProgram } from "./stack-life.ts";

/** Between two attempts. */
const PAUSE = { first: SECOND, longest: MINUTE };
/** The stack has deadlines of its own for all that it waits for at its start; this is for one that has lost its mind. */
const LONGEST_START: Millis = 30 * SECOND;
/** One that ran so long is no attempt that failed: the next pause is short again. */
const WORKS: Millis = MINUTE;
/** `answered` and `silent` name a unit; an adapter is one. */
const UNIT = 0;

export class RadioHost implements Radio {
  private readonly program: StackProgram;
  private readonly listener: RadioListener;
  private readonly context: AdapterContext;
  private readonly reconnection: Drive<ReconnectionEvent>;
  /** The newest; the one before it may still be going. */
  private life: StackLife | undefined;
  private ready = false;
  /** Why it cannot be used now. */
  private reason = "it is being opened";
  private closed = false;
  private cancelWorks: () => void = () => {};

  constructor(program: StackProgram, listener: RadioListener, context: AdapterContext) {
    this.program = program;
    this.listener = listener;
    this.context = context;
    const { clock, random } = context;
    const settings = { pause: PAUSE, connectTimeout: LONGEST_START, patience: PATIENCE.network, random };
    this.reconnection = drive(new Reconnection(settings), clock, (effect) => this.perform(effect));
  }

  start(): void {
    this.reconnection({ type: "start" });
  }

  async startScan({ active }: ScanOptions): Promise<void> {
    await this.usable().call({ method: "scan", active }, USUAL_TIMEOUT);
  }

  async stopScan(): Promise<void> {
    await this.usable().call({ method: "stop-scan" }, USUAL_TIMEOUT);
  }

  async connect(address: string, options: ConnectOptions): Promise<Connection> {
    return this.usable().connect(address, options);
  }

  async probe(timeout: Millis): Promise<void> {
    const life = this.usable();
    try {
      await life.call({ method: "probe" }, timeout);
    } catch (error) {
      life.end("the adapter does not answer any more");
      throw error;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    this.reason = "it is closed";
    this.ready = false;
    this.cancelWorks();
    this.reconnection.stop();
    await this.life?.part();
  }

  private usable(): StackLife {
    if (this.life !== undefined && this.ready) return this.life;
    throw new DeviceError("unreachable", `${nameOfBackend(this.program.options.backend)}: ${this.reason}`);
  }

  private perform(effect: ReconnectionEffect): void {
    switch (effect.type) {
      case "connect":
        void this.begin();
        return;
      case "open":
        this.opened();
        return;
      case "disconnect":
        this.life?.end(effect.reason);
        return;
      case "rest":
        this.down(effect.reason);
        return;
      case "report":
        return;
      default:
        effect satisfies never;
    }
  }

  private async begin(): Promise<void> {
    // It may hold the port, or the adapter.
    await this.life?.gone;
    if (this.closed) return;
    this.life = new StackLife(
      this.program,
      {
        onReady: () => this.reconnection({ type: "connected" }),
        onAdvertisement: (advertisement) => this.listener.onAdvertisement(advertisement),
        onEnd: (reason) => this.reconnection({ type: "lost", reason }),
      },
      this.context,
    );
  }

  private opened(): void {
    const { clock } = this.context;
    this.ready = true;
    this.cancelWorks = clock.at(clock.monotonic() + WORKS, () => this.reconnection({ type: "answered", unit: UNIT }));
    this.listener.onState({ state: "ready" });
  }

  /** The same reason again, attempt after attempt, is no news. */
  private down(reason: string): void {
    const news = this.ready || reason !== this.reason;
    this.cancelWorks();
    this.ready = false;
    this.reason = reason;
    if (news) this.listener.onState({ state: "unavailable", reason });
  }
}
