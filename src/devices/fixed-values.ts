import type { UnixMillis } from "../clock.ts";
import { type Path, pathParts } from "../lwm2m/path.ts";
import type { Sample, Value } from "../lwm2m/sample.ts";
import { DEVICE_OBJECT, type DeviceModel, errorCodePath } from "./device-model.ts";

/** Error Code of object 3 (Core TS E.4): no error; and peripheral malfunction, which here says that the device is away. */
const NO_ERROR = 0;
const AWAY = 8;
/** Supported Binding and Modes: what the gateway speaks for its devices. */
const BINDING = "U";

/** The values that take no request: the constants of the mapping, and what the gateway answers in place of the device. */
export function fixedSamples({ leaves }: DeviceModel, time: UnixMillis): Sample[] {
  const samples: Sample[] = [];
  for (const { path, source } of [...leaves.values()].flat()) {
    const value = source.kind === "constant" ? source.value : source.kind === "own" ? ownValue(path) : undefined;
    if (value !== undefined) samples.push({ path, value, time });
  }
  return samples;
}

/** What Error Code [0] says from now on; nothing where the device itself will say it. */
export function errorCodeSamples(model: DeviceModel, prefix: string, away: boolean, time: UnixMillis): Sample[] {
  const path = errorCodePath(prefix);
  if (away) return [{ path, value: AWAY, time }];
  return fixedSamples(model, time).filter((sample) => sample.path === path);
}

function ownValue(path: Path): Value | undefined {
  const { resource } = pathParts(path);
  if (resource === DEVICE_OBJECT.errorCode) return NO_ERROR;
  return resource === DEVICE_OBJECT.supportedBinding ? BINDING : undefined;
}
