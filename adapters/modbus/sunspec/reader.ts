/** Reads the SunSpec points of one device: finds its models once, then reads values with their scale factors. */
import {
  type Clock,
  type Logger,
  MINUTE,
  type Millis,
  type PointId,
  type RawValue,
  type Reading,
  type ReadResult,
} from "../../../src/adapter.ts";
import { BlockReader, type BlockReaderSettings, type ReadSpan } from "../block-reader.ts";
import type { RegisterPoint } from "../points.ts";
import { BASES, BaseSearch, type Chain, isHeaderOf, walkChain } from "./chain.ts";
import { headerId, headerOf, type Located, locate, scaleId } from "./locate.ts";
import type { SunSpecPoint } from "./source.ts";
import { decodeScale, decodeValue, NoValue, scaled } from "./types.ts";

export interface SunSpecReaderSettings extends Pick<BlockReaderSettings, "limits" | "clock" | "log" | "command"> {
  readonly points: ReadonlyMap<PointId, SunSpecPoint>;
  /** Where the mapping says that "SunS" stands. */
  readonly base: number | undefined;
  /** The most registers of one read. */
  readonly max: number;
}

/** A device that starts may not have all of its models yet: what is missing is looked for again after this time. */
const LOOK_AGAIN: Millis = MINUTE;

/** What was found on the device. */
interface Findings {
  readonly located: ReadonlyMap<PointId, Located>;
  readonly absent: ReadonlyMap<PointId, string>;
  readonly blocks: BlockReader;
  /** When to look again; absent: never, all is as it should be. */
  readonly until?: Millis;
}

type Refused = ReadResult["refused"][number];

export class SunSpecReader {
  private readonly settings: SunSpecReaderSettings;
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly search: BaseSearch;
  /** Several reads may begin at once: one walk serves them. */
  private findings: Promise<Findings> | undefined;
  private told = "";

  constructor(settings: SunSpecReaderSettings) {
    this.settings = settings;
    this.clock = settings.clock;
    this.log = settings.log;
    this.search = new BaseSearch(settings.base === undefined ? BASES : [settings.base]);
  }

  /** As DeviceLink.read says. */
  async read(ids: readonly PointId[], readSpan: ReadSpan): Promise<ReadResult> {
    try {
      const once = await this.attempt(ids, readSpan);
      if (once !== "stale") return once;
      const again = await this.attempt(ids, readSpan);
      if (again !== "stale") return again;
      return refusing(ids, "the SunSpec models of the device move while they are read");
    } catch (error) {
      // When it is back it may be another.
      this.forget();
      throw error;
    }
  }

  /** The device is there again, maybe with other firmware. */
  forget(): void {
    this.findings = undefined;
  }

  private async attempt(ids: readonly PointId[], readSpan: ReadSpan): Promise<ReadResult | "stale"> {
    this.findings ??= this.find(readSpan);
    const search = this.findings;
    const findings = await search;
    const { until } = findings;
    const isOld = until !== undefined && this.clock.monotonic() >= until;
    const result = isOld ? "stale" : await readLocated(ids, findings, readSpan, this.clock);
    // Another read may have found the new ones meanwhile: those stay.
    if (result === "stale" && this.findings === search) this.forget();
    return result;
  }

  private async find(readSpan: ReadSpan): Promise<Findings> {
    const base = await this.search.find(readSpan);
    const chain: Chain =
      base === undefined
        ? { base: 0, models: [], cut: `no register of ${this.search.places} says "SunS"` }
        : await walkChain(base, readSpan);
    this.tell(base, chain);
    return this.findingsOf(chain);
  }

  private findingsOf(chain: Chain): Findings {
    const { points, max, limits, clock, log, command } = this.settings;
    const located = new Map<PointId, Located>();
    const absent = new Map<PointId, string>();
    for (const [id, point] of points) {
      const place = locate(point, chain, max);
      if (typeof place === "string") absent.set(id, place);
      else located.set(id, place);
    }
    const blocks = new BlockReader({ points: registersOf(located), limits, clock, log, command });
    const isWhole = chain.cut === undefined || absent.size === 0;
    return { located, absent, blocks, ...(isWhole ? {} : { until: clock.monotonic() + LOOK_AGAIN }) };
  }

  /** Once, and again when it is something else. */
  private tell(base: number | undefined, { models, cut }: Chain): void {
    const ids = models.map(({ id }) => id).join(", ");
    const text = `${base} ${ids} ${cut}`;
    if (text === this.told) return;
    this.told = text;
    if (base === undefined) this.log.warn({ code: "LG553", reason: cut }, "the device shows no SunSpec models");
    else if (cut !== undefined)
      this.log.warn({ code: "LG553", base, models: ids, reason: cut }, "the chain of SunSpec models breaks off");
    else this.log.info({ base, models: ids }, "the SunSpec models of the device are found");
  }
}

/** All that is read for these points, under names of our own beside theirs. */
export function registersOf(located: ReadonlyMap<PointId, Located>): Map<PointId, RegisterPoint> {
  const registers = new Map<PointId, RegisterPoint>();
  for (const [id, { span, model, farScale }] of located) {
    registers.set(id, span);
    registers.set(headerId(model), headerOf(model));
    if (farScale !== undefined) registers.set(scaleId(farScale), farScale);
  }
  return registers;
}

/** "stale": where the head of a model was is something else now, as after an update of the firmware. */
async function readLocated(
  ids: readonly PointId[],
  { located, absent, blocks }: Findings,
  readSpan: ReadSpan,
  clock: Clock,
): Promise<ReadResult | "stale"> {
  const wanted = new Map(ids.flatMap((id): [PointId, Located][] => entry(id, located.get(id))));
  const refused: Refused[] = ids.flatMap((id) =>
    entry(id, absent.get(id)).map(([point, reason]) => ({ point, reason })),
  );
  if (wanted.size === 0) return { readings: [], refused };
  const read = contentOf(await blocks.read([...registersOf(wanted).keys()], readSpan));
  const models = new Set([...wanted.values()].map(({ model }) => model));
  for (const model of models) {
    const header = read.bytes(headerId(model));
    if (header === undefined || !isHeaderOf(model, header)) return "stale";
  }
  const far = [...wanted.values()].flatMap(({ farScale }) => (farScale === undefined ? [] : [scaleId(farScale)]));
  // A scale factor that no read can have together with its value is read before and after it.
  const after = far.length === 0 ? read : contentOf(await blocks.read([...new Set(far)], readSpan));
  const readings: Reading[] = [];
  for (const [point, place] of wanted) {
    try {
      readings.push({ point, value: readOut(point, place, read, after), time: read.time(point) ?? clock.wall() });
    } catch (error) {
      if (!(error instanceof NoValue)) throw error;
      refused.push({ point, reason: error.message });
    }
  }
  return { readings, refused };
}

/** Throws NoValue. */
function readOut(id: PointId, { model, candidate, span, farScale }: Located, read: Content, after: Content): RawValue {
  const { type, offset, registers, scale } = candidate;
  const bytes = read.need(id);
  const part = (at: number, count: number): Uint8Array => {
    const first = 2 * (model.address + at - span.address);
    return bytes.slice(first, first + 2 * count);
  };
  const value = decodeValue(type, part(offset, registers));
  if (scale === undefined) return value;
  if (farScale === undefined) return scaled(value, decodeScale(part(scale, 1)));
  const [before, behind] = [read, after].map((content) => decodeScale(content.need(scaleId(farScale))));
  if (before === undefined || before !== behind) throw new NoValue("its scale factor changed while it was read");
  return scaled(value, before);
}

/** What came of a read of registers. */
interface Content {
  bytes(id: PointId): Uint8Array | undefined;
  /** Throws NoValue with the reason why there are none. */
  need(id: PointId): Uint8Array;
  time(id: PointId): number | undefined;
}

function contentOf({ readings, refused }: ReadResult): Content {
  const good = new Map(readings.map((reading) => [reading.point, reading]));
  const reasons = new Map(refused.map(({ point, reason }) => [point, reason]));
  const bytes = (id: PointId): Uint8Array | undefined => {
    const value = good.get(id)?.value;
    return value instanceof Uint8Array ? value : undefined;
  };
  return {
    bytes,
    need(id) {
      const found = bytes(id);
      if (found === undefined) throw new NoValue(reasons.get(id) ?? "the device gave no value");
      return found;
    },
    time: (id) => good.get(id)?.time,
  };
}

function refusing(ids: readonly PointId[], reason: string): ReadResult {
  return { readings: [], refused: ids.map((point) => ({ point, reason })) };
}

function entry<T>(id: PointId, value: T | undefined): [PointId, T][] {
  return value === undefined ? [] : [[id, value]];
}
