import type { Link, PointId, RawValue } from "../adapter.ts";
import { type Clock, type Millis, type Random, randomFraction, SECOND, type UnixMillis, wallAt } from "../clock.ts";
import { DeviceError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { ModelTree } from "../lwm2m/model-tree.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { Path } from "../lwm2m/path.ts";
import type { Evaluation } from "../lwm2m/report-rules.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { BackedTree } from "../lwm2m/tree.ts";
import { type Drive, drive } from "../machine.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import { absenceOf } from "./absence.ts";
import { Availability, type AvailabilityEffect, type AvailabilityEvent } from "./availability.ts";
import { type BackingPort, DeviceBacking } from "./device-backing.ts";
import { type DeviceModel, deviceModel } from "./device-model.ts";
import { DeviceSession, type SessionListener } from "./device-session.ts";
import { type DeviceHealth, type DeviceState, type DeviceStatus, lifeStatus, valueStatuses } from "./device-status.ts";
import { errorCodeValues, type FixedValue, fixedValues } from "./fixed-values.ts";
import { HeldDevice } from "./held-device.ts";
import { linkValues, UNKNOWN } from "./link-values.ts";
import { type PollEffect, type PollEvent, PollSchedule } from "./poll-schedule.ts";
import { PollWishes } from "./poll-wishes.ts";
import { polledPoints, pollsOf, probePoint } from "./polled-points.ts";
import { qualityValues } from "./quality.ts";
import { Readings } from "./readings.ts";
import type { SharedTrees } from "./shared-trees.ts";
import { Standstill, type StandstillPort } from "./standstill.ts";
import type { ValueRows } from "./value-rows.ts";
import { type ValueView, valueViews } from "./value-views.ts";
import { Values } from "./values.ts";

export interface DeviceSettings {
  readonly plan: DevicePlan;
  readonly prefix: string;
  /** Object 3, for a device whose mapping has none. */
  readonly deviceObject: ObjectDefinition;
  /** Where devices of one type find the objects that they have in common. */
  readonly trees?: SharedTrees;
  /** Where the values of all devices stand side by side. */
  readonly rows?: ValueRows;
  /** The link of the plan, opened where it is not; asked again for each attempt to attach. */
  readonly openLink: () => Promise<Link>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** What a running device tells the program. */
export interface DeviceObserver {
  /** What changed, or is wanted each time, all of one read in one call. Paths carry the prefix. */
  onSamples(device: Device, samples: readonly Sample[]): void;
  onStateChange(device: Device, state: DeviceState): void;
}

/** Whoever asks for raw values waits for so long. */
const LONGEST_LOOK: Millis = 4 * SECOND;
const NONE: ReadonlyMap<PointId, RawValue> = new Map();

/** One running device: attaches to its link, polls it, keeps its values, knows whether it is there. */
export class Device {
  readonly prefix: string;
  /** What servers see under its prefix. */
  readonly tree: BackedTree;
  /** What stands behind the tree. */
  readonly backing: DeviceBacking;
  private readonly values: Values;
  readonly plan: DevicePlan;
  /** Why it is not asked, where somebody says so. */
  readonly standstill: Standstill;
  /** What may be asked of it while it is held. */
  readonly held: HeldDevice;
  private readonly settings: DeviceSettings;
  private readonly observer: DeviceObserver;
  private readonly model: DeviceModel;
  private readonly readings: Readings;
  private readonly session: DeviceSession;
  private readonly schedule: PollSchedule;
  private readonly wishes: PollWishes;
  private readonly availability: Availability;
  private readonly polls: Drive<PollEvent>;
  private readonly presence: Drive<AvailabilityEvent>;
  private since: Millis;
  private lastHeard: Millis | undefined;
  private outages = 0;
  private closed = false;

  constructor(settings: DeviceSettings, observer: DeviceObserver) {
    const { plan, prefix, clock, random, log } = settings;
    const fraction = (): number => randomFraction(random);
    this.plan = plan;
    this.prefix = prefix;
    this.settings = settings;
    this.observer = observer;
    this.model = deviceModel(plan, prefix, settings.deviceObject, settings.trees);
    this.values = new Values(this.model.leaves, settings.rows);
    this.readings = new Readings(this.model, this.values, clock, log);
    const { device, resources } = plan;
    this.session = new DeviceSession(
      { ...settings, device, points: () => pointsOf(resources) },
      this.sessionListener(),
    );
    this.standstill = new Standstill(this.session, this.standstillPort());
    this.held = new HeldDevice(this.session, this.model, this.values);
    const points = polledPoints(this.model);
    this.schedule = new PollSchedule(pollsOf(points), fraction);
    this.wishes = new PollWishes(points, plan.availability);
    this.availability = new Availability(plan.availability, fraction, probePoint(plan) !== undefined);
    this.polls = drive(this.schedule, clock, (effect) => this.poll(effect));
    this.presence = drive(this.availability, clock, (effect) => this.follow(effect));
    this.since = clock.monotonic();
    const { model, values, readings, session } = this;
    const holds = plan.availability.whenOffline !== "error";
    this.backing = new DeviceBacking({ prefix, model, values, readings, session, clock, holds }, this.backingPort());
    this.tree = new ModelTree(this.backing);
  }

  get state(): DeviceState {
    return this.availability.state;
  }

  /** Whether it answers, so far as anybody knows: one that is held was there before, or was not. */
  get answers(): boolean {
    const { state, lastKnown } = this.availability;
    return state === "held" ? lastKnown === "online" : state === "online";
  }

  start(): void {
    this.takeFixed([...fixedValues(this.model), ...linkValues(this.model, UNKNOWN), ...this.quality()]);
    this.presence({ type: "start" });
  }

  /**
   * What those who observe this very path wish how often it is read, all of them; none: nobody observes it. What comes of it
   * stays within what the mapping allows.
   */
  steer(observed: Path, wishes: readonly Evaluation[]): void {
    const each = wishes.some((wish) => wish.each === true);
    this.values.tellEach(observed, each);
    const periods = this.wishes.set(observed, wishes);
    if (periods.size > 0) this.polls({ type: "steer", periods });
  }

  status(): DeviceStatus {
    const { plan, prefix, availability, session, lastHeard } = this;
    const { clock } = this.settings;
    return {
      id: plan.id,
      prefix,
      mapping: plan.mapping,
      link: plan.link,
      ...lifeStatus(availability, plan.availability, clock),
      since: wallAt(clock, this.since),
      ...(lastHeard === undefined ? {} : { lastHeard: wallAt(clock, lastHeard) }),
      values: valueStatuses(this.model, this.values, clock.monotonic(), this.wishes),
      counters: { ...session.counters, skippedPolls: this.schedule.skipped, outages: this.outages },
    };
  }

  /** What of that a monitoring counts: a fraction of the work. */
  health(): DeviceHealth {
    const { plan, availability, lastHeard, values, session } = this;
    const now = this.settings.clock.monotonic();
    return {
      id: plan.id,
      link: plan.link,
      state: availability.state,
      ...(lastHeard === undefined ? {} : { silence: now - lastHeard }),
      values: this.model.leaves.length,
      bad: values.badCount,
      pollLag: this.schedule.lag(now),
      counters: { ...session.counters, skippedPolls: this.schedule.skipped, outages: this.outages },
    };
  }

  /** By how much what was due first, a poll or a try to reach it, has missed its time. */
  overdue(): Millis {
    const due = Math.min(this.schedule.deadline ?? Infinity, this.availability.deadline ?? Infinity);
    return this.closed ? 0 : Math.max(0, this.settings.clock.monotonic() - due);
  }

  /**
   * Each value for a person who looks at this device. `raw`: it is asked once more, where it can be, and what the wire carries is kept
   * from now on.
   */
  async valueViews(raw: boolean): Promise<readonly ValueView[]> {
    if (raw) await this.readRaw();
    const { values } = this.status();
    return valueViews(this.model, values, { state: this.state, raws: raw ? this.readings.raw : NONE });
  }

  /** The hardware is another one from now on: what its counters say may begin anew. */
  replaced(): void {
    this.readings.renew();
  }

  /** The clock is right now: the machine started then. */
  dated(started: UnixMillis): void {
    this.values.dated(started);
  }

  /** Nothing is reported afterwards. Never rejects. */
  async close(): Promise<void> {
    this.closed = true;
    this.polls.stop();
    this.presence.stop();
    await this.session.close();
  }

  /** Resolves after some seconds at most: a slow device goes on telling. */
  private async readRaw(): Promise<void> {
    void this.readings.raw;
    const points = [...pollsOf(polledPoints(this.model)).keys()];
    if (this.state !== "online" || points.length === 0) return;
    const { clock } = this.settings;
    const reading = this.session.read(points).catch(expectDeviceError);
    await new Promise<void>((resolve) => {
      const cancel = clock.at(clock.monotonic() + LONGEST_LOOK, resolve);
      void reading.then(() => {
        cancel();
        resolve();
      });
    });
  }

  private sessionListener(): SessionListener {
    return {
      onRead: (points, result, order) => this.report(this.readings.takeRead(points, result, order)),
      onHeard: () => this.hear(),
      onFailed: ({ message }) => this.presence({ type: "failed", reason: message }),
      onReadings: (readings, refused = []) => {
        if (readings.length + refused.length > 0) this.hear();
        this.report(this.readings.takeUnasked(readings, refused));
      },
      onReachable: (reachable, reason = "the link to it is down") =>
        this.presence(reachable ? { type: "found" } : { type: "lost", reason }),
      onConnectivity: (connectivity) => this.takeFixed(linkValues(this.model, connectivity)),
    };
  }

  private backingPort(): BackingPort {
    return {
      absence: () => absenceOf(this.plan.id, this.availability, this.lastHeard, this.settings.clock),
      report: (samples) => this.report(samples),
    };
  }

  private standstillPort(): StandstillPort {
    return {
      onStopped: (state, reason) => {
        if (this.state !== state) this.since = this.settings.clock.monotonic();
        this.presence({ type: "pause", state, reason });
        this.polls({ type: "stop" });
        this.backing.offline();
        this.takeFixed(this.quality());
      },
      onOver: () => {
        this.since = this.settings.clock.monotonic();
        this.presence({ type: "resume" });
        if (this.state !== "offline") this.backing.online();
      },
    };
  }

  private hear(): void {
    this.lastHeard = this.settings.clock.monotonic();
    this.presence({ type: "heard" });
  }

  private report(samples: readonly Sample[]): void {
    if (samples.length > 0 && !this.closed) this.observer.onSamples(this, samples);
  }

  private poll({ points }: PollEffect): void {
    const finish = (ok: boolean): void => this.polls({ type: "finished", ok });
    void this.session.read(points).then(
      () => finish(true),
      (error) => {
        expectDeviceError(error);
        finish(false);
      },
    );
  }

  private follow(effect: AvailabilityEffect): void {
    switch (effect.type) {
      case "probe":
        void this.probe();
        break;
      case "online":
        this.backing.online();
        this.polls({ type: "start" });
        this.changeState();
        this.settings.log.info({}, "the device is online");
        break;
      case "offline":
        this.outages++;
        this.backing.offline();
        this.polls({ type: "stop" });
        this.changeState();
        this.settings.log.warn(
          { code: "LG554", reason: effect.reason, ...this.untilNextTry() },
          "the device is offline",
        );
        break;
      default:
        effect satisfies never;
    }
  }

  private changeState(): void {
    const { model, prefix, state, settings } = this;
    const { clock } = settings;
    this.since = clock.monotonic();
    this.takeFixed([...errorCodeValues(model, prefix, state === "offline"), ...this.quality()]);
    if (!this.closed) this.observer.onStateChange(this, state);
  }

  private takeFixed(values: readonly FixedValue[]): void {
    this.report(this.readings.takeFixed(values, this.settings.clock.wall()));
  }

  private quality(): readonly FixedValue[] {
    return qualityValues(this.model, this.values, this.state === "online");
  }

  /** Attaches, and asks for one point. The session tells what came of it. */
  private async probe(): Promise<void> {
    try {
      await this.session.attach();
      this.presence({ type: "attached" });
      const point = probePoint(this.plan);
      if (point !== undefined) await this.session.read([point]);
    } catch (error) {
      expectDeviceError(error);
    }
    this.presence({ type: "probed" });
  }

  /** For the log, as a person reads it. */
  private untilNextTry(): { readonly until?: string } {
    const { nextTry } = this.availability;
    return nextTry === undefined ? {} : { until: new Date(wallAt(this.settings.clock, nextTry)).toISOString() };
  }
}

/** A failed request was told already, to availability and log; anything else is a bug, and must be seen. */
function expectDeviceError(error: unknown): void {
  if (!(error instanceof DeviceError)) throw error;
}

/** What the adapter must know of the points; made anew for each attempt to attach, since the adapter keeps it. */
function pointsOf(resources: DevicePlan["resources"]): ReadonlyMap<PointId, unknown> {
  return new Map(
    [...resources.values()].flatMap(({ point, source }) =>
      source.kind === "point" ? [[point, source.point] as const] : [],
    ),
  );
}
