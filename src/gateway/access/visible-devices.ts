import { meansDevice } from "../../config/access.ts";
import type { Visible } from "../../servers/access/guarded.ts";

/** How devices are called in the configuration; undefined where there is none. */
export interface DeviceNames {
  ofPrefix(prefix: string): string | undefined;
  /** Of object 25. */
  ofInstance(instance: number): string | undefined;
}

/** The devices that a server sees, whose ids are meant by these; undefined: all. */
export function visibleDevices(patterns: readonly string[], names: DeviceNames): Visible | undefined {
  if (patterns.includes("*")) return undefined;
  const known = new Map<string, boolean>();
  const sees = (id: string | undefined): boolean => {
    if (id === undefined) return true;
    let meant = known.get(id);
    if (meant === undefined) {
      meant = meansDevice(patterns, id);
      known.set(id, meant);
    }
    return meant;
  };
  return {
    prefix: (prefix) => sees(names.ofPrefix(prefix)),
    instance: (instance) => sees(names.ofInstance(instance)),
  };
}
