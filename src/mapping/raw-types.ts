/** The types of raw values that a mapping names with `as`. */
import { nearestNames } from "../near-miss.ts";
import { ConversionError } from "./conversion-types.ts";

export type RawType =
  | { readonly kind: "integer"; readonly name: string; readonly bytes: number; readonly signed: boolean }
  | { readonly kind: "float"; readonly name: string; readonly bytes: 2 | 4 | 8 }
  /** Binary-coded decimal: four bits a digit. */
  | { readonly kind: "bcd"; readonly name: string; readonly bytes: number }
  | { readonly kind: "bool"; readonly name: "bool" }
  | { readonly kind: "string"; readonly name: "string" }
  | { readonly kind: "bytes"; readonly name: "bytes" }
  /** A number that a text spells, or a JSON value is: for scalars only. */
  | { readonly kind: "number"; readonly name: "number" };

const TYPES: ReadonlyMap<string, RawType> = new Map(
  [
    ...[1, 2, 3, 4, 6, 8].map((bytes) => integer(`u${8 * bytes}`, bytes, false)),
    ...[1, 2, 3, 4, 8].map((bytes) => integer(`s${8 * bytes}`, bytes, true)),
    // Seconds since 1970, until 2106.
    integer("time32", 4, false),
    ...([2, 4, 8] as const).map((bytes): RawType => ({ kind: "float", name: `f${8 * bytes}`, bytes })),
    ...[2, 4].map((bytes): RawType => ({ kind: "bcd", name: `bcd${8 * bytes}`, bytes })),
    { kind: "bool", name: "bool" } as const,
    { kind: "string", name: "string" } as const,
    { kind: "bytes", name: "bytes" } as const,
    { kind: "number", name: "number" } as const,
  ].map((type) => [type.name, type]),
);

/** What other tools and languages call them: only for "did you mean". */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ...[8, 16, 24, 32, 48, 64].flatMap((bits): [string, string][] => [
    [`uint${bits}`, `u${bits}`],
    [`ui${bits}`, `u${bits}`],
  ]),
  ...[8, 16, 24, 32, 64].flatMap((bits): [string, string][] => [
    [`int${bits}`, `s${bits}`],
    [`i${bits}`, `s${bits}`],
  ]),
  ...[16, 32, 64].map((bits): [string, string] => [`float${bits}`, `f${bits}`]),
  ["float", "f32"],
  ["real", "f32"],
  ["double", "f64"],
  ["byte", "u8"],
  ["word", "u16"],
  ["short", "s16"],
  ["dword", "u32"],
  ["long", "s32"],
  ["int", "s16"],
  ["uint", "u16"],
  ["bit", "bool"],
  ["boolean", "bool"],
  ["str", "string"],
  ["text", "string"],
  ["ascii", "string"],
  ["char", "string"],
  ["hex", "bytes"],
  ["opaque", "bytes"],
  ["raw", "bytes"],
  ["bcd", "bcd16"],
  ["time", "time32"],
  ["timestamp", "time32"],
]);

/** Those of which `le` or `be` behind the name says the order of the bytes. */
const ORDERED = /^(?:[usf]\d\d|time32|bcd\d\d)$/;

/** What may stand behind `as`. */
export const RAW_TYPE_NAMES: readonly string[] = [
  ...TYPES.keys(),
  ...[...TYPES.keys()].flatMap((name) => (ORDERED.test(name) ? [`${name}le`, `${name}be`] : [])),
];

/** "s16le" is s16, the lowest byte first; undefined: nothing stands behind the name. */
export function orderedType(name: string): { readonly name: string; readonly order: "le" | "be" } | undefined {
  const plain = name.slice(0, -2);
  if (!ORDERED.test(plain)) return undefined;
  return name.endsWith("le")
    ? { name: plain, order: "le" }
    : name.endsWith("be")
      ? { name: plain, order: "be" }
      : undefined;
}

/** Finds the type of an `as`. Throws ConversionError with the near miss. */
export function findRawType(name: string): RawType {
  const type = TYPES.get(name);
  if (type !== undefined) return type;
  throw new ConversionError("as", `unknown type "${name}"${hint(name)}`);
}

function hint(name: string): string {
  const lower = name.toLowerCase();
  const [near = ""] = nearestNames(lower, [...FOREIGN.keys(), ...longNames()], 1);
  const meant = TYPES.has(lower) ? lower : (FOREIGN.get(lower) ?? FOREIGN.get(near) ?? (near || swapped(lower)));
  return meant === "" ? ` (have: ${[...TYPES.keys()].join(", ")})` : `; did you mean "${meant}"?`;
}

/** The type of which only the last two digits changed places: u61. */
function swapped(name: string): string {
  const meant = name.replace(/(.)(.)$/, "$2$1");
  return TYPES.has(meant) ? meant : "";
}

/** Every word of three letters is near to every other: of short names only the exact ones help. */
function longNames(): string[] {
  return [...TYPES.keys()].filter((name) => name.length > 3);
}

function integer(name: string, bytes: number, signed: boolean): RawType {
  return { kind: "integer", name, bytes, signed };
}
