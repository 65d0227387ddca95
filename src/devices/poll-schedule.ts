/**
 * When the points of one device are read. Points of one period are a group, and each group has a grid of times that never
 * drifts; groups that fall due together are one read; one read runs at a time. A poll that cannot run in its turn is
 * skipped, never queued. Periods are those of the mapping, until somebody steers them.
 */
import type { PointId } from "../adapter.ts";
import { type Millis, SECOND } from "../clock.ts";
import type { Machine, Timeout } from "../machine.ts";
import type { Poll } from "../mapping/plan-types.ts";

export type PollEvent =
  /** The device is there: read everything soon, then each group in its turn. */
  | { readonly type: "start" }
  /** The last `read` is over. */
  | { readonly type: "finished"; readonly ok: boolean }
  /** Other periods for these points from now on; undefined: that of the mapping again. The others are left alone. */
  | { readonly type: "steer"; readonly periods: ReadonlyMap<PointId, Millis | undefined> }
  /** The device is gone: nothing is read until the next start. */
  | { readonly type: "stop" };

export interface PollEffect {
  readonly type: "read";
  readonly points: readonly PointId[];
}

/** The first read of a device comes within this time: soon for a person, and yet a thousand devices are spread. */
export const FIRST_READ_WITHIN: Millis = 2 * SECOND;
/** When the points that are read once after each connection are read again, if that read failed. */
const ONCE_AGAIN_AFTER: Millis = 10 * SECOND;
/** All grids have their turns on multiples of this: the process wakes once for several of a thousand devices. */
const TURN: Millis = 5;
/** Over how much the grids of devices are spread whose mapping has none. */
const SPREAD: Millis = 10 * SECOND;

interface Group {
  readonly every: Millis;
  readonly points: Set<PointId>;
  due: Millis;
  /** The turn that it waits for, or took last. */
  turn: Millis;
  /** Its turn came while the line was busy with other groups: it goes next, once. */
  waiting: boolean;
  /** Whether the running read is (also) its own. */
  running: boolean;
}

export class PollSchedule implements Machine<PollEvent, PollEffect> {
  private readonly polls: ReadonlyMap<PointId, Poll>;
  /** By period; none is empty. */
  private readonly groups = new Map<Millis, Group>();
  private readonly groupOf = new Map<PointId, Group>();
  /** Read once after each connection. */
  private readonly once: readonly PointId[];
  private readonly firstDelay: Millis;
  private readonly fastest: Millis;
  /** Two random numbers in [0, 1): they say where the grids of this device lie. */
  private readonly spread: number;
  private readonly turn: number;
  private state: "stopped" | "starting" | "started" = "stopped";
  private base: Millis = 0;
  private first: Millis = 0;
  /** When the points of `once` are owed; undefined: this connection has them, or they are being read. */
  private onceDue: Millis | undefined;
  private onceRunning = false;
  private reading = false;
  private skippedCount = 0;
  private lastLag: Millis = 0;

  /** `fraction`: random numbers in [0, 1), which spread devices that start together. */
  constructor(polls: ReadonlyMap<PointId, Poll>, fraction: () => number) {
    const periods = [...polls.values()].flatMap((poll) => (typeof poll === "object" ? [poll.every] : []));
    this.polls = polls;
    this.once = [...polls].flatMap(([point, poll]) => (poll === "connect" ? [point] : []));
    this.fastest = periods.length === 0 ? SPREAD : Math.min(...periods);
    this.spread = fraction();
    this.turn = fraction();
    this.firstDelay = toTurns(this.spread * Math.min(this.fastest, FIRST_READ_WITHIN));
    for (const [point, poll] of polls) if (typeof poll === "object") this.join(point, poll.every, 0);
  }

  /** Turns that were not taken because the group's own read before was still running or still waited for the line. */
  get skipped(): number {
    return this.skippedCount;
  }

  /** How late the newest read began, or what waits now already is. */
  lag(now: Millis): Millis {
    if (this.state === "stopped") return 0;
    let lag = this.lastLag;
    for (const { waiting, turn } of this.groups.values()) if (waiting) lag = Math.max(lag, now - turn);
    return lag;
  }

  get deadline(): Millis | undefined {
    if (this.state === "stopped") return undefined;
    if (this.state === "starting") return this.first;
    let soonest = (this.reading ? undefined : this.onceDue) ?? Infinity;
    for (const { due } of this.groups.values()) soonest = Math.min(soonest, due);
    return soonest === Infinity ? undefined : soonest;
  }

  handle(event: PollEvent | Timeout, now: Millis): PollEffect[] {
    switch (event.type) {
      case "start":
        if (this.state === "stopped") this.start(now);
        return [];
      case "stop":
        this.state = "stopped";
        for (const group of this.groups.values()) group.waiting = false;
        return [];
      case "finished":
        return this.finish(event.ok, now);
      case "steer":
        for (const [point, period] of event.periods) this.move(point, period, now);
        return [];
      case "timeout":
        return this.tick(now);
    }
  }

  private start(now: Millis): void {
    // Whole milliseconds, so that the sums are exact and grids that should coincide do.
    this.base = Math.ceil(now / TURN) * TURN;
    this.first = this.base + this.firstDelay;
    this.state = this.groups.size + this.once.length === 0 ? "started" : "starting";
    this.onceDue = this.once.length === 0 ? undefined : this.first;
    for (const group of this.groups.values()) group.due = this.turnAfter(this.first, group.every);
  }

  private move(point: PointId, steered: Millis | undefined, now: Millis): void {
    const poll = this.polls.get(point);
    const period = steered ?? (typeof poll === "object" ? poll.every : undefined);
    const before = this.groupOf.get(point);
    if (before?.every === period) return;
    before?.points.delete(point);
    this.groupOf.delete(point);
    if (before?.points.size === 0) this.groups.delete(before.every);
    if (period !== undefined) this.join(point, period, this.state === "starting" ? this.first : now);
  }

  /** A group that is new takes its first turn after `from`. */
  private join(point: PointId, every: Millis, from: Millis): void {
    let group = this.groups.get(every);
    if (group === undefined) {
      group = {
        every,
        points: new Set(),
        due: this.turnAfter(from, every),
        turn: from,
        waiting: false,
        running: false,
      };
      this.groups.set(every, group);
    }
    group.points.add(point);
    this.groupOf.set(point, group);
  }

  /**
   * The grid of a period lies somewhere in that period, in steps of the fastest group of the mapping, so that grids
   * coincide; one that is faster has its turns on that group's too. It is the same grid whenever the period comes back.
   */
  private turnAfter(time: Millis, every: Millis): Millis {
    const step = Math.min(this.fastest, every);
    const phase = toTurns(this.spread * this.fastest) + Math.floor((this.turn * every) / step) * step;
    const origin = this.base + phase;
    return origin + (Math.floor((time - origin) / every) + 1) * every;
  }

  private tick(now: Millis): PollEffect[] {
    if (this.state === "stopped" || (this.state === "starting" && now < this.first)) return [];
    if (this.state === "starting") {
      this.state = "started";
      for (const group of this.groups.values()) {
        group.waiting = true;
        group.turn = this.first;
      }
    }
    for (const group of this.groups.values()) if (group.due <= now) this.take(group, now);
    return this.read(now);
  }

  /** The group's turn has come; turns that the clock leapt over are lost too. */
  private take(group: Group, now: Millis): void {
    const turns = Math.floor((now - group.due) / group.every) + 1;
    group.due += turns * group.every;
    this.skippedCount += turns - 1;
    if (group.running || group.waiting) this.skippedCount++;
    else {
      group.waiting = true;
      group.turn = group.due - group.every;
    }
  }

  private read(now: Millis): PollEffect[] {
    if (this.reading) return [];
    const next = [...this.groups.values()].filter(({ waiting }) => waiting);
    // What is read only once rides along with any read.
    const once = this.onceDue !== undefined && (this.onceDue <= now || next.length > 0);
    const points = once ? [...this.once] : [];
    for (const group of next) {
      for (const point of group.points) if (!once || this.polls.get(point) !== "connect") points.push(point);
    }
    if (points.length === 0) return [];
    this.lastLag = 0;
    for (const group of next) {
      group.waiting = false;
      group.running = true;
      this.lastLag = Math.max(this.lastLag, now - group.turn);
    }
    if (once) this.onceDue = undefined;
    this.onceRunning = once;
    this.reading = true;
    return [{ type: "read", points }];
  }

  private finish(ok: boolean, now: Millis): PollEffect[] {
    this.reading = false;
    for (const group of this.groups.values()) group.running = false;
    // Failed: it must not be lost with that read. Due already: the device went and came back meanwhile.
    if (this.onceRunning && !ok) this.onceDue ??= now + ONCE_AGAIN_AFTER;
    this.onceRunning = false;
    return this.state === "started" ? this.read(now) : [];
  }
}

function toTurns(time: Millis): Millis {
  return Math.round(time / TURN) * TURN;
}
