/**
 * Whether a device is there. One rule: anything heard counts, a refusal too. It goes offline after several failed requests
 * in a row, after a silence, or whichever comes first. Offline devices are probed, ever more rarely, one probe at a time.
 */
import type { Millis } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { Machine, Timeout } from "../machine.ts";
import type { AvailabilityRule } from "../mapping/plan-types.ts";
import type { DeviceState } from "./device-status.ts";

export type AvailabilityEvent =
  | { readonly type: "start" }
  /** The link took the device; it has not been heard yet. */
  | { readonly type: "attached" }
  /** Anything came from the device: a value, a confirmation, a refusal. */
  | { readonly type: "heard" }
  /** A request got no answer, or none that makes sense. */
  | { readonly type: "failed"; readonly reason: string }
  /** The probe is over; what it heard, or that it failed, was told before. */
  | { readonly type: "probed" }
  /** The link knows that the device cannot be reached … */
  | { readonly type: "lost"; readonly reason: string }
  /** … or that it can again, which proves nothing yet. */
  | { readonly type: "found" }
  /** Its link is paused, or it is held: what is heard or fails until `resume` says nothing of the device. */
  | { readonly type: "pause"; readonly state: "paused" | "held"; readonly reason: string }
  | { readonly type: "resume" };

export type AvailabilityEffect =
  | { readonly type: "online" }
  | { readonly type: "offline"; readonly reason: string }
  /** Attach the device where it is not, ask it for something small, tell the outcome as `heard` or `failed`, then `probed`. */
  | { readonly type: "probe" };

/** Where silence alone makes a device offline: after so many failures its pauses grow all the same. */
const FAILURES_IN_A_ROW = 3;

export class Availability implements Machine<AvailabilityEvent, AvailabilityEffect> {
  private readonly rule: AvailabilityRule;
  private readonly fraction: () => number;
  private readonly asked: boolean;
  private current: DeviceState = "connecting";
  /** What it was before it was paused, or held. */
  private before: DeviceState = "connecting";
  private why: string | undefined;
  private failures = 0;
  private probes = 0;
  private delay: Millis;
  private probing = false;
  private attached = false;
  private nextProbe: Millis | undefined;
  private silentAt: Millis | undefined;

  /**
   * `fraction`: random numbers in [0, 1), so that devices that failed together are not probed together. `asked`: a probe asks
   * the device for something; of one that speaks by itself it only sees that it is attached.
   */
  constructor(rule: AvailabilityRule, fraction: () => number, asked = true) {
    this.rule = rule;
    this.asked = asked;
    this.fraction = fraction;
    this.delay = rule.retry.first;
  }

  get state(): DeviceState {
    return this.current;
  }

  /** The same, or what it was before it was paused or held. */
  get lastKnown(): DeviceState {
    return this.current === "paused" || this.current === "held" ? this.before : this.current;
  }

  /** Why it is offline, or why the last request failed. */
  get reason(): string | undefined {
    return this.why;
  }

  /** When it is probed next; undefined where none is planned. */
  get nextTry(): Millis | undefined {
    return this.nextProbe;
  }

  /** How many probes it has had since it was heard. */
  get tries(): number {
    return this.probes;
  }

  /** How many requests in a row have failed. */
  get failed(): number {
    return this.failures;
  }

  /** When it will be offline, unless something is heard; undefined where no silence makes it so, or it is. */
  get offlineAt(): Millis | undefined {
    return this.silentAt;
  }

  get deadline(): Millis | undefined {
    if (this.nextProbe === undefined || this.silentAt === undefined) return this.nextProbe ?? this.silentAt;
    return Math.min(this.nextProbe, this.silentAt);
  }

  handle(event: AvailabilityEvent | Timeout, now: Millis): AvailabilityEffect[] {
    const waits = this.current === "paused" || this.current === "held";
    return waits ? this.wait(event, now) : this.live(event, now);
  }

  private live(event: AvailabilityEvent | Timeout, now: Millis): AvailabilityEffect[] {
    switch (event.type) {
      case "start":
        this.awaitVoice(now);
        return this.probe();
      case "attached":
        return this.attach(now);
      case "heard":
        return this.hear(now);
      case "failed":
        return this.fail(event.reason, now);
      case "probed":
        this.probing = false;
        if (this.current !== "online" || this.failures > 0) this.planProbe(now);
        return [];
      case "lost": {
        const effects = this.goOffline(event.reason);
        this.planProbe(now);
        return effects;
      }
      case "found":
        // The pauses were about a device that was away; it gets a fresh start.
        this.delay = this.rule.retry.first;
        return this.current === "online" ? [] : this.probe();
      case "pause":
        this.before = this.current;
        this.pause(event);
        return [];
      case "resume":
        return [];
      case "timeout":
        return this.tick(now);
    }
  }

  /** Nothing counts but the end of the pause. */
  private wait(event: AvailabilityEvent | Timeout, now: Millis): AvailabilityEffect[] {
    switch (event.type) {
      case "pause":
        this.pause(event);
        return [];
      case "probed":
        this.probing = false;
        return [];
      case "resume":
        return this.resume(now);
      case "start":
      case "attached":
      case "heard":
      case "failed":
      case "lost":
      case "found":
      case "timeout":
        return [];
    }
  }

  private pause({ state, reason }: Extract<AvailabilityEvent, { type: "pause" }>): void {
    this.current = state;
    this.why = reason;
    this.attached = false;
    this.failures = 0;
    this.nextProbe = undefined;
    this.silentAt = undefined;
  }

  /** It is looked for at once; one that was away is away until it is heard. */
  private resume(now: Millis): AvailabilityEffect[] {
    const since = this.current === "held" ? "it was held" : "its link was paused";
    this.current = this.before === "offline" ? "offline" : "connecting";
    this.why = this.before === "offline" ? `not heard since ${since}` : undefined;
    this.probes = 0;
    this.delay = this.rule.retry.first;
    if (this.current !== "offline") this.awaitVoice(now);
    return this.probe();
  }

  /** Whether a probe has nothing to do. */
  private get isListenedTo(): boolean {
    return !this.asked && this.attached;
  }

  private attach(now: Millis): AvailabilityEffect[] {
    this.attached = true;
    if (!this.asked && this.current !== "offline") this.awaitVoice(now);
    return [];
  }

  private hear(now: Millis): AvailabilityEffect[] {
    this.failures = 0;
    this.probes = 0;
    this.delay = this.rule.retry.first;
    this.nextProbe = undefined;
    this.why = undefined;
    this.awaitVoice(now);
    if (this.current === "online") return [];
    this.current = "online";
    return [{ type: "online" }];
  }

  private fail(reason: string, now: Millis): AvailabilityEffect[] {
    this.why = reason;
    this.failures++;
    const effects = this.failures >= (this.rule.failures ?? Infinity) ? this.goOffline(reason) : [];
    this.planProbe(now);
    return effects;
  }

  private goOffline(reason: string): AvailabilityEffect[] {
    this.why = reason;
    this.silentAt = undefined;
    if (this.current === "offline") return [];
    this.current = "offline";
    return [{ type: "offline", reason }];
  }

  private tick(now: Millis): AvailabilityEffect[] {
    if (this.silentAt !== undefined && this.silentAt <= now) {
      const effects = this.goOffline(this.silenceOf(this.rule.silence ?? 0));
      this.planProbe(now);
      return effects;
    }
    return this.nextProbe !== undefined && this.nextProbe <= now ? this.probe() : [];
  }

  /** One at a time: where the last still runs, its end plans the next. */
  private probe(): AvailabilityEffect[] {
    this.nextProbe = undefined;
    if (this.probing || this.isListenedTo) return [];
    this.probing = true;
    this.probes++;
    return [{ type: "probe" }];
  }

  /**
   * The next question, unless one is planned. A device that fails once is asked again soon, not at its next
   * poll, which may be an hour away; the pauses grow once it is offline, or as good as that. The jitter only shortens them: nobody waits
   * longer than the rule says.
   */
  private planProbe(now: Millis): void {
    if (this.nextProbe !== undefined || this.isListenedTo) return;
    this.nextProbe = now + this.delay * (1 - this.fraction() / 5);
    const away = this.current === "offline" || this.failures >= (this.rule.failures ?? FAILURES_IN_A_ROW);
    if (away) this.delay = Math.min(this.delay * 2, this.rule.retry.longest);
  }

  /** What the last request met says more than that nothing came. */
  private silenceOf(silence: Millis): string {
    const nothing = `nothing heard for ${formatDuration(silence)}`;
    return this.why === undefined ? nothing : `${nothing}: ${this.why}`;
  }

  private awaitVoice(now: Millis): void {
    this.silentAt = this.rule.silence === undefined ? undefined : now + this.rule.silence;
  }
}
