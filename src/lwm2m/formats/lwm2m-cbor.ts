/**
 * LwM2M CBOR (Content-Format 11544): Core 1.2 §7.5.4; prefixes by Gateway TS 1.1 §9. The names are in lwm2m-cbor-names.ts, the
 * writer in lwm2m-cbor-writer.ts. It carries no time.
 */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import { MAX_ID, type Path, parentPath } from "../path.ts";
import type { PathValue } from "../sample.ts";
import { describeItem, scalarValue } from "./cbor-value.ts";
import { CONTENT_FORMAT, type TimedPathValue, type TypeOf } from "./codec.ts";
import {
  absolutePaths,
  idsWithin,
  type Keys,
  type NamedItem,
  namedItems,
  pathBelow,
  pathsWithin,
} from "./lwm2m-cbor-names.ts";
import { writeLwm2mCbor } from "./lwm2m-cbor-writer.ts";
import type { ReportCodec, ReportContext } from "./report.ts";
import { checkKnown, fitValue, misfit, tryFit, typeAtLeaf } from "./value.ts";

export const lwm2mCbor: ReportCodec = {
  contentFormat: CONTENT_FORMAT.lwm2mCbor,
  carriesTime: false,
  singleValue: false,
  encode: (samples, _base, typeOf) => writeLwm2mCbor(samples, typeOf),
  decode(payload, base, typeOf) {
    checkKnown(base, typeOf);
    const names = namedItems(payload);
    return fitted(names, base === "/" ? absolutePaths(names, base) : pathsWithin(names, base), typeOf);
  },
  decodeReport,
};

/**
 * The instances that the payload of a Create on `object` names; 65535 leaves the choice to the client (Core 1.2.2 §6.3.6).
 * Throws as ContentCodec.decode does.
 */
export function createdInstances(payload: Uint8Array, object: Path): number[] {
  return idsWithin(namedItems(payload), object).map(([instance = MAX_ID]) => instance);
}

/**
 * The values of that payload, with `instance` in place of the one that it names. A payload without a single known resource is
 * refused: its names may be those of another object.
 */
export function createdValues(payload: Uint8Array, instance: Path, typeOf: TypeOf): PathValue[] {
  const names = namedItems(payload);
  const below = idsWithin(names, parentPath(instance) ?? instance);
  const paths = below.map((ids) => pathBelow(instance, ids.slice(1)));
  const values = fitted(names, paths, typeOf);
  if (values.length > 0) return values;
  throw new Lwm2mError(CODE.badRequest, `LwM2M CBOR: nothing in the payload is a known resource of ${instance}`);
}

/** The values at the paths that the names stand for, which may not stand there twice (undefined in §7.5.4). */
function fitted(names: readonly NamedItem[], paths: readonly Path[], typeOf: TypeOf): PathValue[] {
  if (mayRepeat(names, paths)) checkRepeated(paths);
  const values: PathValue[] = [];
  for (const [i, path] of paths.entries()) {
    const type = typeAtLeaf(path, typeOf);
    if (type === undefined) continue;
    const item = names[i]?.item;
    const value = scalarValue(item);
    if (value === undefined) throw misfit(path, type, describeItem(item));
    values.push({ path, value: fitValue(value, type, path) });
  }
  return values;
}

/** No key stands twice in a map: a path stands twice only where two maps, or keys that are arrays, have the same beginning. */
function mayRepeat(names: readonly NamedItem[], paths: readonly Path[]): boolean {
  const beginnings = new Map<string, Keys>();
  let last: Keys | undefined;
  for (const [i, path] of paths.entries()) {
    const above = names[i]?.above;
    if (above === last || above === undefined) continue;
    last = above;
    const beginning = path.slice(0, path.lastIndexOf("/"));
    const known = beginnings.get(beginning);
    if (known !== undefined && known !== above) return true;
    beginnings.set(beginning, above);
  }
  return false;
}

function checkRepeated(paths: readonly Path[]): void {
  const seen = new Set<Path>();
  for (const path of paths) {
    if (seen.has(path)) throw new Lwm2mError(CODE.badRequest, `LwM2M CBOR: ${path} stands there twice`);
    seen.add(path);
  }
}

/** An empty payload, or an empty map, is an object without instances. Null is no value: an executable resource has it. */
function decodeReport(payload: Uint8Array, { base, typeOf }: ReportContext): TimedPathValue[] {
  if (payload.length === 0 || isEmptyMap(payload)) return [];
  const names = namedItems(payload);
  const paths = absolutePaths(names, base);
  const values: TimedPathValue[] = [];
  for (const [i, path] of paths.entries()) {
    const value = scalarValue(names[i]?.item);
    if (value === undefined) continue;
    const type = typeOf(path)?.type;
    values.push({ path, value: (type === undefined ? undefined : tryFit(value, type)) ?? value });
  }
  return values;
}

function isEmptyMap(payload: Uint8Array): boolean {
  return payload.length === 1 && payload[0] === EMPTY_MAP;
}

const EMPTY_MAP = 0xa0;
