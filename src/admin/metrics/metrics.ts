/** What Prometheus reads: made anew from what stands each time that somebody asks, and counted nowhere else. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Registry } from "prom-client";
import { type Clock, SECOND } from "../../clock.ts";
import { FAMILIES, type Family, PREFIX } from "./families.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Exposition {
  /** Of HTTP: Content-Type. */
  readonly type: string;
  readonly text: string;
}

/** How often the delay of the event loop is looked at, in milliseconds: seldom enough to cost nothing. */
const RESOLUTION = 100;
const NANOS_A_SECOND = 1e9;

/** Names behind the prefix. */
const LAG = "eventloop_lag_seconds";
const SCRAPE = "scrape_duration_seconds";

export class Metrics {
  private readonly clock: Clock;
  private readonly registry = new Registry();
  private readonly families: readonly (readonly [Family, Gauge | Counter])[];
  private readonly lag: Gauge<"stat">;
  private readonly scrape: Gauge;
  private delay: ReturnType<typeof monitorEventLoopDelay> | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock) {
    this.clock = clock;
    const registers = [this.registry];
    this.families = FAMILIES.map((family) => {
      const { kind, name, help, labels } = family;
      const options = { name: PREFIX + name, help, labelNames: labels, registers };
      return [family, kind === "gauge" ? new Gauge(options) : new Counter(options)];
    });
    this.lag = new Gauge({
      name: PREFIX + LAG,
      help: "By how much the event loop was late since the metrics were asked for before.",
      labelNames: ["stat"],
      registers,
    });
    this.scrape = new Gauge({ name: PREFIX + SCRAPE, help: "What making these metrics took.", registers });
  }

  /** All names, as they are exposed. */
  static get names(): readonly string[] {
    return [...FAMILIES.map(({ name }) => name), LAG, SCRAPE].map((name) => PREFIX + name);
  }

  /** `perDevice`: with the series that each device has by itself. */
  expose(snapshot: () => Promise<Snapshot>, perDevice: boolean): Promise<Exposition> {
    // One after the other: what one has written is not the other's.
    const exposed = this.turn.then(() => this.exposeNow(snapshot, perDevice));
    this.turn = exposed.catch(() => {});
    return exposed;
  }

  close(): void {
    this.delay?.disable();
  }

  private async exposeNow(snapshot: () => Promise<Snapshot>, perDevice: boolean): Promise<Exposition> {
    const began = this.clock.monotonic();
    const now = await snapshot();
    for (const [family, metric] of this.families) {
      metric.reset();
      if (family.perDevice === true && !perDevice) continue;
      const samples = family.samples(now);
      // After a reset one without labels is 0, which is more than is known.
      if (samples.length === 0 && family.labels.length === 0) metric.remove();
      for (const { labels, value } of samples) metric.inc(labels, value);
    }
    this.measureLag();
    this.scrape.set((this.clock.monotonic() - began) / SECOND);
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }

  /** Nobody looks before the first question, nor pays for it. */
  private measureLag(): void {
    if (this.delay === undefined) {
      this.delay = monitorEventLoopDelay({ resolution: RESOLUTION });
      this.delay.enable();
    } else if (this.delay.count > 0) {
      // The histogram counts from tick to tick.
      const late = (nanos: number): number => Math.max(0, nanos / NANOS_A_SECOND - RESOLUTION / SECOND);
      this.lag.set({ stat: "p99" }, late(this.delay.percentile(99)));
      this.lag.set({ stat: "max" }, late(this.delay.max));
      this.delay.reset();
    }
  }
}
