/** What a server can do to one device: Read, Write and Execute under its prefix (Gateway TS 1.1 §8.3). */
import type { PointId } from "../adapter.ts";
import type { Clock, Millis } from "../clock.ts";
import { DeviceError, Lwm2mError, spoken, type Words } from "../errors.ts";
import { parseExecuteArguments } from "../lwm2m/execute-arguments.ts";
import { childPath, type Path, pathParts } from "../lwm2m/path.ts";
import { notAllowed, notDone } from "../lwm2m/refusals.ts";
import type { PathValue, Sample, Value } from "../lwm2m/sample.ts";
import type { Backing, Commit, ReadOutcome } from "../lwm2m/tree.ts";
import type { PointSource } from "../mapping/plan-types.ts";
import {
  type DeviceModel,
  type DeviceTree,
  errorCodePath,
  type Leaf,
  positionOf,
  resourceAt,
  type Slot,
} from "./device-model.ts";
import type { DeviceSession } from "./device-session.ts";
import { DEVICE_OBJECT } from "./own-rows.ts";
import type { Readings } from "./readings.ts";
import { NEVER, type Values, wholeMillis } from "./values.ts";

export interface BackingParts {
  readonly prefix: string;
  readonly model: DeviceModel;
  readonly values: Values;
  readonly readings: Readings;
  readonly session: DeviceSession;
  readonly clock: Clock;
  /** Whether the last values of a device that is away go on being readable. */
  readonly holds: boolean;
}

/** What the backing must know of the device, and tell it. */
export interface BackingPort {
  /** Why the device cannot be asked, for the person behind the server. Asked while it is away. */
  absence(): string;
  report(samples: readonly Sample[]): void;
}

interface WriteRequest extends PathValue {
  readonly point: PointId;
  readonly source: PointSource;
  readonly raw: ReturnType<PointSource["toRaw"]>;
}

/** How a read went, so far as it tells why a value is missing. */
interface Circumstances {
  /** Why the device cannot be asked. */
  readonly absence?: string;
  /** The device was asked: how many readings of each stale leaf there were before, and why the read failed. */
  readonly asked?: {
    readonly before: ReadonlyMap<Slot, number>;
    readonly failure: DeviceError | undefined;
  };
}

const NO_SLOTS: readonly Slot[] = [];
/** Nothing to tell: what is known holds. */
const ALL_FRESH: Circumstances = {};

export class DeviceBacking implements Backing {
  // First what each read looks at, so that it is side by side in the memory.
  readonly model: DeviceTree["tree"];
  private readonly values: Values;
  private readonly clock: Clock;
  private away = false;
  private onlineAt: Millis = 0;
  readonly prefix: string;
  private readonly parts: BackingParts;
  private readonly port: BackingPort;

  constructor(parts: BackingParts, port: BackingPort) {
    this.prefix = parts.prefix;
    this.model = parts.model.tree;
    this.values = parts.values;
    this.clock = parts.clock;
    this.parts = parts;
    this.port = port;
  }

  /** The device is there from now on: what was heard before may be another's. */
  online(): void {
    this.away = false;
    this.onlineAt = wholeMillis(this.clock.monotonic());
  }

  /** The device is away from now on. */
  offline(): void {
    this.away = true;
  }

  /**
   * Answers from the values what is younger than its poll period, and asks the device for the rest, in one read. While the
   * device is away its points answer 5.00 with the reason and the time of the last contact, unless it holds their last values.
   */
  read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const absence = this.absence();
    if (absence !== undefined) return Promise.resolve(this.outcomes(resources, { absence }));
    const stale = this.staleAmong(resources);
    return stale.length === 0 ? Promise.resolve(this.outcomes(resources, ALL_FRESH)) : this.ask(resources, stale);
  }

  /** The last good value of a path, with the time of its newest measurement; the device is not asked. */
  latest(path: Path): Sample | undefined {
    const at = positionOf(this.model, path);
    if (at === undefined) return undefined;
    const sample = this.values.sample(at);
    return sample === undefined || !this.isHeld(at) ? sample : { ...sample, held: true };
  }

  /** Converts all values before the first is written, so that a value that cannot be written leaves nothing half done. */
  prepareWrite(values: readonly PathValue[]): Commit {
    const requests = values.map((value) => this.writeRequest(value));
    return () => this.write(requests);
  }

  absence(): string | undefined {
    return this.away ? this.port.absence() : undefined;
  }

  private async write(requests: readonly WriteRequest[]): Promise<void> {
    const paths = requests.map(({ path }) => path);
    for (const [i, { value, point, source, raw }] of requests.entries()) {
      try {
        const order = await this.parts.session.write(point, raw.raw, raw.mask);
        const changed = this.parts.readings.takeWritten(point, value, this.clock.wall(), order);
        if (source.readable) this.port.report(changed);
      } catch (error) {
        throw refusal(error, (reason) => notWritten(paths, i, reason));
      }
    }
  }

  async execute(resource: Path, args: string): Promise<void> {
    const source = this.leafAt(resource)?.source;
    if (source?.kind !== "execute") {
      throw notAllowed((as) => `${as(resource)} cannot be executed on this device`);
    }
    const steps = source.steps(parseExecuteArguments(args));
    try {
      await this.parts.session.invoke(steps);
      if (isRestart(resource)) this.parts.readings.renew();
    } catch (error) {
      throw refusal(error, (reason) => (as) => `${as(resource)} was not executed: ${reason}`);
    }
  }

  /** Asks the device for what is stale, and tells of all the resources what is known then. */
  private async ask(resources: readonly Path[], stale: readonly Slot[]): Promise<readonly ReadOutcome[]> {
    const { model, session } = this.parts;
    const before = new Map(stale.map((slot) => [slot, this.values.get(slot.at).readings]));
    const failure = await failureOf(session.read(stale.flatMap(({ at }) => model.leaves[at]?.point ?? [])));
    return this.outcomes(resources, { asked: { before, failure } });
  }

  /** The leaves that must be asked for. Nearly every read finds all of them fresh, and makes nothing. */
  private staleAmong(resources: readonly Path[]): readonly Slot[] {
    let stale: Slot[] | undefined;
    for (const resource of resources) {
      for (const slot of this.slotsOf(resource)) {
        if (!slot.readable || this.isFresh(slot)) continue;
        stale ??= [];
        this.addStale(slot, stale);
      }
    }
    return stale ?? NO_SLOTS;
  }

  /** Of a computed value it is what it is computed from that is asked for. */
  private addStale(slot: Slot, stale: Slot[]): void {
    if (slot.from === undefined) {
      if (this.parts.model.computed.size === 0 || !stale.includes(slot)) stale.push(slot);
      return;
    }
    for (const input of slot.from) if (!this.isFresh(input)) this.addStale(input, stale);
  }

  private isFresh({ at, poll, from }: Slot): boolean {
    if (poll === "fixed" || poll === "unasked") return true;
    if (poll === "computed") return from?.every((input) => this.isFresh(input)) !== false;
    const heard = this.values.heard(at);
    if (heard === NEVER || heard < this.onlineAt || poll === "never") return false;
    // A value that is read once stays good for the connection; a trouble may have gone.
    if (poll === "connect") return !this.values.isBad(at);
    return this.clock.monotonic() - heard < poll.every;
  }

  private outcomes(resources: readonly Path[], circumstances: Circumstances): readonly ReadOutcome[] {
    return resources.map((resource) => this.outcome(resource, circumstances));
  }

  private outcome(resource: Path, circumstances: Circumstances): ReadOutcome {
    const samples: Sample[] = [];
    let first: Words | undefined;
    const { slots = NO_SLOTS, instances } = resourceAt(this.model, resource) ?? {};
    for (let nth = 0; nth < slots.length; nth++) {
      const slot = slots[nth];
      if (slot?.readable !== true) continue;
      const reason = this.lack(slot, circumstances);
      const path = instances === undefined ? resource : childPath(resource, instances[nth] ?? 0);
      const sample = reason === undefined ? this.values.sample(slot.at, path) : undefined;
      if (sample === undefined) first ??= reason ?? this.ofLeaf(slot, "has no value yet");
      else samples.push(sample);
    }
    return samples.length > 0 || first === undefined ? samples : notDone(first);
  }

  /** Why there is no value now; undefined where what is known holds. */
  private lack(slot: Slot, circumstances: Circumstances): Words | undefined {
    const { absence, asked } = circumstances;
    if (slot.poll === "fixed") return undefined;
    if (absence !== undefined && !this.outlasts(slot)) return absence;
    const input = this.lackingInput(slot, circumstances);
    if (input !== undefined) return this.ofLeaf(slot, "could not be computed", input);
    if (asked === undefined && !this.values.isBad(slot.at)) return undefined;
    const { bad, readings } = this.values.get(slot.at);
    // Asked and not heard since: what is known is from before.
    const unheard = asked?.before.get(slot) === readings;
    const reason = unheard ? (asked.failure?.message ?? "no answer") : bad?.reason;
    const done = slot.poll === "computed" ? "computed" : "read";
    return reason === undefined ? undefined : this.ofLeaf(slot, `could not be ${done}`, reason);
  }

  /** Why the first of its inputs that has no value has none. */
  private lackingInput({ from = NO_SLOTS }: Slot, circumstances: Circumstances): Words | undefined {
    for (const input of from) {
      const reason = this.lack(input, circumstances);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** Whether it can be told while the device is away: where values are held, one that was good; Error Code at any time. */
  private outlasts({ at }: Slot): boolean {
    if (at === positionOf(this.model, errorCodePath(this.prefix))) return true;
    return this.parts.holds && this.values.sample(at) !== undefined;
  }

  /** Whether nobody knows if it is still so. What the gateway knows by itself is, and Error Code says that the device is away. */
  private isHeld(at: number): boolean {
    if (this.values.isBad(at)) return true;
    if (!this.away || at === positionOf(this.model, errorCodePath(this.prefix))) return false;
    const kind = this.parts.model.leaves[at]?.source.kind;
    return kind === "point" || kind === "derived";
  }

  private writeRequest({ path, value }: PathValue): WriteRequest {
    const leaf = this.leafAt(path);
    if (leaf?.source.kind !== "point" || !leaf.source.writable || leaf.point === undefined) {
      throw notAllowed((as) => `${as(path)} cannot be written on this device`);
    }
    return { path, value, point: leaf.point, source: leaf.source, raw: rawAt(path, leaf.source, value) };
  }

  private leafAt(path: Path): Leaf | undefined {
    const at = positionOf(this.model, path);
    return at === undefined ? undefined : this.parts.model.leaves[at];
  }

  private slotsOf(resource: Path): readonly Slot[] {
    return resourceAt(this.model, resource)?.slots ?? NO_SLOTS;
  }

  private ofLeaf({ at }: Slot, what: string, reason?: Words): Words {
    const { path = "/" } = this.parts.model.leaves[at] ?? {};
    return (as) => `${as(path)} ${what}${reason === undefined ? "" : `: ${spoken(reason, as)}`}`;
  }
}

/** Reboot and Factory Reset of object 3. */
function isRestart(path: Path): boolean {
  const { object, resource = -1 } = pathParts(path);
  return object === DEVICE_OBJECT.id && (resource === DEVICE_OBJECT.reboot || resource === DEVICE_OBJECT.factoryReset);
}

/** The mapping says what is wrong with a value; of several in a request the path says with which. */
function rawAt(path: Path, source: PointSource, value: Value): WriteRequest["raw"] {
  try {
    return source.toRaw(value);
  } catch (error) {
    if (!(error instanceof Lwm2mError)) throw error;
    const { code, words } = error;
    throw new Lwm2mError(code, (as) => `${as(path)}: ${spoken(words, as)}`, { cause: error });
  }
}

async function failureOf(read: Promise<void>): Promise<DeviceError | undefined> {
  try {
    await read;
    return undefined;
  } catch (error) {
    if (error instanceof DeviceError) return error;
    throw error;
  }
}

/** Of several values that are written one after the other. */
function notWritten(paths: readonly Path[], failed: number, reason: string): Words {
  return (as) => {
    const listed = (some: readonly Path[]): string => some.map(as).join(", ");
    const before = failed === 0 ? "" : `; written before it: ${listed(paths.slice(0, failed))}`;
    const after = failed === paths.length - 1 ? "" : `; not tried: ${listed(paths.slice(failed + 1))}`;
    return `${as(paths[failed] ?? "/")} was not written: ${reason}${before}${after}`;
  };
}

/** The device did not do it: 5.00 with the reason. A bug stays what it is. */
function refusal(error: unknown, sentence: (reason: string) => Words): unknown {
  if (!(error instanceof DeviceError)) return error;
  return notDone(sentence(error.message), { cause: error });
}
