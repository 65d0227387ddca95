/**
 * LwM2M CBOR (Content-Format 11544): Core 1.2 §7.5.4; prefixes by Gateway TS 1.1 §9. Names are read in lwm2m-cbor-names.ts, and
 * written in lwm2m-cbor-writer.ts. It carries no time.
 */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import type { Path } from "../path.ts";
import type { PathValue } from "../sample.ts";
import { describeItem, scalarValue } from "./cbor-value.ts";
import { CONTENT_FORMAT, type TimedPathValue, type TypeOf } from "./codec.ts";
import {
  absoluteItems,
  itemsUnder,
  itemsWithin,
  type NamedItem,
  namedInstances,
  pathOf,
  pathOnce,
} from "./lwm2m-cbor-names.ts";
import { writeLwm2mCbor } from "./lwm2m-cbor-writer.ts";
import { nextVisitor } from "./name-tree.ts";
import type { ReportCodec, ReportContext } from "./report.ts";
import { checkKnown, fitValue, misfit, tryFit, typeAtLeaf } from "./value.ts";

export const lwm2mCbor: ReportCodec = {
  contentFormat: CONTENT_FORMAT.lwm2mCbor,
  carriesTime: false,
  singleValue: false,
  encode: (samples, _base, typeOf) => writeLwm2mCbor(samples, typeOf),
  decode(payload, base, typeOf) {
    checkKnown(base, typeOf);
    return fitted(base === "/" ? absoluteItems(payload, base) : itemsWithin(payload, base), typeOf);
  },
  decodeReport,
};

/**
 * The instances that the payload of a Create on `object` names; 65535 leaves the choice to the client (Core 1.2.2 §6.3.6).
 * Throws as ContentCodec.decode does.
 */
export function createdInstances(payload: Uint8Array, object: Path): number[] {
  return namedInstances(payload, object);
}

/**
 * The values of that payload, with `instance` in place of the one that it names. A payload without a single known resource is
 * refused: its names may be those of another object.
 */
export function createdValues(payload: Uint8Array, instance: Path, typeOf: TypeOf): PathValue[] {
  const values = fitted(itemsUnder(payload, instance), typeOf);
  if (values.length > 0) return values;
  throw new Lwm2mError(CODE.badRequest, `LwM2M CBOR: nothing in the payload is a known resource of ${instance}`);
}

function fitted(items: readonly NamedItem[], typeOf: TypeOf): PathValue[] {
  const values: PathValue[] = [];
  const visitor = nextVisitor();
  for (const { node, item } of items) {
    const path = pathOnce(node, visitor);
    const type = typeAtLeaf(path, typeOf);
    if (type === undefined) continue;
    const value = scalarValue(item);
    if (value === undefined) throw misfit(path, type, describeItem(item));
    values.push({ path, value: fitValue(value, type, path) });
  }
  return values;
}

/** An empty payload, or an empty map, is an object without instances. Null is no value: an executable resource has it. */
function decodeReport(payload: Uint8Array, { base, typeOf }: ReportContext): TimedPathValue[] {
  if (payload.length === 0 || isEmptyMap(payload)) return [];
  const values: TimedPathValue[] = [];
  for (const { node, item } of absoluteItems(payload, base)) {
    const path = pathOf(node);
    const value = scalarValue(item);
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
