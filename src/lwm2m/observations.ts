/** When a change becomes a notification. */
import type { Attributes } from "./attributes.ts";
import type { Path } from "./path.ts";
import type { Sample } from "./sample.ts";

declare const observation: unique symbol;
/** Server and observed paths. Never the CoAP token: a token dies with the registration. */
export type ObservationId = string & { readonly [observation]: true };

/** `server` is what names the server in this program, e.g. its Short Server ID. */
export function observationId(server: string | number, paths: readonly Path[]): ObservationId {
  return `${server} ${paths.join(" ")}` as ObservationId;
}

export type ObservationEvent =
  /** An Observe was answered: `samples` is that answer, which counts as the first notification. Replaces one of the same id. */
  | {
      readonly type: "observe";
      readonly id: ObservationId;
      readonly paths: readonly Path[];
      /** The attributes in the request itself; absent: none were there. */
      readonly attributes?: Attributes;
      readonly samples: readonly Sample[];
    }
  | { readonly type: "cancel"; readonly id: ObservationId }
  /** Attributes at or below the path were written; without path: the defaults of the Server object. */
  | { readonly type: "attributesChanged"; readonly path?: Path }
  /** New values, changed or measured again unchanged. */
  | { readonly type: "changed"; readonly samples: readonly Sample[] }
  /** A device, object, instance, resource or resource instance is gone. */
  | { readonly type: "removed"; readonly path: Path }
  /** A new registration or none: every observation is void. */
  | { readonly type: "clear" };

export type ObservationEffect =
  /** A due report (a notification that is now owed). */
  | {
      readonly type: "due";
      readonly id: ObservationId;
      readonly paths: readonly Path[];
      /** All that the observed paths show now, each with the time of its own measurement. */
      readonly samples: readonly Sample[];
      /** The paths among them that made the report due; empty where pmax did. */
      readonly triggered: readonly Path[];
      /** hqmax: how many reports to keep for a server that is away; undefined where it is not set. */
      readonly keep: number | undefined;
      readonly confirmable: boolean;
    }
  /** epmax has passed without a new value: read these paths now and hand in `changed`. */
  | { readonly type: "refresh"; readonly id: ObservationId; readonly paths: readonly Path[] }
  /** Nothing is left to observe: the server gets a 4.04. */
  | { readonly type: "ended"; readonly id: ObservationId };
