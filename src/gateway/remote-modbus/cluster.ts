/** One Modbus Register Cluster: reads and writes its registers, polls them while somebody observes, keeps what was measured. */
import { type AdapterModule, DeviceError, type Link, type PointId, type ReadResult } from "../../adapter.ts";
import { type Clock, MINUTE, type Millis, SECOND, wallAt } from "../../clock.ts";
import { DeviceSession } from "../../devices/device-session.ts";
import type { Logger } from "../../log.ts";
import { makePath, type Path, pathParts } from "../../lwm2m/path.ts";
import type { Sample } from "../../lwm2m/sample.ts";
import { type ClusterSettings, isBits } from "./content.ts";
import { CLUSTER } from "./objects.ts";

export interface ClusterOptions {
  readonly settings: ClusterSettings;
  readonly adapter: AdapterModule;
  readonly openLink: () => Promise<Link>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Something is another now. */
  readonly onChange: (samples: readonly Sample[]) => void;
  /** The unit answered. */
  readonly onHeard?: () => void;
}

/** What is written from this place on. */
export interface Run {
  /** Counted from the first register of the cluster. */
  readonly from: number;
  readonly values: readonly number[];
}

/** How long one that does not answer is left alone, at most. */
const LONGEST_PAUSE: Millis = 5 * MINUTE;
const FIRST_PAUSE: Millis = 10 * SECOND;
/** V1.1b3 §6.11, §6.12: what one write carries. */
const MOST_WRITTEN = { coil: 1968, holding: 123 } as const;

export class Cluster {
  readonly settings: ClusterSettings;
  /** Path of the instance. */
  private readonly path: Path;
  private readonly options: ClusterOptions;
  private readonly session: DeviceSession;
  private readonly points: readonly PointId[];
  private readonly measured = new Map<number, readonly number[]>();
  private at: Millis = 0;
  private result: ReadResult | undefined;
  private running: Promise<void> | undefined;
  private writes = 0;
  private failures = 0;
  private failure: string | undefined;
  private period: Millis | undefined;
  private attempted: Millis = Number.NEGATIVE_INFINITY;
  private cancel: (() => void) | undefined;
  private paused = false;
  private closed = false;

  /** Throws where the adapter refuses it, with a sentence. */
  constructor(path: Path, options: ClusterOptions) {
    const { settings, adapter, openLink, clock, log } = options;
    this.path = path;
    this.settings = settings;
    this.options = options;
    const device = adapter.device.parse({ unit_id: settings.unit });
    const points = pointsOf(settings, adapter, device);
    this.points = [...points.keys()];
    const ignore = (): void => {};
    this.session = new DeviceSession(
      { device, points: () => points, openLink, clock, log },
      {
        onRead: (_points, result) => {
          this.result = result;
        },
        onHeard: () => options.onHeard?.(),
        ...{ onFailed: ignore, onReadings: ignore, onReachable: ignore },
      },
    );
  }

  /** Why the last read failed; undefined: it did not. */
  get trouble(): string | undefined {
    return this.failure;
  }

  /** How often it is polled; undefined: nobody observes it. */
  get polled(): Millis | undefined {
    return this.period;
  }

  /** What is known of Values, or of the least or greatest of them; none: nothing was read. */
  samples(resource: number): readonly Sample[] {
    const time = wallAt(this.options.clock, this.at);
    return (this.measured.get(resource) ?? []).map((value, i) => ({ path: this.pathOf(resource, i), value, time }));
  }

  /** Asks the device, once for all who ask meanwhile. Rejects with DeviceError. */
  read(): Promise<void> {
    this.running ??= this.readNow().finally(() => {
      this.running = undefined;
      this.arm();
    });
    return this.running;
  }

  /** Resolves when the device has confirmed all of it. Rejects with DeviceError. */
  async write(runs: readonly Run[]): Promise<void> {
    const steps = runs.flatMap((run) => this.stepsOf(run));
    try {
      await this.session.invoke(steps);
    } finally {
      // Also of what failed a part may be written.
      this.writes++;
    }
    const before = this.measured.get(CLUSTER.values);
    if (before === undefined || this.closed) return;
    const after = [...before];
    for (const { from, values } of runs) after.splice(from, values.length, ...values);
    this.tell(this.set(CLUSTER.values, after));
  }

  /** How often it is read; undefined: nobody observes it any more. */
  steer(period: Millis | undefined): void {
    if (period === this.period) return;
    this.period = period;
    this.arm();
  }

  /** The least and the greatest are those of what is read from now on. */
  reset(): void {
    this.measured.delete(CLUSTER.minimum);
    this.measured.delete(CLUSTER.maximum);
  }

  /** Its link is paused, for this reason. */
  pause(reason: string): Promise<void> {
    this.paused = true;
    this.arm();
    return this.session.pause(reason);
  }

  resume(): void {
    this.paused = false;
    this.session.resume();
    this.failures = 0;
    this.arm();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cancel?.();
    await this.session.close();
  }

  private async readNow(): Promise<void> {
    this.attempted = this.options.clock.monotonic();
    try {
      let writes: number;
      // A write that was confirmed meanwhile makes the answer an old one.
      do {
        ({ writes } = this);
        this.result = undefined;
        await this.session.read(this.points);
      } while (writes !== this.writes && !this.closed);
      const values = valuesOf(this.result, this.settings, this.points);
      this.take(values);
    } catch (error) {
      if (error instanceof DeviceError) this.fail(error);
      throw error;
    }
  }

  private take(values: readonly number[]): void {
    if (this.failure !== undefined) this.options.log.info({ path: this.path }, "a register cluster can be read again");
    this.failure = undefined;
    this.failures = 0;
    this.at = this.options.clock.monotonic();
    const least = this.measured.get(CLUSTER.minimum) ?? values;
    const most = this.measured.get(CLUSTER.maximum) ?? values;
    this.tell([
      ...this.set(CLUSTER.values, values),
      ...this.set(
        CLUSTER.minimum,
        values.map((value, i) => Math.min(value, least[i] ?? value)),
      ),
      ...this.set(
        CLUSTER.maximum,
        values.map((value, i) => Math.max(value, most[i] ?? value)),
      ),
    ]);
  }

  private fail({ message }: DeviceError): void {
    this.failures++;
    if (this.failure === undefined && !this.closed && !this.paused) {
      this.options.log.warn({ code: "LG550", path: this.path, reason: message }, "a register cluster cannot be read");
    }
    this.failure = message;
  }

  /** What is another now. */
  private set(resource: number, values: readonly number[]): readonly Sample[] {
    const before = this.measured.get(resource) ?? [];
    this.measured.set(resource, values);
    return this.samples(resource).filter(({ value }, i) => value !== before[i]);
  }

  private tell(samples: readonly Sample[]): void {
    if (samples.length > 0 && !this.closed) this.options.onChange(samples);
  }

  private arm(): void {
    this.cancel?.();
    this.cancel = undefined;
    if (this.period === undefined || this.closed || this.paused || this.running !== undefined) return;
    const { clock } = this.options;
    const pause = this.failures === 0 ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.failures - 1));
    const due = Math.max(clock.monotonic(), this.attempted + Math.max(this.period, pause));
    this.cancel = clock.at(due, () => {
      this.cancel = undefined;
      this.read().catch((error: unknown) => {
        if (!(error instanceof DeviceError)) throw error;
      });
    });
  }

  private stepsOf({ from, values }: Run): readonly unknown[] {
    const { table, start } = this.settings;
    const { adapter } = this.options;
    const most = MOST_WRITTEN[table === "coil" ? "coil" : "holding"];
    return Array.from({ length: Math.ceil(values.length / most) }, (_, i) => {
      const part = values.slice(i * most, (i + 1) * most);
      const address = start + from + i * most;
      if (table !== "coil") return adapter.step.parse({ holding: address, value: bytesOf(part) });
      const bits = part.map((value) => value === 1);
      return adapter.step.parse({ coil: address, value: bits.length === 1 ? bits[0] : bits });
    });
  }

  private pathOf(resource: number, resourceInstance: number): Path {
    return makePath({ ...pathParts(this.path), resource, resourceInstance });
  }
}

/** Registers are one point; of coils and inputs each is one. */
function pointsOf(
  { table, start, quantity }: ClusterSettings,
  { point }: AdapterModule,
  device: unknown,
): ReadonlyMap<PointId, unknown> {
  if (!isBits(table)) return new Map([["0", point.parse({ [table]: start, length: 2 * quantity, device })]]);
  return new Map(
    Array.from({ length: quantity }, (_, i) => [String(i), point.parse({ [table]: start + i, device })] as const),
  );
}

/** Throws DeviceError where the device refused any of it. */
function valuesOf(
  result: ReadResult | undefined,
  { table }: ClusterSettings,
  points: readonly PointId[],
): readonly number[] {
  const raw = new Map((result?.readings ?? []).map(({ point, value }) => [point, value]));
  const missing = points.find((point) => !raw.has(point));
  if (missing !== undefined) {
    const why = result?.refused.find(({ point }) => point === missing)?.reason ?? "the device did not tell its value";
    throw new DeviceError("rejected", why);
  }
  if (isBits(table)) return points.map((point) => (raw.get(point) === true ? 1 : 0));
  const bytes = raw.get("0");
  if (!(bytes instanceof Uint8Array)) throw new DeviceError("malformed", "no registers came");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 2 }, (_, i) => view.getUint16(2 * i));
}

function bytesOf(registers: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * registers.length));
  for (const [i, value] of registers.entries()) view.setUint16(2 * i, value);
  return new Uint8Array(view.buffer);
}
