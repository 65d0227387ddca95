import { pathParts } from "../lwm2m/path.ts";
import type { Value } from "../lwm2m/sample.ts";
import { type DeviceModel, errorCodePath, type Leaf, positionOf } from "./device-model.ts";
import { DEVICE_OBJECT } from "./own-rows.ts";

/** Error Code of object 3 (Core TS E.4): no error; and peripheral malfunction, which here says that the device is away. */
const NO_ERROR = 0;
const AWAY = 8;
/** Supported Binding and Modes: what the gateway speaks for its devices. */
const BINDING = "U";

/** The value of a leaf that takes no request. */
export interface FixedValue {
  /** Position of the leaf. */
  readonly at: number;
  readonly value: Value;
}

/** The constants of the mapping, and what the gateway answers in place of the device. */
export function fixedValues({ leaves }: DeviceModel): FixedValue[] {
  return leaves.flatMap((leaf, at) => {
    const value = fixedValue(leaf);
    return value === undefined ? [] : [{ at, value }];
  });
}

/** What Error Code [0] says from now on; nothing where the device itself will say it. */
export function errorCodeValues(model: DeviceModel, prefix: string, away: boolean): FixedValue[] {
  const at = positionOf(model.tree, errorCodePath(prefix));
  if (at === undefined) return [];
  return away ? [{ at, value: AWAY }] : fixedValues(model).filter((fixed) => fixed.at === at);
}

function fixedValue({ path, source }: Leaf): Value | undefined {
  if (source.kind === "constant") return source.value;
  if (source.kind !== "own") return undefined;
  const { object, resource } = pathParts(path);
  if (object !== DEVICE_OBJECT.id) return undefined;
  if (resource === DEVICE_OBJECT.errorCode) return NO_ERROR;
  return resource === DEVICE_OBJECT.supportedBinding ? BINDING : undefined;
}
