/** What a server can do to one device: Read, Write and Execute under its prefix (Gateway TS 1.1 §8.3). */
import type { PointId } from "../adapter.ts";
import type { Clock, Millis } from "../clock.ts";
import { DeviceError, Lwm2mError } from "../errors.ts";
import { parseExecuteArguments } from "../lwm2m/execute-arguments.ts";
import { makePath, type Path, pathParts } from "../lwm2m/path.ts";
import { notAllowed, notDone } from "../lwm2m/refusals.ts";
import type { PathValue, Sample, Value } from "../lwm2m/sample.ts";
import type { Backing, Commit, ReadOutcome, TreeModel } from "../lwm2m/tree.ts";
import type { PointSource } from "../mapping/plan-types.ts";
import { type DeviceModel, errorCodePath, type Leaf } from "./device-model.ts";
import type { DeviceSession } from "./device-session.ts";
import type { Readings } from "./readings.ts";
import type { Known, Values } from "./values.ts";

export interface BackingParts {
  readonly prefix: string;
  readonly model: DeviceModel;
  readonly values: Values;
  readonly readings: Readings;
  readonly session: DeviceSession;
  readonly clock: Clock;
}

/** What the backing must know of the device, and tell it. */
export interface BackingPort {
  /** Why the device cannot be asked, for the person behind the server; undefined while it can. */
  absence(): string | undefined;
  /** Since when it is online: what was heard before may be another device's. */
  onlineAt(): Millis;
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
  /** The device was asked: what was known of each stale path before, and why the read failed. */
  readonly asked?: {
    readonly before: ReadonlyMap<Path, Known | undefined>;
    readonly failure: DeviceError | undefined;
  };
}

type PointLeaf = Leaf & { readonly point: PointId };

const NO_LEAVES: readonly Leaf[] = [];

export class DeviceBacking implements Backing {
  readonly prefix: string;
  readonly model: TreeModel;
  private readonly parts: BackingParts;
  private readonly port: BackingPort;

  constructor(parts: BackingParts, port: BackingPort) {
    this.prefix = parts.prefix;
    this.model = parts.model.tree;
    this.parts = parts;
    this.port = port;
  }

  /**
   * Answers from the values what is younger than its poll period, and asks the device for the rest, in one read. While the
   * device is away its points answer 5.00 with the reason and the time of the last contact.
   */
  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const absence = this.port.absence();
    if (absence !== undefined) return resources.map((resource) => this.outcome(resource, { absence }));
    const stale = this.staleAmong(resources);
    if (stale.length === 0) return resources.map((resource) => this.outcome(resource, {}));
    const before = new Map(stale.map(({ path }) => [path, this.parts.values.get(path)]));
    const failure = await failureOf(this.parts.session.read(stale.map(({ point }) => point)));
    return resources.map((resource) => this.outcome(resource, { asked: { before, failure } }));
  }

  /** The last good value of a path, with the time of its newest measurement; the device is not asked. */
  latest(path: Path): Sample | undefined {
    return this.parts.values.get(path)?.good;
  }

  /** Converts all values before the first is written, so that a value that cannot be written leaves nothing half done. */
  prepareWrite(values: readonly PathValue[]): Commit {
    const requests = values.map((value) => this.writeRequest(value));
    return () => this.write(requests);
  }

  absence(): string | undefined {
    return this.port.absence();
  }

  private async write(requests: readonly WriteRequest[]): Promise<void> {
    const done: Path[] = [];
    for (const { path, value, point, source, raw } of requests) {
      try {
        const order = await this.parts.session.write(point, raw.raw, raw.mask);
        const sample = { path, value, time: this.parts.clock.wall() };
        const changed = this.parts.readings.takeWritten(point, sample, order);
        if (source.readable) this.port.report(changed);
      } catch (error) {
        const others = done.length === 0 ? "" : `; written before it: ${done.join(", ")}`;
        throw refusal(error, (reason) => `${path} was not written: ${reason}${others}`);
      }
      done.push(path);
    }
  }

  async execute(resource: Path, args: string): Promise<void> {
    const source = this.leafAt(resource)?.source;
    if (source?.kind !== "execute") {
      throw notAllowed(`${resource} cannot be executed on this device`);
    }
    const steps = source.steps(parseExecuteArguments(args));
    try {
      await this.parts.session.invoke(steps);
    } catch (error) {
      throw refusal(error, (reason) => `${resource} was not executed: ${reason}`);
    }
  }

  /** The points that must be asked. Nearly every read finds all of them fresh, and makes nothing. */
  private staleAmong(resources: readonly Path[]): readonly PointLeaf[] {
    let stale: PointLeaf[] | undefined;
    for (const resource of resources) {
      for (const leaf of this.parts.model.leaves.get(resource) ?? NO_LEAVES) {
        if (!isReadable(leaf) || !isPointLeaf(leaf) || this.isFresh(leaf)) continue;
        stale ??= [];
        stale.push(leaf);
      }
    }
    return stale ?? [];
  }

  private isFresh({ path, source }: Leaf): boolean {
    if (source.kind !== "point") return true;
    const known = this.parts.values.get(path);
    if (known === undefined || known.heard < this.port.onlineAt() || source.poll === "never") return false;
    // A value that is read once stays good for the connection; a trouble may have gone.
    if (source.poll === "connect") return known.bad === undefined;
    return this.parts.clock.monotonic() - known.heard < source.poll.every;
  }

  private outcome(resource: Path, circumstances: Circumstances): ReadOutcome {
    const samples: Sample[] = [];
    let first: string | undefined;
    for (const leaf of this.parts.model.leaves.get(resource) ?? NO_LEAVES) {
      if (!isReadable(leaf)) continue;
      const known = this.parts.values.get(leaf.path);
      const reason = this.lack(leaf, known, circumstances);
      if (reason !== undefined || known?.good === undefined) first ??= reason ?? `${leaf.path} has no value yet`;
      else samples.push(known.good);
    }
    return samples.length > 0 || first === undefined ? samples : notDone(first);
  }

  /** Why there is no value now; undefined where what is known holds. */
  private lack(
    { path, source }: Leaf,
    known: Known | undefined,
    { absence, asked }: Circumstances,
  ): string | undefined {
    if (source.kind !== "point") return undefined;
    if (absence !== undefined) return path === errorCodePath(this.prefix) ? undefined : absence;
    // Asked and not heard since: what is known is from before.
    const unheard = asked?.before.has(path) === true && asked.before.get(path) === known;
    const reason = unheard ? (asked.failure?.message ?? "no answer") : known?.bad?.reason;
    return reason === undefined ? undefined : `${path} could not be read: ${reason}`;
  }

  private writeRequest({ path, value }: PathValue): WriteRequest {
    const leaf = this.leafAt(path);
    if (leaf?.source.kind !== "point" || !leaf.source.writable || leaf.point === undefined) {
      throw notAllowed(`${path} cannot be written on this device`);
    }
    return { path, value, point: leaf.point, source: leaf.source, raw: rawAt(path, leaf.source, value) };
  }

  private leafAt(path: Path): Leaf | undefined {
    const { resourceInstance: _, ...resource } = pathParts(path);
    return this.parts.model.leaves.get(makePath(resource))?.find((leaf) => leaf.path === path);
  }
}

/** The mapping says what is wrong with a value; of several in a request the path says with which. */
function rawAt(path: Path, source: PointSource, value: Value): WriteRequest["raw"] {
  try {
    return source.toRaw(value);
  } catch (error) {
    if (error instanceof Lwm2mError) throw new Lwm2mError(error.code, `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

function isPointLeaf(leaf: Leaf): leaf is PointLeaf {
  return leaf.point !== undefined;
}

function isReadable({ source }: Leaf): boolean {
  return source.kind === "constant" || source.kind === "own" || (source.kind === "point" && source.readable);
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

/** The device did not do it: 5.00 with the reason. A bug stays what it is. */
function refusal(error: unknown, sentence: (reason: string) => string): unknown {
  if (!(error instanceof DeviceError)) return error;
  return notDone(sentence(error.message), { cause: error });
}
