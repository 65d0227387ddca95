/** The observations of one server: granted, told of changes, and turned into notifications. */
import type { Clock } from "../clock.ts";
import { CODE } from "../coap/codes.ts";
import type { ExchangeId } from "../coap/endpoint.ts";
import { type CoapMessage, NO_PAYLOAD } from "../coap/options.ts";
import type { ContentCodec } from "../lwm2m/formats/codec.ts";
import {
  type ObservationEffect,
  type ObservationEvent,
  type ObservationId,
  type Observations,
  observationId,
} from "../lwm2m/observations.ts";
import { isWithin, type Path, pathParts, prefixOf } from "../lwm2m/path.ts";
import type { Evaluation } from "../lwm2m/report-rules.ts";
import { contentResponse } from "../lwm2m/response.ts";
import { type Sample, sameValue } from "../lwm2m/sample.ts";
import { SignsOfLife } from "../lwm2m/signs-of-life.ts";
import type { TreeOf } from "../lwm2m/tree.ts";
import { type Drive, drive } from "../machine.ts";
import { type Composed, Outbox, type OutboxCounters, type Report } from "./outbox.ts";
import type { Granted } from "./requests.ts";

/** Reports that an observation keeps for a server that is away, where no hqmax says how many. */
const KEPT_REPORTS = 1000;
/** Samples in one message of a format that carries time: what fits one block of 1024 bytes. */
const SAMPLES_A_MESSAGE = 48;
/** The 4.04 that ends an observation is in nobody's books. */
const UNCOUNTED = 0;

interface Live {
  readonly exchange: ExchangeId;
  readonly path: Path;
  readonly codec: ContentCodec;
  readonly signs: SignsOfLife;
}

/** What the reports need of the connection. */
export interface Notifier {
  notify(exchange: ExchangeId, notification: number, message: CoapMessage, confirmable: boolean): void;
  endObservation(exchange: ExchangeId): void;
}

export interface ReportsOptions {
  readonly server: number;
  readonly machine: Observations;
  readonly clock: Clock;
  readonly treeOf: TreeOf;
  /** The newest measurement that is known of a path, without asking a device. */
  readonly latest: (path: Path) => Sample | undefined;
  readonly notifier: Notifier;
  /** /1/x/6, asked at each report: whether reports are kept for a server that is away. */
  readonly storing: () => boolean;
  /** How often what devices have is to be evaluated for an observation; empty: it has ended. */
  readonly onEvaluation: (id: ObservationId, evaluations: readonly Evaluation[]) => void;
  readonly nstart: number;
}

export class Reports {
  readonly outbox: Outbox;
  private readonly options: ReportsOptions;
  private readonly feed: Drive<ObservationEvent>;
  private readonly live = new Map<ObservationId, Live>();
  private readonly byExchange = new Map<ExchangeId, ObservationId>();
  /** Observations of a registration before this one: the server may observe again, and then gets what it is owed. */
  private readonly voided = new Map<ObservationId, Path>();

  constructor(options: ReportsOptions) {
    this.options = options;
    this.feed = drive(options.machine, options.clock, (effect) => this.perform(effect));
    this.outbox = new Outbox(
      {
        compose: (id, reports) => this.compose(id, reports),
        transmit: (id, notification, composed) => this.transmit(id, notification, composed),
      },
      options.nstart,
    );
  }

  get paths(): readonly Path[] {
    return [...this.live.values()].map(({ path }) => path);
  }

  get counters(): OutboxCounters {
    return this.outbox.counters;
  }

  /**
   * The server observes, and has its answer: from now on changes below the path are reported to it. A second Observe of a
   * path replaces the first; what an earlier one is still owed goes to the new one.
   */
  grant(exchange: ExchangeId, { path, codec, samples, attributes }: Granted): void {
    const id = observationId(this.options.server, [path]);
    const before = this.live.get(id);
    // A format without times has told the newest value in the answer: what is older would pass for newer.
    if (!codec.carriesTime) this.outbox.forget(id);
    // The new one stands before the old one ends, whose unacknowledged notification then goes again, to the new one.
    this.live.set(id, { exchange, path, codec, signs: new SignsOfLife(this.options.clock.monotonic()) });
    if (before !== undefined && before.exchange !== exchange) {
      this.byExchange.delete(before.exchange);
      this.options.notifier.endObservation(before.exchange);
    }
    this.byExchange.set(exchange, id);
    this.voided.delete(id);
    this.feed({ type: "observe", id, paths: [path], samples, ...(attributes === undefined ? {} : { attributes }) });
    this.outbox.release(id);
  }

  /** The server ended the observation that this exchange began. */
  cancel(exchange: ExchangeId): void {
    const id = this.byExchange.get(exchange);
    if (id === undefined) return;
    this.forget(id);
    this.feed({ type: "cancel", id });
  }

  changed(samples: readonly Sample[]): void {
    this.feed({ type: "changed", samples });
  }

  removed(path: Path): void {
    this.feed({ type: "removed", path });
    for (const [id, observed] of this.voided) {
      if (!isWithin(observed, path)) continue;
      this.voided.delete(id);
      this.outbox.forget(id);
    }
  }

  /** Without path: the defaults of the Server object. */
  attributesChanged(path?: Path): void {
    this.feed({ type: "attributesChanged", ...(path === undefined ? {} : { path }) });
  }

  /** A new registration, or none: every observation is void (Core §6.2.1). What it is owed waits until it is granted again. */
  clear(): void {
    for (const [id, { exchange, path }] of [...this.live]) {
      this.outbox.hold(id);
      this.voided.set(id, path);
      this.live.delete(id);
      this.byExchange.delete(exchange);
      this.options.notifier.endObservation(exchange);
    }
    this.feed({ type: "clear" });
  }

  stop(): void {
    this.feed.stop();
  }

  private forget(id: ObservationId): void {
    const live = this.live.get(id);
    if (live === undefined) return;
    this.live.delete(id);
    this.byExchange.delete(live.exchange);
    this.outbox.forget(id);
  }

  private perform(effect: ObservationEffect): void {
    switch (effect.type) {
      case "due": {
        const { id, confirmable, keep = KEPT_REPORTS } = effect;
        const samples = effect.samples.map((sample) => this.dated(sample));
        // Of a format without times nothing but the newest will be sent.
        const most = this.live.get(id)?.codec.carriesTime === false ? Math.min(1, keep) : keep;
        this.outbox.add(id, { samples, confirmable }, this.options.storing() ? most : 0);
        break;
      }
      case "refresh":
        // A device's new values come as `changed` by themselves, too; one that does not answer says so by its own state.
        for (const path of effect.paths)
          this.tree(path)
            ?.read(path)
            .then((samples) => this.changed(samples), ignore);
        break;
      case "evaluation":
        this.options.onEvaluation(effect.id, effect.evaluations);
        break;
      case "ended": {
        const live = this.live.get(effect.id);
        this.forget(effect.id);
        if (live !== undefined) this.options.notifier.notify(live.exchange, UNCOUNTED, GONE, true);
        break;
      }
      default:
        effect satisfies never;
    }
  }

  /**
   * Only changes come up to here; the time of a report is that of the last measurement, which may be younger. Of the gateway's
   * own clock and memory no change is told: a report that pmax makes due says what they are now.
   */
  private dated(sample: Sample): Sample {
    const latest = this.options.latest(sample.path);
    if (latest === undefined) return sample;
    return prefixOf(sample.path) === "" || sameValue(latest.value, sample.value) ? latest : sample;
  }

  /** Reports of a format with time go together; of one without, only the newest is still true. */
  private compose(id: ObservationId, reports: readonly Report[]): Composed | undefined {
    const live = this.live.get(id);
    const tree = live === undefined ? undefined : this.tree(live.path);
    if (live === undefined || tree === undefined || reports.length === 0) return undefined;
    const taken = live.codec.carriesTime ? reports.slice(0, together(reports)) : reports.slice(-1);
    const samples = taken.flatMap((report) => report.samples);
    const payload = live.codec.encode(samples, live.path, tree.typeOf, { times: true });
    return {
      message: contentResponse(live.codec.contentFormat, payload),
      confirmable: taken.some((report) => report.confirmable),
      covers: live.codec.carriesTime ? taken.length : reports.length,
    };
  }

  private transmit(id: ObservationId, notification: number, { message, confirmable }: Composed): void {
    const live = this.live.get(id);
    if (live === undefined) return;
    const { notifier, clock } = this.options;
    notifier.notify(live.exchange, notification, message, live.signs.next(confirmable, clock.monotonic()));
  }

  private tree(path: Path) {
    return this.options.treeOf(pathParts(path).prefix);
  }
}

const GONE: CoapMessage = { code: CODE.notFound, options: [], payload: NO_PAYLOAD };

/** How many of these reports, at least one, one message takes. */
function together(reports: readonly Report[]): number {
  let samples = 0;
  const full = reports.findIndex((report) => {
    samples += report.samples.length;
    return samples > SAMPLES_A_MESSAGE;
  });
  return full === -1 ? reports.length : Math.max(1, full);
}

function ignore(): void {}
