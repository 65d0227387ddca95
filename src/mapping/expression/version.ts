/** Versions: 2.10 comes after 2.9, and 2.1 is 2.1.0. */
import { Bad, describe } from "../stage.ts";

/** Less than 0, 0, or more. Letters count after the numbers beside them: 2.1b comes after 2.1a. Bad: one is no version. */
export function compareVersions(a: string, b: string): number | Bad {
  const [left, right] = [partsOf(a), partsOf(b)];
  if (left === undefined || right === undefined) {
    return new Bad(`${describe(left === undefined ? a : b)} is no version`);
  }
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = comparePart(left[i] ?? NO_PART, right[i] ?? NO_PART);
    if (order !== 0) return order;
  }
  return 0;
}

interface Part {
  readonly number: number;
  readonly rest: string;
}

const NO_PART: Part = { number: 0, rest: "" };

function partsOf(text: string): readonly Part[] | undefined {
  const [version] = /[0-9].*$/.exec(text.trim().slice(0, 64)) ?? [];
  return version?.split(/[.\-_+ ]/).map((part) => {
    const [, digits = "", rest = ""] = /^([0-9]*)(.*)$/.exec(part) ?? [];
    return { number: Number(digits), rest };
  });
}

function comparePart(a: Part, b: Part): number {
  return a.number - b.number || (a.rest < b.rest ? -1 : a.rest > b.rest ? 1 : 0);
}
