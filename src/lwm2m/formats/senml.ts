/**
 * SenML (RFC 8428) as LwM2M uses it (Core 1.2 §7.5.6, §7.5.7), without the bytes: names, base names, times. senml-json.ts and
 * senml-cbor.ts spell the records.
 */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import { makePath, type Path, prefixOf } from "../path.ts";
import type { PathValue, Sample, Value } from "../sample.ts";
import type { TimedPathValue, TypeOf } from "./codec.ts";
import { commonName, mayName, outside, readJoinedName, withPrefixOf } from "./names.ts";
import { absoluteTime, datable, RecordTimes, settled, type Timing } from "./record-times.ts";
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

/**
 * The records of these samples, smallest sensible form: a base name for each run of samples of one device ("/dev1/3/0/", or
 * the whole path where there is only one), and times as RecordTimes tells them. Without timing there are none.
 */
export function toRecords(measured: readonly Sample[], timing: Timing | undefined): SenmlOutput[] {
  const samples = timing === undefined || datable(measured) ? measured : settled(measured, timing.undated);
  const times = timing === undefined ? undefined : new RecordTimes(timing);
  const records: SenmlOutput[] = [];
  for (let start = 0; start < samples.length; ) {
    const end = endOfRun(samples, start);
    const baseName = commonName(samples, start, end);
    for (let i = start; i < end; i++) {
      const sample = samples[i];
      if (sample === undefined) break;
      const { path, value } = sample;
      times?.take(sample, samples[i + 1]);
      records.push({
        baseName: i === start ? baseName : undefined,
        baseTime: times?.baseTime,
        name: path.length === baseName.length ? undefined : path.slice(baseName.length),
        time: times?.time,
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
