/**
 * SenML (RFC 8428) as LwM2M uses it (Core 1.2 §7.5.6, §7.5.7), without the bytes: names, base names, times. senml-json.ts and
 * senml-cbor.ts spell the records.
 */
import { datedFrom, isUndated, type Millis, SECOND, type Undated, type UnixMillis } from "../../clock.ts";
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import { makePath, type Path, prefixOf } from "../path.ts";
import type { PathValue, Sample, Value } from "../sample.ts";
import type { TimedPathValue, TypeOf } from "./codec.ts";
import { commonName, mayName, outside, readJoinedName, withPrefixOf } from "./names.ts";
import type { ReportContext } from "./report.ts";
import { checkKnown, fitValue, tryFit, typeAtLeaf } from "./value.ts";

/** One record to write; all have every field, so that they have one shape. */
export interface SenmlOutput {
  /** In force from this record on, as is the base time. */
  readonly baseName: string | undefined;
  /** Seconds since 1970. */
  readonly baseTime: number | undefined;
  /** Appended to the base name. */
  readonly name: string | undefined;
  /** Seconds after the base time; exact to the millisecond. */
  readonly time: number | undefined;
  readonly value: Value;
  readonly path: Path;
}

/** One record as it was read; `value` is missing where the record only names a path. */
export interface SenmlInput {
  readonly baseName: string | undefined;
  readonly baseTime: number | undefined;
  readonly name: string | undefined;
  readonly time: number | undefined;
  readonly value: Value | undefined;
  /** In a Patch Pack: `"v": null`, there shall be nothing at this path. */
  readonly removal: boolean;
}

/** A record with the base fields in force: they stay so until a later record changes them (RFC 8428 §4.6). */
export interface Resolved {
  /** Before the name; see pathOf. */
  readonly baseName: string;
  readonly name: string;
  /** Seconds, absolute or relative to now; undefined where the pack has no time. */
  readonly time: number | undefined;
  readonly value: Value | undefined;
  readonly removal: boolean;
}

const FORMAT = "SenML";

/** How a time is told: the milliseconds that stand for those of a sample. */
export type Grid = (time: UnixMillis) => UnixMillis;

export const exact: Grid = (time) => time;

/** How the times of a pack are told. */
export interface Timing {
  readonly grid: Grid;
  readonly undated: Undated | undefined;
}

/**
 * The records of these samples, smallest sensible form: a base name for each run of samples of one device ("/dev1/3/0/", or
 * the whole path where there is only one), the base time once, and a time only where it differs from that. Without timing
 * there are no times. What was measured before the clock was right and cannot be dated yet comes first: a base time would
 * count for it. Its time is relative to now, or is none where now is not known.
 */
export function toRecords(measured: readonly Sample[], timing: Timing | undefined): SenmlOutput[] {
  const samples = timing === undefined || datable(measured) ? measured : settled(measured, timing.undated);
  const dated = timing === undefined ? -1 : samples.findIndex(isDatable);
  const base = dated < 0 ? undefined : timing?.grid(samples[dated]?.time ?? 0);
  const records: SenmlOutput[] = [];
  for (let start = 0; start < samples.length; ) {
    const end = endOfRun(samples, start);
    const baseName = commonName(samples, start, end);
    for (let i = start; i < end; i++) {
      const sample = samples[i];
      if (sample === undefined) break;
      const { path, value } = sample;
      const offset = timing === undefined ? 0 : offsetOf(sample.time, timing, i < dated ? undefined : base);
      records.push({
        baseName: i === start ? baseName : undefined,
        baseTime: i === dated && base !== undefined ? base / SECOND : undefined,
        name: path.length === baseName.length ? undefined : path.slice(baseName.length),
        time: offset === 0 ? undefined : offset / SECOND,
        value,
        path,
      });
    }
    start = end;
  }
  return records;
}

export function resolveRecords(records: readonly SenmlInput[]): Resolved[] {
  let baseName = "";
  let baseTime: number | undefined;
  return records.map((record) => {
    baseName = record.baseName ?? baseName;
    baseTime = record.baseTime ?? baseTime;
    const timed = baseTime !== undefined || record.time !== undefined;
    const time = timed ? (baseTime ?? 0) + (record.time ?? 0) : undefined;
    return { baseName, name: record.name ?? "", time, value: record.value, removal: record.removal };
  });
}

/** What the record names. Throws Lwm2mError 4.00 where that is no path. */
export function pathOf({ baseName, name }: Resolved): Path {
  return readJoinedName(baseName, name, FORMAT);
}

/** The values of a Write to `base`: see ContentCodec.decode. */
export function writtenValues(records: readonly SenmlInput[], base: Path, typeOf: TypeOf): PathValue[] {
  checkKnown(base, typeOf);
  const values: PathValue[] = [];
  for (const record of resolveRecords(records)) {
    const { value } = record;
    const path = pathUnder(record, base);
    if (value === undefined) throw new Lwm2mError(CODE.badRequest, `SenML: the record of ${path} has no value`);
    const type = typeAtLeaf(path, typeOf);
    if (type !== undefined) values.push({ path, value: fitValue(value, type, path) });
  }
  return values;
}

/** The values of a report: see ReportCodec.decodeReport. */
export function reportedValues(records: readonly SenmlInput[], { base, typeOf, now }: ReportContext): TimedPathValue[] {
  const values: TimedPathValue[] = [];
  for (const record of resolveRecords(records)) {
    const { value, time } = record;
    if (value === undefined) continue;
    const path = withPrefixOf(pathOf(record), base);
    const type = typeOf(path)?.type;
    const fitted = (type === undefined ? undefined : tryFit(value, type)) ?? value;
    const measured = time === undefined ? undefined : absoluteTime(time, now);
    values.push(measured === undefined ? { path, value: fitted } : { path, value: fitted, time: measured });
  }
  return values;
}

/** Whether all have a time of measurement: one from before the clock was right would read as relative. */
export function datable(samples: readonly Sample[]): boolean {
  return samples.every(isDatable);
}

/** The same samples with Unix time, as far as it is known; those without it first. */
export function settled(samples: readonly Sample[], undated: Undated | undefined): readonly Sample[] {
  if (undated === undefined || "now" in undated) return undatedFirst(samples);
  // A clock that is believed whatever it says may count from 1970.
  return undatedFirst(samples.map((sample) => ({ ...sample, time: datedFrom(undated.started, sample.time) })));
}

/** After the base time, where there is one; else relative to now, or 0 where now is not known. */
export function offsetOf(time: UnixMillis, { grid, undated }: Timing, base: UnixMillis | undefined): Millis {
  if (base !== undefined) return grid(time) - base;
  return undated !== undefined && "now" in undated ? grid(Math.min(0, time - undated.now)) : 0;
}

function isDatable({ time }: Sample): boolean {
  return !isUndated(time);
}

function undatedFirst(samples: readonly Sample[]): readonly Sample[] {
  return [...samples.filter((sample) => !isDatable(sample)), ...samples.filter(isDatable)];
}

/** The time of a record in seconds, which may be relative to now; undefined where it is and now is not known. */
export function absoluteTime(seconds: number, now: UnixMillis | undefined): UnixMillis | undefined {
  // Rounded first: base and offset of a time at the border may add up to a hair less.
  const millis = Math.round(seconds * 1000);
  if (!isUndated(millis)) return millis;
  return now === undefined ? undefined : now + millis;
}

/** Where the samples of one device, or of the gateway itself, end. */
function endOfRun(samples: readonly Sample[], start: number): number {
  const prefix = prefixOf(samples[start]?.path ?? ROOT);
  const name = `/${prefix}/`;
  let end = start + 1;
  for (let next = samples[end]; next !== undefined; next = samples[end]) {
    if (prefix === "" ? prefixOf(next.path) !== "" : !next.path.startsWith(name)) break;
    end++;
  }
  return end;
}

function pathUnder(record: Resolved, base: Path): Path {
  const path = withPrefixOf(pathOf(record), base);
  if (!mayName(path, base)) throw outside(path, base, FORMAT);
  return path;
}

const ROOT = makePath({ prefix: "" });
