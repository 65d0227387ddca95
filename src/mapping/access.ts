import type { PointShape } from "../adapter.ts";
import { childOf } from "../yaml/nodes.ts";
import { reportError } from "../yaml/read.ts";
import type { ResourceKeys } from "./keys.ts";
import { titleOf } from "./mapped-resource.ts";
import type { DeviceContext, ResolvableResource } from "./resource.ts";

export interface Access {
  readonly readable: boolean;
  readonly writable: boolean;
}

/** What a server can do here: never more than the registry allows. */
export function accessOf(
  { source, keys, shape }: { readonly source: string; readonly keys: ResourceKeys; readonly shape: PointShape },
  { mapped, node }: ResolvableResource,
  { report }: DeviceContext,
): Access | undefined {
  const { operations } = mapped.definition;
  const writable = keys.write !== undefined && keys.write !== false;
  const at = (key: string) => childOf(node, key)?.place ?? mapped.key.place;
  const wrong = (key: string, message: string): undefined => {
    reportError(report, at(key), message, "LG314");
    return undefined;
  };
  if (writable && !operations.includes("W")) {
    return wrong("write", `${titleOf(mapped)} is read-only (${operations}) in the registry: write is not possible`);
  }
  if (isPlain(keys.write) && !shape.writable) {
    return wrong("write", `${titleOf(mapped)}: the source "${source}" cannot be written`);
  }
  if (keys.read === "last" && !writable) return wrong("read", `${titleOf(mapped)}: "read: last" needs "write"`);
  const readable = operations.includes("R") && keys.read !== false;
  if (!readable && !writable) {
    return operations === "W"
      ? wrong(source, `${titleOf(mapped)} is write-only (W) in the registry: it needs "write"`)
      : wrong("read", `${titleOf(mapped)} can be neither read nor written: leave out "read: false" or give "write"`);
  }
  return { readable, writable };
}

/** Written to where it is read: the adapter has nothing to know. */
function isPlain(write: ResourceKeys["write"]): boolean {
  return typeof write === "object" ? Object.keys(write).every((key) => key === "expr") : write === true;
}
