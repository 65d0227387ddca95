import { MINUTE, type Millis, SECOND } from "../../../src/adapter.ts";
import type { Urgency } from "./session-types.ts";

/** An advertisement says for so long that its sender can be connected to. */
const FRESH: Millis = 30 * SECOND;
/** Heard again after so long a silence, it came back: what failed before says nothing any more. */
const GONE: Millis = MINUTE;
/** The pause after a failure doubles, from … */
const FIRST: Millis = SECOND;
/** … to this. A device that is heard advertising and yet refuses is tried more often than one that nobody hears. */
const LONGEST = { heard: MINUTE, keep: 5 * MINUTE, poll: MINUTE } as const;
/** How long to listen for a device before it is tried unheard: some are heard by nobody, and can be connected to. */
const LISTENING: Millis = 10 * SECOND;
/** The pause after such a trial that failed is at least this. */
const UNHEARD: Millis = 30 * SECOND;
/** How long a device that polls stays connected when nothing is to be done: the next request is often near. */
const LINGER: Millis = 2 * SECOND;
/** A write goes before reads that began to wait so much earlier. */
const WRITE_LEAD: Millis = MINUTE;

/** When a device may be connected to. */
export interface TurnTime {
  readonly at: Millis;
  /** It was heard since it could last not be connected to, or nobody listens: an attempt has good prospects. */
  readonly heard: boolean;
}

/** One device among those that want the adapter: when its turn may come, and when it must make room. */
export class Contender {
  readonly id: number;
  readonly keep: boolean;
  phase: "idle" | "connecting" | "connected" | "ending" = "idle";
  /** It is gone as soon as it is idle. */
  left = false;
  /** Whether its address is known. */
  known: boolean;
  private waits: Urgency | undefined;
  private works = false;
  private heardAt: Millis | undefined;
  /** Since when it wants a connection, or it has one. */
  private since: Millis;
  private idleSince: Millis;
  private failures = 0;
  private rest: { readonly from: Millis; readonly pause: Millis } | undefined;

  constructor({ id, keep, known }: Pick<Contender, "id" | "keep" | "known">, now: Millis) {
    this.id = id;
    this.keep = keep;
    this.known = known;
    this.since = now;
    this.idleSince = now;
  }

  /** Somebody stands at the switch. */
  get urgent(): boolean {
    return this.waits === "write";
  }

  /** It wants a connection that it does not have. */
  get seeks(): boolean {
    return !this.left && this.phase === "idle" && (this.keep || this.waits !== undefined);
  }

  /** By this those are ordered who may have a turn: the smallest goes first. */
  get rank(): Millis {
    return this.since - (this.urgent ? WRITE_LEAD : 0);
  }

  /** When it gives its connection back by itself; undefined: not yet. */
  get lingersUntil(): Millis | undefined {
    return this.phase === "connected" && this.unused ? this.idleSince + LINGER : undefined;
  }

  /** When its connection may be taken for somebody else, who lets each stay so long; one that is not used now at once. */
  yieldsAt(stay: Millis): Millis {
    return this.unused ? Number.NEGATIVE_INFINITY : this.since + stay;
  }

  /** `canHear`: somebody listens for advertisements. */
  turn(now: Millis, canHear: boolean): TurnTime {
    const { rest, since } = this;
    const restsUntil = (longest: Millis): Millis =>
      rest === undefined ? since : rest.from + Math.min(rest.pause, longest);
    if (this.isHeard(now)) return { at: restsUntil(LONGEST.heard), heard: true };
    const at = restsUntil(this.keep ? LONGEST.keep : LONGEST.poll);
    if (!canHear) return { at, heard: true };
    const least = rest === undefined || this.failures === 0 ? 0 : rest.from + UNHEARD;
    return { at: Math.max(at, least, since + LISTENING), heard: false };
  }

  /** The adapter is there: whatever was before says nothing. */
  begin(now: Millis): void {
    this.phase = "idle";
    this.since = now;
    this.failures = 0;
    this.rest = undefined;
    this.heardAt = undefined;
  }

  hear(now: Millis): void {
    this.known = true;
    if (this.heardAt === undefined || now - this.heardAt > GONE) this.failures = Math.min(this.failures, 1);
    if (this.failures <= 1 && this.rest !== undefined) this.rest = { from: this.rest.from, pause: FIRST };
    this.heardAt = now;
  }

  need(waits: Urgency | undefined, works: boolean, now: Millis): void {
    const wasUnused = this.unused;
    if (this.phase === "idle" && !this.keep && this.waits === undefined) this.since = now;
    this.waits = waits;
    this.works = works;
    if (!wasUnused && this.unused) this.idleSince = now;
  }

  connected(now: Millis): void {
    this.phase = "connected";
    this.since = now;
    this.idleSince = now;
  }

  /** `fraction`: a random number in [0, 1), so that several gateways do not come back in step. */
  failed(now: Millis, fraction: number): void {
    const pause = Math.min(LONGEST.keep, FIRST * 2 ** this.failures) * (1 + fraction / 4);
    if (FIRST * 2 ** this.failures < LONGEST.keep) this.failures++;
    this.endAt(now, pause);
  }

  /** The connection ended, and it was good for something. */
  ended(now: Millis, lost: boolean): void {
    this.failures = 0;
    this.endAt(now, lost ? FIRST : 0);
  }

  /** There was no room for it, which is not its fault. */
  putOff(now: Millis): void {
    this.endAt(now, FIRST);
  }

  private endAt(now: Millis, pause: Millis): void {
    this.phase = "idle";
    this.since = now;
    this.rest = pause === 0 ? undefined : { from: now, pause };
  }

  /** Connected for nothing. */
  private get unused(): boolean {
    return !this.keep && this.waits === undefined && !this.works;
  }

  private isHeard(now: Millis): boolean {
    const after = this.rest?.from ?? Number.NEGATIVE_INFINITY;
    return this.heardAt !== undefined && this.heardAt > after && now - this.heardAt <= FRESH;
  }
}
