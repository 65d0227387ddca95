/** The observations of one server: granted, told of changes, and turned into notifications. */
import { CODE } from "../coap/codes.ts";
import type { ExchangeId } from "../coap/endpoint.ts";
import { type CoapMessage, NO_PAYLOAD } from "../coap/options.ts";
import type { Attributes } from "../lwm2m/attributes.ts";
import { type ObservationId, pathObserved } from "../lwm2m/observation-id.ts";
import type { ObservationEffect, ObservationEvent, Observations } from "../lwm2m/observations.ts";
import type { Path } from "../lwm2m/path.ts";
import { overlap, selfAndAbove } from "../lwm2m/path-overlap.ts";
import type { Evaluation } from "../lwm2m/report-rules.ts";
import { type Sample, sameValue } from "../lwm2m/sample.ts";
import { type Drive, drive } from "../machine.ts";
import { readComposite } from "./composite.ts";
import { tellableUntimed } from "./held-values.ts";
import { isThere } from "./known-tree.ts";
import { LiveObservations, type Observing } from "./live-observations.ts";
import { Notifications, type NotificationsOptions } from "./notifications.ts";
import type { Outbox, OutboxCounters } from "./outbox.ts";
import type { NotificationPort } from "./outbox-ports.ts";
import { readableSamples } from "./report-batch.ts";
import type { Granted } from "./requests.ts";
import { VoidedObservations } from "./voided-observations.ts";

/** The 4.04 that ends an observation is in nobody's books. */
const UNCOUNTED = 0;

type Due = ObservationEffect & { readonly type: "due" };

/** An observation of the process before this one. */
export interface RestoredObservation extends Observing {
  /** Those in the request itself. */
  readonly attributes?: Attributes;
}

export interface ReportsOptions extends NotificationsOptions {
  readonly server: number;
  readonly machine: Observations;
  /** The newest measurement that is known of a path, without asking a device. */
  readonly latest: (path: Path) => Sample | undefined;
  /** /1/x/6, asked at each report: whether reports are kept for a server that is away. */
  readonly storing: () => boolean;
  /** Whose values lie at a path: "" is the gateway itself, whom nobody polls; what has one name is read together. */
  readonly ownerOf: (path: Path) => string;
  /** How often what devices have is to be evaluated for an observation; empty: it has ended. */
  readonly onEvaluation: (id: ObservationId, evaluations: readonly Evaluation[]) => void;
  /** Reports that an observation keeps for a server that is away, where no hqmax says how many. */
  readonly keep: number;
  /** `observing` gives others now. */
  readonly onObserving?: () => void;
  /** Makes the outbox of these notifications, which it asks for when something is owed. */
  readonly makeOutbox: (notifications: () => NotificationPort) => Outbox;
}

export class Reports {
  readonly outbox: Outbox;
  private readonly options: ReportsOptions;
  private readonly feed: Drive<ObservationEvent>;
  private readonly live: LiveObservations;
  private readonly voided = new VoidedObservations();

  constructor(options: ReportsOptions) {
    this.options = options;
    this.feed = drive(options.machine, options.clock, (effect) => this.perform(effect));
    this.live = new LiveObservations(options.server);
    this.outbox = options.makeOutbox(() => new Notifications(this.live, options));
  }

  /** What waits since before this run: it waits for the server to observe again, or goes by Send. */
  adopt(ids: readonly ObservationId[]): void {
    const own = ids.filter((id) => id.startsWith(`${this.options.server} `));
    this.outbox.adopt(own);
    for (const id of own) {
      const path = pathObserved(id);
      if (path !== undefined) this.voided.add(id, path);
    }
  }

  /** What is observed; of composite observations each of their paths. */
  get paths(): readonly Path[] {
    return this.live.paths;
  }

  get counters(): OutboxCounters {
    return this.outbox.counters;
  }

  /** Every observation that stands, with the exchange that began it. */
  get observing(): Iterable<Observing> {
    return this.live.all();
  }

  /** Whether one more observation, or this one again, can be granted. */
  hasRoomFor(wanted: Granted): boolean {
    return this.live.hasRoomFor(wanted);
  }

  /**
   * The server observes, and has its answer: from now on changes below the paths are reported to it. A second Observe of a
   * path, or Observe-Composite of the same list, replaces the first; what an earlier one is still owed goes to the new one.
   */
  grant(exchange: ExchangeId, { paths, composite, codec, samples, attributes }: Granted): void {
    const id = this.live.idOf({ paths, composite });
    // A format without times has told the newest value in the answer: what is older would pass for newer.
    if (!codec.carriesTime) this.outbox.supersede(id);
    // The new one stands before the old one ends, whose unacknowledged notification then goes again, to the new one.
    const before = this.stand(id, { exchange, paths, composite, codec }, false);
    if (before !== undefined) this.options.notifier.endObservation(before.exchange);
    const asked = attributes === undefined ? {} : { attributes };
    this.feed({ type: "observe", id, paths, composite, samples, ...asked });
    if (composite) this.changed(samples.flatMap((sample) => this.newer(sample)));
    this.outbox.release(id);
  }

  /**
   * The server observed before this process began, and may still do so. What it was told last is not known, so that it is told what
   * there is; what it is owed from before waits for the registration.
   */
  restore(observations: readonly RestoredObservation[]): void {
    for (const { exchange, paths, composite, codec, attributes } of observations) {
      const id = this.live.idOf({ paths, composite });
      this.stand(id, { exchange, paths, composite, codec }, true);
      const asked = attributes === undefined ? {} : { attributes };
      this.feed({ type: "restore", id, paths, composite, ...asked });
      this.outbox.release(id);
    }
    // Each device for itself: one that is silent must not keep the others waiting.
    const observed = new Map<string, Set<Path>>();
    for (const path of observations.flatMap(({ paths }) => paths)) {
      const owner = this.options.ownerOf(path);
      observed.set(owner, (observed.get(owner) ?? new Set()).add(path));
    }
    for (const paths of observed.values()) this.readAnew(paths);
  }

  /** The registration of before goes on: of what is observed and is not there any more, the server hears 4.04. */
  endMissing(): void {
    const single = [...this.live.all()].filter(({ composite }) => !composite);
    const missing = single.flatMap(({ paths }) => paths.filter((path) => !isThere(this.options.treeOf, path)));
    for (const path of missing) this.removed(path);
  }

  /** The server ended the observation that this exchange began. */
  cancel(exchange: ExchangeId): void {
    const id = this.live.of(exchange);
    if (id === undefined) return;
    this.forget(id);
    this.feed({ type: "cancel", id });
  }

  changed(samples: readonly Sample[], gone: readonly Path[] = []): void {
    this.feed({ type: "changed", samples, gone });
    for (const path of gone) this.voidedGone(path);
  }

  removed(path: Path): void {
    this.feed({ type: "removed", path });
    this.voidedGone(path);
  }

  /**
   * A device answers again, which has these paths: a composite observation may name what it has never seen of it, which is told
   * now. Others began with an answer of the device, unless they are restored ones.
   */
  appeared(within: readonly Path[]): void {
    const seeking = [...this.live.all()].filter(({ composite, unread }) => composite || unread);
    const observed = new Set(seeking.flatMap(({ paths }) => paths));
    this.readAnew(overlap(observed, within));
  }

  /** Without path: the defaults of the Server object. */
  attributesChanged(path?: Path): void {
    this.feed({ type: "attributesChanged", ...(path === undefined ? {} : { path }) });
  }

  /** A new registration, or none: every observation is void (Core §6.2.1). What it is owed waits until it is granted again. */
  clear(): void {
    for (const id of this.live.ids) {
      this.outbox.hold(id);
      const live = this.live.end(id);
      if (live === undefined) continue;
      const { exchange, paths, composite } = live;
      // What a composite one is owed is true of what was, whichever of its paths are gone.
      if (!composite) for (const path of paths) this.voided.add(id, path);
      this.options.notifier.endObservation(exchange);
    }
    this.feed({ type: "clear" });
    this.options.onObserving?.();
  }

  stop(): void {
    this.feed.stop();
  }

  /** Returns what stood there before, of another exchange. */
  private stand(id: ObservationId, observing: Observing, unread: boolean): Observing | undefined {
    const before = this.live.stand(id, observing, { unread, now: this.options.clock.monotonic() });
    this.voided.delete(id);
    this.options.onObserving?.();
    return before;
  }

  private voidedGone(path: Path): void {
    for (const id of this.voided.remove(path)) this.outbox.forget(id);
  }

  private forget(id: ObservationId): Observing | undefined {
    const live = this.live.end(id);
    if (live === undefined) return undefined;
    this.outbox.forget(id);
    this.options.onObserving?.();
    return live;
  }

  private perform(effect: ObservationEffect): void {
    switch (effect.type) {
      case "due":
        this.onDue(effect);
        break;
      case "refresh":
        this.readAnew(new Set(effect.paths));
        break;
      case "evaluation":
        this.options.onEvaluation(effect.id, effect.evaluations);
        break;
      case "ended": {
        const live = this.forget(effect.id);
        if (live !== undefined) this.options.notifier.notify(live.exchange, UNCOUNTED, GONE, true);
        break;
      }
      default:
        effect satisfies never;
    }
  }

  /** Of a device that is away a report may have nothing that could be told: then it is none. */
  private onDue({ id, samples, triggered, confirmable, urgent, keep = this.options.keep }: Due): void {
    const dated = readableSamples(samples, this.options.mayRead).map((sample) => this.dated(sample));
    if (dated.length === 0 && samples.length > 0) return;
    const timed = this.live.get(id)?.codec.carriesTime !== false;
    const told = timed ? dated : tellableUntimed(dated, triggered);
    if (told.length === 0 && dated.length > 0) return;
    this.outbox.add(id, { samples: told, confirmable, urgent }, this.options.storing() ? keep : 0);
  }

  /**
   * Only changes come up to here; the time of a report is that of the last measurement, which may be younger. Of the gateway's
   * own clock and memory no change is told: a report that pmax makes due says what they are now.
   */
  private dated(sample: Sample): Sample {
    const latest = this.options.latest(sample.path);
    if (latest === undefined) return sample;
    return this.options.ownerOf(sample.path) === "" || sameValue(latest.value, sample.value) ? latest : sample;
  }

  /** What has changed while an answer waited for slower devices. The gateway's own clock always has. */
  private newer({ path, value }: Sample): readonly Sample[] {
    const latest = this.options.ownerOf(path) === "" ? undefined : this.options.latest(path);
    return latest === undefined || sameValue(latest.value, value) ? [] : [latest];
  }

  /** A device's new values come as `changed` by themselves, too; one that does not answer says so by its own state. */
  private readAnew(paths: ReadonlySet<Path>): void {
    if (paths.size === 0) return;
    readComposite(this.options.treeOf, [...paths]).then((samples) => this.onRead(paths, samples), ignore);
  }

  private onRead(asked: ReadonlySet<Path>, samples: readonly Sample[]): void {
    const found = new Set<Path>();
    for (const { path } of samples) {
      for (const at of selfAndAbove(path)) if (asked.has(at)) found.add(at);
    }
    for (const live of this.live.all()) if (live.paths.every((path) => found.has(path))) live.unread = false;
    this.feed({ type: "read", paths: [...found], samples });
  }
}

const GONE: CoapMessage = { code: CODE.notFound, options: [], payload: NO_PAYLOAD };

function ignore(): void {}
