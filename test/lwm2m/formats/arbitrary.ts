import fc from "fast-check";
import type { TypeOf } from "../../../src/lwm2m/formats/codec.ts";
import { makePath, type Path, pathParts } from "../../../src/lwm2m/path.ts";
import type { ResourceType, Sample, Value } from "../../../src/lwm2m/sample.ts";

export const TYPES: readonly ResourceType[] = [
  "string",
  "integer",
  "unsigned",
  "float",
  "boolean",
  "opaque",
  "time",
  "objlnk",
  "corelnk",
];

const id16 = fc.integer({ min: 0, max: 65535 });
const signed = fc.oneof(
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(whole),
  edges([7n, 8n, 15n, 16n, 31n, 32n, 53n, 63n], -(2n ** 63n), 2n ** 63n - 1n),
);
const unsigned = fc.oneof(
  fc.nat(),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(whole),
  edges([8n, 16n, 32n, 53n, 63n, 64n], 0n, 2n ** 64n - 1n),
);
/** Zero of either sign; the least and the largest with a short float; those beside them that have none; the same of doubles. */
const floatEdges = fc.constantFrom(
  ...[0, -0, 1, -1, 2 ** -149, 2 ** -150, 2 ** -126, (2 - 2 ** -23) * 2 ** 127, 2 ** 128],
  ...[2 ** 24, 2 ** 24 + 1, 2 ** 53, 0.1, Math.fround(0.1), Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE],
);

/** Values as the program holds them: safe integers are numbers, bytes are plain Uint8Arrays. */
export const VALUE_OF: Readonly<Record<ResourceType, fc.Arbitrary<Value>>> = {
  string: fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "grapheme-ascii", minLength: 60, maxLength: 70 }),
    fc.string({ unit: "binary" }),
  ),
  corelnk: fc.constantFrom("</3/0>", "</25>;ver=2.0,</25/0>", ""),
  integer: signed,
  time: signed,
  unsigned,
  float: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    floatEdges,
  ),
  boolean: fc.boolean(),
  opaque: fc.uint8Array({ maxLength: 300 }),
  objlnk: fc.oneof(
    fc.record({ object: id16, instance: id16 }, { noNullPrototype: true }),
    fc.constant({ object: 65535, instance: 65535 }),
  ),
};

/** The type of a resource is told by its ID: 0 is text, 1 an integer …; from 100 on resources have several instances. */
export const typeOfId: TypeOf = (path) => {
  const { resource } = pathParts(path);
  const type = resource === undefined ? undefined : TYPES[resource % 100];
  return type === undefined ? undefined : { type, multiple: resource !== undefined && resource >= 100 };
};

const resourceId = fc
  .integer({ min: 0, max: TYPES.length - 1 })
  .chain((type) => fc.constantFrom(type, type + 100, type + 400));

/** One leaf: its IDs below the object, and its value. */
const leaf = fc.record({ instance: fc.nat(3), resource: resourceId, resourceInstance: fc.nat(300) }).chain((ids) =>
  fc.record({
    ids: fc.constant(ids),
    value: VALUE_OF[TYPES[ids.resource % 100] ?? "string"],
    time: fc.integer({ min: 2 ** 28 * 1000, max: 4_000_000_000_000 }),
  }),
);

/** The samples of one object, each path once, in document order. */
export function samplesOf(prefix: string, object: number): fc.Arbitrary<readonly Sample[]> {
  return fc.array(leaf, { minLength: 1, maxLength: 12 }).map((leaves) => {
    const byPath = new Map<Path, Sample>();
    for (const { ids, value, time } of leaves) {
      const { resourceInstance, ...single } = ids;
      const path = makePath({ prefix, object, ...(ids.resource >= 100 ? ids : single) });
      byPath.set(path, { path, value, time });
    }
    return [...byPath.values()].sort((a, b) => compare(a.path, b.path));
  });
}

function compare(a: Path, b: Path): number {
  const [x, y] = [pathParts(a), pathParts(b)];
  return (
    (x.instance ?? 0) - (y.instance ?? 0) ||
    (x.resource ?? 0) - (y.resource ?? 0) ||
    (x.resourceInstance ?? 0) - (y.resourceInstance ?? 0)
  );
}

/** The powers of two where an encoding needs more bytes, their neighbours, and their negatives, within bounds. */
function edges(exponents: readonly bigint[], min: bigint, max: bigint): fc.Arbitrary<number | bigint> {
  const around = exponents.flatMap((exponent) => [-1n, 0n, 1n].map((beside) => 2n ** exponent + beside));
  const within = [...around, ...around.map((value) => -value)].filter((value) => value >= min && value <= max);
  return fc.constantFrom(...within).map(whole);
}

function whole(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
