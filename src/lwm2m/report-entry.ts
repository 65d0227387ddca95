import type { Millis } from "../clock.ts";
import type { Attributes } from "./attributes.ts";
import type { PathPattern } from "./path-pattern.ts";

/** What the gateway reports to one server by itself, by Send: an entry of `report:`. */
export interface ReportEntry {
  /** Unique for its server; without spaces. */
  readonly name: string;
  readonly paths: readonly PathPattern[];
  readonly when: ReportTrigger;
  /** Reports that are kept of each device, as hqmax; undefined: what holds for observations. */
  readonly keep?: number;
}

/** What makes a report due. */
export type ReportTrigger =
  /** The newest measurements, all devices at the same moment: at each multiple of the interval since 1970. */
  | { readonly type: "interval"; readonly every: Millis }
  /** A value, by the same attributes as if it were observed (Core 1.2 §5.1.2). */
  | { readonly type: "change"; readonly attributes: Attributes }
  /** Each measurement, also one that gave the same value. */
  | { readonly type: "sample" };
