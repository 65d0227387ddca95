/** What a pattern says: the part of regular expressions whose matching needs no backtracking. */

export type Pattern =
  | CharacterSet
  | { readonly kind: "sequence"; readonly items: readonly Pattern[] }
  /** The first that fits. */
  | { readonly kind: "either"; readonly options: readonly Pattern[] }
  | Repeat
  | { readonly kind: "group"; readonly name?: string; readonly item: Pattern };

/** One character: within one of the ranges, or within none. */
export interface CharacterSet {
  readonly kind: "set";
  /** First and last code, both included. */
  readonly ranges: readonly Range[];
  readonly negated: boolean;
}

export type Range = readonly [first: number, last: number];

export interface Repeat {
  readonly kind: "repeat";
  readonly item: Pattern;
  readonly least: number;
  /** Infinity: as often as it is there. */
  readonly most: number;
  /** As few as will do. */
  readonly lazy: boolean;
}

/** What a pattern says that is none, or none of ours; `at` counts its characters from 0. */
export class PatternError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = "PatternError";
    this.at = at;
  }
}

export function contains({ ranges, negated }: CharacterSet, code: number): boolean {
  return ranges.some(([first, last]) => first <= code && code <= last) !== negated;
}

/** Whether it may stand for no character at all. */
export function mayBeEmpty(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case "set":
      return false;
    case "sequence":
      return pattern.items.every(mayBeEmpty);
    case "either":
      return pattern.options.some(mayBeEmpty);
    case "repeat":
      return pattern.least === 0 || mayBeEmpty(pattern.item);
    case "group":
      return mayBeEmpty(pattern.item);
  }
}

/** Its named groups, in the order of their names' first appearance. */
export function namesOf(pattern: Pattern): readonly string[] {
  switch (pattern.kind) {
    case "set":
      return [];
    case "sequence":
      return pattern.items.flatMap(namesOf);
    case "either":
      return pattern.options.flatMap(namesOf);
    case "repeat":
      return namesOf(pattern.item);
    case "group":
      return [...(pattern.name === undefined ? [] : [pattern.name]), ...namesOf(pattern.item)];
  }
}
