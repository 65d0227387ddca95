/**
 * Measurement Quality Indicator (6042) and Level (6049), where the gateway fills them: whether the values beside them are what
 * the device measures now. The registry's words: 4 is accepted, 1 rejected with certainty; a level of 100 has passed every
 * check, one of 0 is to be rejected.
 */
import { pathParts } from "../lwm2m/path.ts";
import { QUALITY } from "../mapping/availability.ts";
import type { DeviceModel, Leaf } from "./device-model.ts";
import type { FixedValue } from "./fixed-values.ts";
import type { Values } from "./values.ts";

const ACCEPTED = { [QUALITY.indicator]: 4, [QUALITY.level]: 100 } as const;
const REJECTED = { [QUALITY.indicator]: 1, [QUALITY.level]: 0 } as const;

/** What they say now: of an instance in which a value is bad, or of a device that is not there, that it is not to be believed. */
export function qualityValues({ leaves }: DeviceModel, values: Pick<Values, "isBad">, there: boolean): FixedValue[] {
  const marks = leaves.flatMap((leaf, at) => markOf(leaf, at) ?? []);
  if (marks.length === 0) return [];
  const suspect = new Set(leaves.flatMap((leaf, at) => (values.isBad(at) ? [instanceOf(leaf)] : [])));
  return marks.map(({ at, resource, instance }) => {
    const good = there && !suspect.has(instance);
    return { at, value: (good ? ACCEPTED : REJECTED)[resource] };
  });
}

interface Mark {
  readonly at: number;
  readonly resource: keyof typeof ACCEPTED;
  readonly instance: string;
}

function markOf(leaf: Leaf, at: number): Mark | undefined {
  const { resource } = pathParts(leaf.path);
  if (leaf.source.kind !== "own" || (resource !== QUALITY.indicator && resource !== QUALITY.level)) return undefined;
  return { at, resource, instance: instanceOf(leaf) };
}

function instanceOf({ path }: Leaf): string {
  const { object, instance } = pathParts(path);
  return `${object}/${instance}`;
}
