/**
 * Whose turn it is on one adapter. Connecting stops listening on most stacks, so the two alternate: each attempt to connect owes
 * advertisements as much time as it took. Attempts take turns, those to devices that were heard before those to devices that were not;
 * where more devices want connections than there are, who has had one longest makes room.
 */
import {
  type Machine,
  MINUTE,
  type Millis,
  type Random,
  randomFraction,
  SECOND,
  type Timeout,
} from "../../../src/adapter.ts";
import { Contender, type TurnTime } from "./contender.ts";
import { Listening } from "./listening.ts";
import type { Urgency } from "./session-types.ts";

export type TurnEvent =
  /** The adapter is there, or not: then it has no connections. */
  | { readonly type: "up" | "down" }
  /** Whether somebody wants to hear advertisements, whosesoever. */
  | { readonly type: "hearing"; readonly wanted: boolean }
  /** Listening could be started; or it could not. */
  | { readonly type: "listening" | "deaf" }
  /** Start to listen anew: nothing has been heard for long. */
  | { readonly type: "rescan" }
  | { readonly type: "join"; readonly id: number; readonly keep: boolean; readonly known: boolean }
  | { readonly type: "leave"; readonly id: number }
  /** It advertises, and can be connected to. */
  | { readonly type: "heard"; readonly id: number }
  /** The most urgent of what waits for its connection, and whether something is done on it now. */
  | { readonly type: "needs"; readonly id: number; readonly waiting: Urgency | undefined; readonly working: boolean }
  | { readonly type: "connected"; readonly id: number }
  /** No connection came of it. `full`: the controller has no room. */
  | { readonly type: "failed"; readonly id: number; readonly full: boolean }
  /** Its connection is over. `lost`: we did not end it; `served`: it was good for something. */
  | { readonly type: "ended"; readonly id: number; readonly lost: boolean; readonly served: boolean };

export type TurnEffect =
  | { readonly type: "scan" | "stop-scan" }
  | { readonly type: "connect"; readonly id: number }
  /** End its connection, after what is being done on it. */
  | { readonly type: "release"; readonly id: number }
  /** The controller has no room for more than these. */
  | { readonly type: "learned"; readonly limit: number };

export interface TurnSettings {
  /** Whether advertisements may be listened for. */
  readonly scan: boolean;
  readonly connections: number;
  readonly random: Random;
}

/** A write does not wait while no more than this is owed. */
const WRITE_CREDIT: Millis = 20 * SECOND;
/** After so many turns of devices that were heard one that was not has its turn. */
const HEARD_TURNS = 3;
/** How long a device has its connection before it makes room: for a write, for a device that was heard, for one that was not. */
const STAY = { write: 2 * SECOND, heard: 30 * SECOND, unheard: 5 * MINUTE } as const;
/** The controller may have more room later: somebody else used it. */
const LEARNED_FOR: Millis = 10 * MINUTE;

export class Turns implements Machine<TurnEvent, TurnEffect> {
  private readonly settings: TurnSettings;
  private readonly contenders = new Map<number, Contender>();
  private readonly listening: Listening;
  private isUp = false;
  private hearing = false;
  private attempt: { readonly contender: Contender; readonly begun: Millis; readonly heard: boolean } | undefined;
  private heardTurns = 0;
  private learned: { readonly limit: number; readonly until: Millis } | undefined;
  /** The limit of which somebody was told: met again each time it is forgotten, it is no news. */
  private told: number | undefined;
  private wake: Millis | undefined;

  constructor(settings: TurnSettings) {
    this.settings = settings;
    this.listening = new Listening(settings.scan);
  }

  get deadline(): Millis | undefined {
    return this.wake;
  }

  get isScanning(): boolean {
    return this.listening.isOn;
  }

  /** How many devices have a connection, or want one. */
  get wanted(): number {
    return [...this.contenders.values()].filter(({ phase, seeks }) => phase !== "idle" || seeks).length;
  }

  /** How many connections there are, those included that begin or end. */
  get occupied(): number {
    return [...this.contenders.values()].filter(({ phase }) => phase !== "idle").length;
  }

  /** How many there may be now. */
  get limit(): number {
    return Math.min(this.settings.connections, this.learned?.limit ?? Number.POSITIVE_INFINITY);
  }

  handle(event: TurnEvent | Timeout, now: Millis): TurnEffect[] {
    const effects = this.take(event, now);
    this.wake = undefined;
    if (!this.isUp) return effects;
    effects.push(...this.endLingering(now), ...this.nextAttempt(now), ...this.listen(now));
    return effects;
  }

  private take(event: TurnEvent | Timeout, now: Millis): TurnEffect[] {
    switch (event.type) {
      case "up":
      case "down":
        this.begin(event.type === "up", now);
        return [];
      case "hearing":
        this.hearing = event.wanted;
        return [];
      case "listening":
        this.listening.succeeded();
        return [];
      case "deaf":
        this.listening.failed(now);
        return [];
      case "rescan":
        return this.stopScan(now);
      case "join":
        this.contenders.set(event.id, new Contender(event, now));
        return [];
      case "timeout":
        if (this.learned !== undefined && this.learned.until <= now) this.learned = undefined;
        return [];
      case "leave":
      case "heard":
      case "needs":
      case "connected":
      case "failed":
      case "ended":
        return this.takeOf(event, now);
    }
  }

  private takeOf(event: Extract<TurnEvent, { id: number }>, now: Millis): TurnEffect[] {
    const contender = this.contenders.get(event.id);
    if (contender === undefined) return [];
    switch (event.type) {
      case "join":
        return [];
      case "heard":
        contender.hear(now);
        return [];
      case "needs":
        contender.need(event.waiting, event.working, now);
        return [];
      case "connected":
        if (contender.phase === "connecting") this.connected(contender, now);
        return contender.left ? this.release(contender) : [];
      case "failed":
        return contender.phase === "connecting" ? this.failed(contender, event.full, now) : [];
      case "ended":
        if (contender.phase !== "idle") this.ended(contender, event, now);
        return [];
      case "leave":
        contender.left = true;
        this.forget(contender);
        return contender.phase === "connected" ? this.release(contender) : [];
    }
  }

  private begin(isUp: boolean, now: Millis): void {
    this.isUp = isUp;
    this.attempt = undefined;
    this.listening.reset(now);
    // It may be another adapter, with more room.
    this.learned = undefined;
    this.told = undefined;
    for (const contender of [...this.contenders.values()]) {
      contender.begin(now);
      this.forget(contender);
    }
  }

  private connected(contender: Contender, now: Millis): void {
    this.endAttempt(contender, now);
    contender.connected(now);
  }

  private failed(contender: Contender, full: boolean, now: Millis): TurnEffect[] {
    this.endAttempt(contender, now);
    const others = this.occupied - 1;
    const isFull = full && others > 0;
    if (isFull) contender.putOff(now);
    else contender.failed(now, randomFraction(this.settings.random));
    this.forget(contender);
    if (!isFull) return [];
    const isNews = others !== this.told;
    this.learned = { limit: others, until: now + LEARNED_FOR };
    this.told = others;
    return isNews ? [{ type: "learned", limit: others }] : [];
  }

  private ended(contender: Contender, { lost, served }: { lost: boolean; served: boolean }, now: Millis): void {
    this.endAttempt(contender, now);
    if (lost && !served) contender.failed(now, randomFraction(this.settings.random));
    else contender.ended(now, lost);
    this.forget(contender);
  }

  private endAttempt(contender: Contender, now: Millis): void {
    if (this.attempt?.contender !== contender) return;
    this.listening.owe({ took: now - this.attempt.begun, heard: this.attempt.heard });
    this.attempt = undefined;
  }

  private forget(contender: Contender): void {
    if (contender.left && contender.phase === "idle") this.contenders.delete(contender.id);
  }

  private endLingering(now: Millis): TurnEffect[] {
    return [...this.contenders.values()].flatMap((contender) => {
      const until = contender.lingersUntil;
      if (until === undefined) return [];
      if (until <= now) return this.release(contender);
      this.wakeAt(until);
      return [];
    });
  }

  private release(contender: Contender): TurnEffect[] {
    contender.phase = "ending";
    return [{ type: "release", id: contender.id }];
  }

  private nextAttempt(now: Millis): TurnEffect[] {
    if (this.attempt !== undefined) return [];
    const next = this.choose(now);
    if (next === undefined) return [];
    const owed = this.listening.owedAt(now, this.isListeningWanted) - (next.contender.urgent ? WRITE_CREDIT : 0);
    if (owed > 0) {
      this.wakeAt(now + owed);
      return [];
    }
    return this.occupied < this.limit ? this.connect(next, now) : this.makeRoom(next, now);
  }

  /** Those that were heard go first, but not for ever. */
  private choose(now: Millis): { readonly contender: Contender; readonly heard: boolean } | undefined {
    const due: { readonly contender: Contender; readonly turn: TurnTime }[] = [];
    for (const contender of this.contenders.values()) {
      if (!contender.seeks || !contender.known) continue;
      const turn = contender.turn(now, this.listening.canHear);
      if (turn.at <= now) due.push({ contender, turn });
      else this.wakeAt(turn.at);
    }
    due.sort((a, b) => a.contender.rank - b.contender.rank);
    const heard = due.find(({ turn }) => turn.heard);
    const unheard = due.find(({ turn }) => !turn.heard);
    // A connection that works is not given up for one that may never come.
    const isUnheardsTurn = this.heardTurns >= HEARD_TURNS && this.occupied < this.limit;
    const chosen = isUnheardsTurn ? (unheard ?? heard) : (heard ?? unheard);
    return chosen === undefined ? undefined : { contender: chosen.contender, heard: chosen.turn.heard };
  }

  private connect(next: { readonly contender: Contender; readonly heard: boolean }, now: Millis): TurnEffect[] {
    const { contender, heard } = next;
    this.heardTurns = heard ? this.heardTurns + 1 : 0;
    const effects = this.stopScan(now);
    this.attempt = { contender, heard, begun: now };
    contender.phase = "connecting";
    return [...effects, { type: "connect", id: contender.id }];
  }

  private makeRoom({ contender, heard }: { contender: Contender; heard: boolean }, now: Millis): TurnEffect[] {
    if (this.learned !== undefined) this.wakeAt(this.learned.until);
    const others = [...this.contenders.values()];
    if (others.some(({ phase }) => phase === "ending")) return [];
    const stay = STAY[!heard ? "unheard" : contender.urgent ? "write" : "heard"];
    const yielding = others
      .filter(({ phase }) => phase === "connected")
      .map((other) => ({ other, at: other.yieldsAt(stay) }))
      .sort((a, b) => a.at - b.at)[0];
    if (yielding === undefined) return [];
    if (yielding.at <= now) return this.release(yielding.other);
    this.wakeAt(yielding.at);
    return [];
  }

  private listen(now: Millis): TurnEffect[] {
    const wanted = this.attempt === undefined && this.isListeningWanted;
    if (!wanted) return this.stopScan(now);
    if (this.listening.isOn) return [];
    if (this.listening.againAt > now) {
      this.wakeAt(this.listening.againAt);
      return [];
    }
    this.listening.start(now);
    return [{ type: "scan" }];
  }

  private stopScan(now: Millis): TurnEffect[] {
    return this.listening.stop(now, this.isListeningWanted) ? [{ type: "stop-scan" }] : [];
  }

  private get isListeningWanted(): boolean {
    return this.settings.scan && (this.hearing || [...this.contenders.values()].some(({ seeks }) => seeks));
  }

  private wakeAt(time: Millis): void {
    this.wake = Math.min(this.wake ?? time, time);
  }
}
