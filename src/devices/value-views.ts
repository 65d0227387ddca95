/** The values of one device as a person looks at them, from the wire to what servers get. */
import type { PointId, RawValue } from "../adapter.ts";
import type { Explained } from "../mapping/plan-types.ts";
import { type DeviceModel, type Leaf, positionOf } from "./device-model.ts";
import type { DeviceState, ValueStatus } from "./device-status.ts";

/**
 * - `good`: the newest reading is a value, and the device is there;
 * - `bad`: the newest reading is no value, `bad` says why;
 * - `old`: it was good, and the device is away or not asked now;
 * - `none`: there was none yet.
 */
export type ValueQuality = "good" | "bad" | "old" | "none";

/** One value; plain data. */
export interface ValueView extends ValueStatus {
  readonly quality: ValueQuality;
  /** Absent where nobody asked for it, or nothing came since. */
  readonly pipeline?: Pipeline;
}

/** How it came about. */
export interface Pipeline extends Explained {
  /** What the wire carried: bytes as hexadecimal, two digits each, or the scalar as text. */
  readonly raw: string;
}

export interface Looked {
  readonly state: DeviceState;
  readonly raws: ReadonlyMap<PointId, RawValue>;
}

export function valueViews(
  model: DeviceModel,
  statuses: readonly ValueStatus[],
  { state, raws }: Looked,
): readonly ValueView[] {
  return statuses.map((status) => {
    const at = positionOf(model.tree, status.path);
    const leaf = at === undefined ? undefined : model.leaves[at];
    const pipeline = leaf === undefined ? undefined : pipelineOf(leaf, raws);
    const quality = qualityOf(status, leaf, state);
    return { ...status, quality, ...(pipeline === undefined ? {} : { pipeline }) };
  });
}

function qualityOf({ bad, value }: ValueStatus, leaf: Leaf | undefined, state: DeviceState): ValueQuality {
  if (bad !== undefined) return "bad";
  if (value === undefined) return "none";
  const kind = leaf?.source.kind;
  // What the gateway knows by itself does not age.
  return state === "online" || (kind !== "point" && kind !== "derived") ? "good" : "old";
}

function pipelineOf({ point, source }: Leaf, raws: Looked["raws"]): Pipeline | undefined {
  const raw = point === undefined || source.kind !== "point" ? undefined : raws.get(point);
  if (raw === undefined || source.kind !== "point") return undefined;
  return { raw: textOf(raw), ...source.explain?.(raw) };
}

function textOf(raw: RawValue): string {
  if (!(raw instanceof Uint8Array)) return String(raw);
  return Buffer.from(raw)
    .toString("hex")
    .replace(/..(?=.)/g, "$& ");
}
