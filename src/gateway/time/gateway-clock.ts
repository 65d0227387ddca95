/**
 * The clock of the whole gateway. Below it nobody has to ask whether the machine knows what time it is: as long as it does not,
 * times count from the start of the machine (see `Undated` in clock.ts), go on when the process is started again, and are dated
 * when somebody sets the clock. From then on they are those of the machine, whatever is done to its clock.
 */
import { type Clock, MINUTE, type Millis, SECOND, type Undated, type UnixMillis } from "../../clock.ts";
import { formatDuration } from "../../duration.ts";
import type { Logger } from "../../log.ts";
import type { CertificateTime } from "../../servers/transport/dtls.ts";
import type { HistoryBoot, KnownTime } from "../../store/store.ts";
import { type Boot, type ClockSign, earliestStart, FIRST_TIME, verdict } from "./clock-verdict.ts";

export interface GatewayClockOptions {
  /** The machine's, right or wrong. */
  readonly system: Clock;
  readonly boot: Boot;
  /** Asked every second until the clock is right. */
  readonly sign: () => ClockSign;
  /** `gateway.clock: trusted`: the machine is always believed. */
  readonly believed: boolean;
  /** What the run before left. */
  readonly known: KnownTime | undefined;
  readonly log: Logger;
}

export interface GatewayClockListener {
  /** The clock is right, and was not before, or nobody had said so: the machine started then. */
  onDated(started: UnixMillis): void;
  /** To be kept for the next run. */
  onKnown(known: KnownTime): void;
}

/** As `status` shows it; plain data. */
export interface ClockStatus {
  readonly trusted: boolean;
  /** Why, as a sentence. */
  readonly reason: string;
  /** The last time that somebody set it while it was right: what it said then, and by how much, forwards where positive. */
  readonly lastStep?: { readonly at: UnixMillis; readonly by: Millis };
}

export class GatewayClock implements Clock {
  private readonly options: GatewayClockOptions;
  /** From monotonic time to the time since the machine started. */
  private readonly head: Millis;
  /** The machine did not start before. */
  private readonly earliest: UnixMillis;
  /** It was right before in this run of the machine. */
  private continued: boolean;
  private listener: GatewayClockListener | undefined;
  private reason = "";
  /** When the machine started; undefined: nobody knows what time it is. */
  private begun: { readonly started: UnixMillis } | undefined;
  /** How far the machine's clock was from monotonic time at the last look, and when that was. */
  private distance = 0;
  private looked: Millis = 0;
  private lastStep: ClockStatus["lastStep"];
  private saved: Millis = 0;
  private cancel: () => void = () => {};

  constructor(options: GatewayClockOptions) {
    const { system, boot, known } = options;
    this.options = options;
    this.head = boot.uptime - system.monotonic();
    this.earliest = earliestStart(known, boot);
    this.continued = known?.trusted === true && known.boot === boot.id;
    this.judge();
  }

  monotonic(): Millis {
    return this.options.system.monotonic();
  }

  wall(): UnixMillis {
    if (this.begun === undefined) return this.uptime;
    const wall = this.options.system.wall();
    this.compare(wall);
    return this.trusted ? wall : this.uptime;
  }

  at(time: Millis, task: () => void): () => void {
    return this.options.system.at(time, task);
  }

  get undated(): Undated {
    return this.begun ?? { now: this.uptime };
  }

  get trusted(): boolean {
    return this.begun !== undefined;
  }

  get status(): ClockStatus {
    const { trusted, reason, lastStep } = this;
    return { trusted, reason, ...(lastStep === undefined ? {} : { lastStep }) };
  }

  /**
   * When the machine started, as well as can be said: what it measures keeps this date where it ends without ever knowing the
   * time.
   */
  get started(): UnixMillis {
    return this.begun?.started ?? Math.max(this.earliest, this.options.system.wall() - this.uptime);
  }

  /** By which the dates of certificates are judged. */
  get forCertificates(): CertificateTime {
    const now = this.wall();
    return this.trusted ? { now } : { now: undefined, earliest: this.earliest + this.uptime };
  }

  /** This run of the machine, for what it measures without knowing the time. */
  get boot(): HistoryBoot {
    const { started, trusted: known } = this;
    // Without a name it is as good as the date that what it measures would get.
    return { id: this.options.boot.id ?? `from ${started}`, started, known };
  }

  /** Looks after the machine's clock from now on. */
  watch(listener: GatewayClockListener): void {
    this.listener = listener;
    const { reason } = this;
    if (this.begun !== undefined) listener.onDated(this.begun.started);
    else
      this.options.log.warn(
        { code: "LG890", reason },
        "nobody knows what time it is: what is measured gets its time later",
      );
    this.keep();
    this.look();
  }

  /** Ends the watch. Returns what the next run is to know. */
  stop(): KnownTime {
    this.cancel();
    this.listener = undefined;
    return this.known();
  }

  private look(): void {
    const { system, log } = this.options;
    if (this.begun !== undefined) this.compare(system.wall());
    else if (this.judge()) {
      log.info({ reason: this.reason }, "the clock is right: what was measured before has its time now");
      this.listener?.onDated(this.started);
      this.keep();
    }
    const now = system.monotonic();
    if (now - this.saved >= SAVED_EVERY) this.keep();
    this.cancel = system.at(now + (this.trusted ? LOOK_AGAIN : SECOND), () => this.look());
  }

  /** Returns whether the clock is right. */
  private judge(): boolean {
    const { system, sign, believed } = this.options;
    const [wall, uptime] = [system.wall(), this.uptime];
    const { earliest, continued } = this;
    const { trusted, reason } = verdict({ wall, earliest: earliest + uptime, sign: sign(), continued, believed });
    this.reason = reason;
    this.begun = trusted ? { started: wall - uptime } : undefined;
    this.distance = wall - system.monotonic();
    this.looked = system.monotonic();
    return trusted;
  }

  /** Sees that somebody has set the clock. What is only slewed moves by less. */
  private compare(wall: UnixMillis): void {
    const now = this.options.system.monotonic();
    const distance = wall - now;
    const by = distance - this.distance;
    const elapsed = now - this.looked;
    this.distance = distance;
    this.looked = now;
    if (Math.abs(by) > SMALLEST_STEP + elapsed * FASTEST_SLEW) this.onStep(wall, Math.round(by));
  }

  private onStep(wall: UnixMillis, by: Millis): void {
    const { log, believed } = this.options;
    this.lastStep = { at: wall, by };
    const fields = { from: iso(wall - by), to: iso(wall) };
    if (wall < FIRST_TIME && !believed) {
      this.begun = undefined;
      this.continued = false;
      this.judge();
      log.warn(
        { code: "LG890", ...fields },
        "the clock was set to a time that cannot be: what is measured gets its time later",
      );
      return;
    }
    const sentence = `the clock was set ${by > 0 ? "forwards" : "back"}: what was measured before keeps its time`;
    log.warn({ code: "LG890", by: formatDuration(rounded(Math.abs(by))), ...fields }, sentence);
    this.keep();
  }

  private keep(): void {
    this.saved = this.options.system.monotonic();
    this.listener?.onKnown(this.known());
  }

  /** While nobody knows the time, at least that it is not earlier. */
  private known(): KnownTime {
    const { system, boot } = this.options;
    const { trusted, uptime } = this;
    return { time: trusted ? system.wall() : this.earliest + uptime, boot: boot.id ?? "", uptime, trusted };
  }

  /** In whole milliseconds. */
  private get uptime(): Millis {
    return Math.round(this.options.system.monotonic() + this.head);
  }
}

/** To what a person wants to know of it. */
function rounded(span: Millis): Millis {
  return span < 10 * SECOND ? span : Math.round(span / SECOND) * SECOND;
}

function iso(time: UnixMillis): string {
  return new Date(time).toISOString();
}

const SMALLEST_STEP: Millis = SECOND / 2;
/** Of chronyd, which is the fastest: a twelfth of the time that passes. */
const FASTEST_SLEW = 0.1;
/** A step is seen with the next value, or the next look. */
const LOOK_AGAIN: Millis = 10 * SECOND;
const SAVED_EVERY: Millis = 10 * MINUTE;
