/**
 * When the points of one device are read. Each poll group has a grid of times that never drifts; groups that fall due
 * together are one read; one read runs at a time. A poll that cannot run in its turn is skipped, never queued.
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

interface Group {
  readonly every: Millis;
  readonly points: readonly PointId[];
  /** Where its grid lies from the start: over the whole period, in steps of the fastest group, so that grids coincide. */
  readonly phase: Millis;
  due: Millis;
  /** Its turn came while the line was busy with other groups: it goes next, once. */
  waiting: boolean;
  /** Whether the running read is (also) its own. */
  running: boolean;
}

export class PollSchedule implements Machine<PollEvent, PollEffect> {
  private readonly groups: readonly Group[];
  /** Read once after each connection. */
  private readonly once: readonly PointId[];
  private readonly firstDelay: Millis;
  private state: "stopped" | "starting" | "started" = "stopped";
  private first: Millis = 0;
  /** When the points of `once` are owed; undefined: this connection has them, or they are being read. */
  private onceDue: Millis | undefined;
  private onceRunning = false;
  private reading = false;
  private skippedCount = 0;

  /** `fraction`: random numbers in [0, 1), which spread devices that start together. */
  constructor(points: ReadonlyMap<PointId, Poll>, fraction: () => number) {
    const periods = new Map<Millis, PointId[]>();
    const once: PointId[] = [];
    for (const [point, poll] of points) {
      if (poll === "connect") once.push(point);
      else if (poll !== "never") periods.set(poll.every, [...(periods.get(poll.every) ?? []), point]);
    }
    const fastest = Math.min(...periods.keys());
    const spread = fraction();
    this.once = once;
    this.firstDelay = Math.round(spread * Math.min(fastest, FIRST_READ_WITHIN));
    this.groups = [...periods].map(([every, members]) => ({
      every,
      points: members,
      phase: Math.round(spread * fastest) + Math.floor((fraction() * every) / fastest) * fastest,
      due: 0,
      waiting: false,
      running: false,
    }));
  }

  /** Turns that were not taken because the group's own read before was still running or still waited for the line. */
  get skipped(): number {
    return this.skippedCount;
  }

  get deadline(): Millis | undefined {
    if (this.state === "stopped") return undefined;
    if (this.state === "starting") return this.first;
    const once = this.reading ? undefined : this.onceDue;
    const soonest = Math.min(once ?? Infinity, ...this.groups.map(({ due }) => due));
    return soonest === Infinity ? undefined : soonest;
  }

  handle(event: PollEvent | Timeout, now: Millis): PollEffect[] {
    switch (event.type) {
      case "start":
        if (this.state === "stopped") this.start(now);
        return [];
      case "stop":
        this.state = "stopped";
        for (const group of this.groups) group.waiting = false;
        return [];
      case "finished":
        return this.finish(event.ok, now);
      case "timeout":
        return this.tick(now);
    }
  }

  private start(now: Millis): void {
    if (this.groups.length === 0 && this.once.length === 0) return;
    // Whole milliseconds, so that the sums are exact and grids that should coincide do.
    const base = Math.ceil(now);
    this.state = "starting";
    this.first = base + this.firstDelay;
    this.onceDue = this.once.length === 0 ? undefined : this.first;
    for (const group of this.groups) {
      group.due = base + group.phase;
      while (group.due <= this.first) group.due += group.every;
    }
  }

  private tick(now: Millis): PollEffect[] {
    if (this.state === "stopped" || (this.state === "starting" && now < this.first)) return [];
    if (this.state === "starting") {
      this.state = "started";
      for (const group of this.groups) group.waiting = true;
    }
    for (const group of this.groups) if (group.due <= now) this.take(group, now);
    return this.read(now);
  }

  /** The group's turn has come; turns that the clock leapt over are lost too. */
  private take(group: Group, now: Millis): void {
    const turns = Math.floor((now - group.due) / group.every) + 1;
    group.due += turns * group.every;
    this.skippedCount += turns - 1;
    if (group.running || group.waiting) this.skippedCount++;
    else group.waiting = true;
  }

  private read(now: Millis): PollEffect[] {
    if (this.reading) return [];
    const next = this.groups.filter(({ waiting }) => waiting);
    const points = next.flatMap((group) => group.points);
    // What is read only once rides along with any read.
    const once = this.onceDue !== undefined && (this.onceDue <= now || next.length > 0);
    if (once) points.unshift(...this.once);
    if (points.length === 0) return [];
    for (const group of next) {
      group.waiting = false;
      group.running = true;
    }
    if (once) this.onceDue = undefined;
    this.onceRunning = once;
    this.reading = true;
    return [{ type: "read", points }];
  }

  private finish(ok: boolean, now: Millis): PollEffect[] {
    this.reading = false;
    for (const group of this.groups) group.running = false;
    // Failed: it must not be lost with that read. Due already: the device went and came back meanwhile.
    if (this.onceRunning && !ok) this.onceDue ??= now + ONCE_AGAIN_AFTER;
    this.onceRunning = false;
    return this.state === "started" ? this.read(now) : [];
  }
}
