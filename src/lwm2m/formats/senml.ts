/**
 * SenML (RFC 8428) as LwM2M uses it (Core 1.2 §7.5.6, §7.5.7), without the bytes: names, base names, times. senml-json.ts and
 * senml-cbor.ts spell the records.
 */
import type { UnixMillis } from "../../clock.ts";
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import { type Path, prefixOf } from "../path.ts";
import type { PathValue, ResourceType, Sample, Value } from "../sample.ts";
import type { EncodeOptions, TimedPathValue, TypeOf } from "./codec.ts";
import { commonName, mayName, outside, readName, withPrefixOf } from "./names.ts";
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
  readonly type: ResourceType | undefined;
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

/** A record whose name is whole: base fields stay in force until a later record changes them (RFC 8428 §4.6). */
export interface Resolved {
  readonly name: string;
  /** Seconds, absolute or relative to now; undefined where the pack has no time. */
  readonly time: number | undefined;
  readonly value: Value | undefined;
  readonly removal: boolean;
}

const FORMAT = "SenML";

/** RFC 8428 §4.5.3: a time below this many seconds is relative to now. */
const ABSOLUTE_TIME = 2 ** 28;

/**
 * The records of these samples, smallest sensible form: a base name for each run of samples of one device ("/dev1/3/0/", or
 * the whole path where there is only one), the base time once, and a time only where it differs from that.
 */
export function toRecords(samples: readonly Sample[], typeOf: TypeOf, options: EncodeOptions = {}): SenmlOutput[] {
  const base = options.times === true ? baseTime(samples) : undefined;
  const records: SenmlOutput[] = [];
  for (let start = 0; start < samples.length; ) {
    const end = endOfRun(samples, start);
    const baseName = commonName(samples, start, end);
    for (let i = start; i < end; i++) {
      const sample = samples[i];
      if (sample === undefined) break;
      const { path, value } = sample;
      const name = path.slice(baseName.length);
      const offset = base === undefined ? 0 : sample.time - base;
      records.push({
        baseName: i === start ? baseName : undefined,
        baseTime: i === 0 && base !== undefined ? base / 1000 : undefined,
        name: name === "" ? undefined : name,
        time: offset === 0 ? undefined : offset / 1000,
        value,
        type: typeOf(path)?.type,
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
    return { name: baseName + (record.name ?? ""), time, value: record.value, removal: record.removal };
  });
}

/** The values of a Write to `base`: see ContentCodec.decode. */
export function writtenValues(records: readonly SenmlInput[], base: Path, typeOf: TypeOf): PathValue[] {
  checkKnown(base, typeOf);
  const values: PathValue[] = [];
  for (const { name, value } of resolveRecords(records)) {
    const path = pathUnder(name, base);
    if (value === undefined) throw new Lwm2mError(CODE.badRequest, `SenML: the record of ${path} has no value`);
    const type = typeAtLeaf(path, typeOf);
    if (type !== undefined) values.push({ path, value: fitValue(value, type, path) });
  }
  return values;
}

/** The values of a report: see ReportCodec.decodeReport. */
export function reportedValues(records: readonly SenmlInput[], { base, typeOf, now }: ReportContext): TimedPathValue[] {
  const values: TimedPathValue[] = [];
  for (const { name, value, time } of resolveRecords(records)) {
    if (value === undefined) continue;
    const path = withPrefixOf(readName(name, FORMAT), base);
    const type = typeOf(path)?.type;
    const fitted = (type === undefined ? undefined : tryFit(value, type)) ?? value;
    const measured = time === undefined ? undefined : absoluteTime(time, now);
    values.push({ path, value: fitted, ...(measured === undefined ? {} : { time: measured }) });
  }
  return values;
}

/** Whether all have a time of measurement: a clock that was never set counts from 1970, which would read as relative. */
export function datable(samples: readonly Sample[]): boolean {
  return samples.every(({ time }) => time >= ABSOLUTE_TIME * 1000);
}

/** The time of a record in seconds, which may be relative to now; undefined where it is and now is not known. */
export function absoluteTime(seconds: number, now: UnixMillis | undefined): UnixMillis | undefined {
  // Rounded first: base and offset of a time at the border may add up to a hair less.
  const millis = Math.round(seconds * 1000);
  if (millis >= ABSOLUTE_TIME * 1000) return millis;
  return now === undefined ? undefined : now + millis;
}

function baseTime(samples: readonly Sample[]): UnixMillis | undefined {
  return datable(samples) ? samples[0]?.time : undefined;
}

function endOfRun(samples: readonly Sample[], start: number): number {
  const first = samples[start];
  if (first === undefined) return samples.length;
  const prefix = prefixOf(first.path);
  const within = (path: Path) => (prefix === "" ? prefixOf(path) === "" : path.startsWith(`/${prefix}/`));
  let end = start + 1;
  for (let next = samples[end]; next !== undefined && within(next.path); next = samples[end]) end++;
  return end;
}

function pathUnder(name: string, base: Path): Path {
  const path = withPrefixOf(readName(name, FORMAT), base);
  if (!mayName(path, base)) throw outside(path, base, FORMAT);
  return path;
}
