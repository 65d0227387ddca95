import type { ObservationId } from "../../lwm2m/observations.ts";

/** Short Server ID of the server to which an observation or a report entry belongs: the first word of its id. */
export function serverOf(id: ObservationId): number {
  return Number.parseInt(id, 10);
}
