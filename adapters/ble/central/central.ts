/** One Bluetooth adapter among all devices of a link: whose turn it is to be heard, and whose to be connected to. */
import {
  type AdapterContext,
  DeviceError,
  type Drive,
  drive,
  type LinkReport,
  type Logger,
  type Millis,
  SECOND,
} from "../../../src/adapter.ts";
import { withDeadline } from "../../wires/deadline.ts";
import { LastMinute } from "../../wires/last-minute.ts";
import { Occupancy } from "../../wires/occupancy.ts";
import { type BleOptions, nameOfBackend } from "../options.ts";
import type { Advertisement, Radio } from "../radio/radio.ts";
import { pairingAdvice } from "./advice.ts";
import { KeptRadio, type OpenRadio } from "./kept-radio.ts";
import type { Exchange } from "./live-peripheral.ts";
import { PeripheralSession } from "./peripheral-session.ts";
import type { Session, SessionListener, SessionSpec } from "./session-types.ts";
import type { SessionWorld } from "./session-world.ts";
import { type TurnEffect, type TurnEvent, Turns } from "./turns.ts";

export type { OpenRadio } from "./kept-radio.ts";

/** What of a link it must know. */
export type CentralOptions = Pick<BleOptions, "backend" | "scan" | "connections" | "connectTimeout">;

/** How long listening may take to begin, or to end. */
const SCAN: Millis = 10 * SECOND;

export class Central {
  private readonly options: CentralOptions;
  private readonly context: AdapterContext;
  private readonly log: Logger;
  private readonly kept: KeptRadio;
  private readonly turns: Turns;
  private readonly feed: Drive<TurnEvent>;
  private readonly sessions = new Map<number, PeripheralSession>();
  private readonly hearers = new Set<(advertisement: Advertisement) => void>();
  private readonly listeners = new Set<(available: boolean, reason?: string) => void>();
  private readonly advertisements: LastMinute;
  private readonly use: Occupancy;
  private nextId = 0;
  private radio: Radio | undefined;
  /** Counts up where the adapter vanishes. */
  private era = 0;
  private unavailable: string | undefined;
  /** What the radio is asked for, one after the other. */
  private lane: Promise<void> = Promise.resolve();

  constructor(open: OpenRadio, options: CentralOptions, context: AdapterContext) {
    const { clock, random } = context;
    this.options = options;
    this.log = context.log.child({ adapter: nameOfBackend(options.backend) });
    this.context = { ...context, log: this.log };
    this.turns = new Turns({ scan: options.scan !== "off", connections: options.connections, random });
    this.feed = drive(this.turns, clock, (effect) => this.perform(effect));
    this.advertisements = new LastMinute(() => clock.monotonic());
    this.use = new Occupancy(clock.monotonic());
    const listener = {
      onUp: (radio: Radio) => this.up(radio),
      onDown: (reason: string) => this.down(reason),
      onAdvertisement: (advertisement: Advertisement) => this.hearOne(advertisement),
      onRescan: () => this.feed({ type: "rescan" }),
    };
    this.kept = new KeptRadio(open, listener, this.context);
  }

  /** Begins to open the adapter. */
  start(): void {
    this.kept.start();
  }

  /** What waits fails; nothing is heard afterwards. Never rejects. */
  async close(): Promise<void> {
    this.hearers.clear();
    this.listeners.clear();
    for (const session of [...this.sessions.values()]) session.close();
    this.feed.stop();
    this.era++;
    await this.kept.close();
  }

  /** Hears every advertisement, of whomever: as long as somebody does, the adapter listens. Returns what ends it. */
  hear(listener: (advertisement: Advertisement) => void): () => void {
    this.hearers.add(listener);
    this.feed({ type: "hearing", wanted: true });
    return () => {
      this.hearers.delete(listener);
      this.feed({ type: "hearing", wanted: this.hearers.size > 0 });
    };
  }

  /** Hears that the adapter is not there (false, and why), or there again. Called at once where it is not there now. */
  listen(listener: (available: boolean, reason?: string) => void): () => void {
    this.listeners.add(listener);
    if (this.unavailable !== undefined) listener(false, this.unavailable);
    return () => this.listeners.delete(listener);
  }

  /** A device that wants connections: it need not `hear` for that. */
  session(spec: SessionSpec, listener: SessionListener): Session {
    const id = this.nextId++;
    const session = new PeripheralSession(id, spec, listener, this.world(id));
    this.sessions.set(id, session);
    this.feed({ type: "join", id, keep: spec.connect === "keep", known: spec.address() !== undefined });
    if (this.unavailable !== undefined) session.down(this.unavailable);
    return session;
  }

  /** That of the device with this address: a peripheral is connected to once. */
  sessionOf(address: string): Session | undefined {
    return [...this.sessions.values()].find((session) => session.address === address);
  }

  report(): LinkReport {
    const sessions = [...this.sessions.values()];
    const line = {
      name: nameOfBackend(this.options.backend),
      open: this.kept.state?.state === "ready",
      load: Math.round(100 * this.use.share(this.context.clock.monotonic())),
      waiting: sessions.reduce((sum, { waitingCount }) => sum + waitingCount, 0),
      units: sessions.map((session) => session.record.report(session.name)),
    };
    return { lines: [line], notes: this.notes() };
  }

  private notes(): readonly string[] {
    const { occupied, limit, wanted } = this.turns;
    const { connections, scan } = this.options;
    const heard =
      scan === "off"
        ? "nobody listens for advertisements (scan: off)"
        : `${this.advertisements.sum} advertisements in the last minute`;
    return [
      ...(this.unavailable === undefined ? [] : [`adapter unavailable: ${this.unavailable}`]),
      heard,
      ...(this.sessions.size === 0 ? [] : [`${occupied} of ${limit} connections`]),
      ...(limit < connections ? [`the adapter has no room for ${connections} connections`] : []),
      ...(wanted > limit ? [`${wanted} devices want connections: they take turns`] : []),
    ];
  }

  private world(id: number): SessionWorld {
    return {
      clock: this.context.clock,
      log: this.log,
      connectTimeout: this.options.connectTimeout,
      pairing: (address) => pairingAdvice(this.options.backend, address),
      turn: (event) => this.feed(event),
      onExchange: (exchange) => this.exchanged(exchange),
      onClose: () => this.sessions.delete(id),
    };
  }

  private exchanged({ begun, inTime }: Exchange): void {
    this.use.add(begun, this.context.clock.monotonic());
    this.kept.feed({ type: inTime ? "done" : "suspect" });
  }

  private up(radio: Radio): void {
    this.radio = radio;
    this.unavailable = undefined;
    for (const session of [...this.sessions.values()]) session.up();
    for (const listener of [...this.listeners]) listener(true);
    this.feed({ type: "up" });
  }

  private down(reason: string): void {
    this.radio = undefined;
    this.era++;
    this.unavailable = reason;
    // First, so that nobody's end looks like a place that is free.
    this.feed({ type: "down" });
    for (const session of [...this.sessions.values()]) session.down(reason);
    for (const listener of [...this.listeners]) listener(false, reason);
  }

  private hearOne(advertisement: Advertisement): void {
    this.advertisements.count();
    // They may find out by it whose address it is.
    for (const listener of [...this.hearers]) listener(advertisement);
    for (const session of [...this.sessions.values()]) {
      if (session.address === advertisement.address) session.heard(advertisement);
    }
  }

  private perform(effect: TurnEffect): void {
    switch (effect.type) {
      case "scan":
        this.inLane((radio) => this.startScan(radio));
        return;
      case "stop-scan":
        this.kept.feed({ type: "scanning", on: false });
        this.inLane((radio) => this.inTime(radio.stopScan()).then(() => {}));
        return;
      case "connect":
        this.inLane((radio) => this.attempt(effect.id, radio));
        return;
      case "release":
        this.sessions.get(effect.id)?.release();
        return;
      case "learned":
        this.log.warn(
          { code: "LG559", limit: effect.limit },
          "the adapter has no room for more connections: devices take turns",
        );
        return;
      default:
        effect satisfies never;
    }
  }

  /** What was asked for before the adapter vanished is of no interest when it is there again. */
  private inLane(task: (radio: Radio) => Promise<void>): void {
    const { radio, era } = this;
    if (radio === undefined) return;
    this.lane = this.lane.then(() => (this.era === era ? task(radio) : undefined));
  }

  /** A device may leave between its turn and the attempt: then the turn is over, and others have theirs. */
  private async attempt(id: number, radio: Radio): Promise<void> {
    const session = this.sessions.get(id);
    if (session === undefined) this.feed({ type: "failed", id, full: false });
    else await session.attempt(radio);
  }

  private async startScan(radio: Radio): Promise<void> {
    const { era } = this;
    const started = await this.inTime(radio.startScan({ active: this.options.scan === "active" }));
    if (this.era !== era) return;
    this.feed({ type: started ? "listening" : "deaf" });
    if (started) this.kept.feed({ type: "scanning", on: this.turns.isScanning });
    else this.kept.feed({ type: "suspect" });
  }

  /** Whether it came to something. */
  private async inTime(done: Promise<void>): Promise<boolean> {
    const late = (): DeviceError => new DeviceError("unreachable", "the adapter does not answer");
    try {
      await withDeadline(done, { clock: this.context.clock, span: SCAN, late });
      return true;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      this.log.debug({ reason: error.message }, "listening did not begin, or end");
      return false;
    }
  }
}
