/** The plan of one device. A thousand devices of one mapping, with the same parameters, are resolved once. */
import type { Report } from "../yaml/read.ts";
import type { DevicePlan } from "./plan-types.ts";
import type { PreparedMapping } from "./prepare.ts";
import { type DeviceEntry, resolveWithNodes } from "./resolve.ts";
import { readScope, scopeText } from "./scope.ts";

/** Undefined where the mapping or the entry is wrong, all of which was reported. */
export function resolveDevice(mapping: PreparedMapping, entry: DeviceEntry, report: Report): DevicePlan | undefined {
  const values = valuesOf(mapping, entry);
  const known = values === undefined ? undefined : mapping.plans.get(values);
  if (known !== undefined) return withOwn(known, entry);
  let isSilent = true;
  const { id, place, link, parameters } = entry;
  const resolved = resolveWithNodes(mapping, { id, place, link, parameters }, (problem) => {
    isSilent = false;
    report(problem);
  });
  if (resolved === undefined) return undefined;
  // What there is to say of it is said of every device.
  if (isSilent && values !== undefined) mapping.plans.set(values, resolved.plan);
  return withOwn(resolved.plan, entry);
}

/** The values of its parameters as text; undefined where there is anything to say of them. */
function valuesOf({ file }: PreparedMapping, entry: DeviceEntry): string | undefined {
  let isSilent = true;
  const scope = readScope(file, entry, () => {
    isSilent = false;
  });
  return scope === undefined || !isSilent ? undefined : scopeText(scope);
}

/** The same plan with what the entry says of this device alone. */
function withOwn(plan: DevicePlan, entry: DeviceEntry): DevicePlan {
  const { parameters: _parameters, ...own } = entry;
  const { variants } = plan;
  if (variants === undefined) return { ...plan, ...own };
  return {
    ...plan,
    ...own,
    variants: { ...variants, withFacts: (facts) => withOwn(variants.withFacts(facts), entry) },
  };
}
