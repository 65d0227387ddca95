/**
 * LwM2M CBOR (Content-Format 11544): Core 1.2 §7.5.4; prefixes by Gateway TS 1.1 §9. The names are in lwm2m-cbor-names.ts. It
 * carries no time.
 */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import { childPath, MAX_ID, type Path, parentPath, pathParts } from "../path.ts";
import type { PathValue, Sample } from "../sample.ts";
import { type CborInput, encodeCbor } from "./cbor.ts";
import { type CborScalar, cborScalar, describeItem, scalarValue } from "./cbor-value.ts";
import { CONTENT_FORMAT, type TimedPathValue, type TypeOf } from "./codec.ts";
import { absolutePath, checkId, idsBelow, type NamedItem, namedItems } from "./lwm2m-cbor-names.ts";
import type { ReportCodec, ReportContext } from "./report.ts";
import { checkKnown, fitValue, misfit, tryFit, typeAtLeaf } from "./value.ts";

export const lwm2mCbor: ReportCodec = {
  contentFormat: CONTENT_FORMAT.lwm2mCbor,
  carriesTime: false,
  singleValue: false,
  encode: (samples, _base, typeOf) => encodeCbor(collapsed(treeOfNames(samples, typeOf))),
  decode(payload, base, typeOf) {
    checkKnown(base, typeOf);
    const names = namedItems(payload);
    if (base === "/") return fitted(names, (name) => absolutePath(name, base), typeOf);
    const below = idsBelow(names, base);
    return fitted(names, (_name, i) => pathBelow(base, below[i] ?? []), typeOf);
  },
  decodeReport,
};

/**
 * The instances that the payload of a Create on `object` names; 65535 leaves the choice to the client (Core 1.2.2 §6.3.6).
 * Throws as ContentCodec.decode does.
 */
export function createdInstances(payload: Uint8Array, object: Path): number[] {
  return idsBelow(namedItems(payload), object).map(([instance = MAX_ID]) => instance);
}

/**
 * The values of that payload, with `instance` in place of the one that it names. A payload without a single known resource is
 * refused: its names may be those of another object.
 */
export function createdValues(payload: Uint8Array, instance: Path, typeOf: TypeOf): PathValue[] {
  const names = namedItems(payload);
  const below = idsBelow(names, parentPath(instance) ?? instance);
  const values = fitted(names, (_name, i) => pathBelow(instance, (below[i] ?? []).slice(1)), typeOf);
  if (values.length > 0) return values;
  throw new Lwm2mError(CODE.badRequest, `LwM2M CBOR: nothing in the payload is a known resource of ${instance}`);
}

/** What the names are made of: a level of IDs (the first may be a prefix), and values at the ends. */
type NameTree = Map<string | number, NameTree | CborScalar>;

function treeOfNames(samples: readonly Sample[], typeOf: TypeOf): NameTree {
  const root: NameTree = new Map();
  let parent = "";
  let level = root;
  for (const { path, value } of samples) {
    const end = path.lastIndexOf("/");
    // Samples of one instance follow each other: most stand beside the one before.
    if (end !== parent.length || !path.startsWith(parent)) {
      parent = path.slice(0, end);
      level = levelOf(root, path);
    }
    level.set(Number(path.slice(end + 1)), cborScalar(value, typeOf(path)?.type));
  }
  return root;
}

/** The level that the last ID of the path stands in. */
function levelOf(root: NameTree, path: Path): NameTree {
  const { prefix, object = 0, instance = 0, resource = 0, resourceInstance } = pathParts(path);
  const device = prefix === "" ? root : levelAt(root, prefix);
  const level = levelAt(levelAt(device, object), instance);
  return resourceInstance === undefined ? level : levelAt(level, resource);
}

function levelAt(above: NameTree, key: string | number): NameTree {
  const known = above.get(key);
  if (known instanceof Map) return known;
  const level: NameTree = new Map();
  above.set(key, level);
  return level;
}

/** A level with one entry joins the key above it: `{[3, 0]: {0: "OMA", 9: 100}, [1, 0, 1]: 86400}`, as §7.5.4 does. */
function collapsed(tree: NameTree): ReadonlyMap<CborInput, CborInput> {
  const map = new Map<CborInput, CborInput>();
  for (const [key, below] of tree) {
    const keys = [key];
    let rest = below;
    while (rest instanceof Map && rest.size === 1) {
      for (const [next, belowNext] of rest) {
        keys.push(next);
        rest = belowNext;
      }
    }
    map.set(keys.length === 1 ? key : keys, rest instanceof Map ? collapsed(rest) : rest);
  }
  return map;
}

function pathBelow(base: Path, ids: readonly number[]): Path {
  let path = base;
  for (const id of ids) {
    checkId(id);
    path = childPath(path, id);
  }
  return path;
}

/** The values at the paths that the names stand for, which may not stand there twice (undefined in §7.5.4). */
function fitted(
  names: readonly NamedItem[],
  pathOf: (name: NamedItem, index: number) => Path,
  typeOf: TypeOf,
): PathValue[] {
  const values: PathValue[] = [];
  const seen = new Set<Path>();
  for (const [i, name] of names.entries()) {
    const path = pathOf(name, i);
    if (seen.has(path)) throw new Lwm2mError(CODE.badRequest, `LwM2M CBOR: ${path} stands there twice`);
    seen.add(path);
    const type = typeAtLeaf(path, typeOf);
    if (type === undefined) continue;
    const value = scalarValue(name.item);
    if (value === undefined) throw misfit(path, type, describeItem(name.item));
    values.push({ path, value: fitValue(value, type, path) });
  }
  return values;
}

/** An empty payload, or an empty map, is an object without instances. Null is no value: an executable resource has it. */
function decodeReport(payload: Uint8Array, { base, typeOf }: ReportContext): TimedPathValue[] {
  if (payload.length === 0 || isEmptyMap(payload)) return [];
  const values: TimedPathValue[] = [];
  for (const name of namedItems(payload)) {
    const value = scalarValue(name.item);
    if (value === undefined) continue;
    const path = absolutePath(name, base);
    const type = typeOf(path)?.type;
    values.push({ path, value: (type === undefined ? undefined : tryFit(value, type)) ?? value });
  }
  return values;
}

function isEmptyMap(payload: Uint8Array): boolean {
  return payload.length === 1 && payload[0] === EMPTY_MAP;
}

const EMPTY_MAP = 0xa0;
