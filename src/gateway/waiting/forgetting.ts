/** Which queues somebody wants to be dropped: what no server is to get any more. */
import { deviceOf, type ObservationId, serverOf } from "../../lwm2m/observation-id.ts";

/** Those that have all of it; with nothing in it: every queue. */
export interface ForgetWish {
  /** Short Server ID. */
  readonly server?: number;
  /** Prefix. A queue that tells of several devices belongs to none of them. */
  readonly device?: string;
}

/** What became of a ForgetWish. */
export interface Forgotten {
  /** Reports that no server will get. */
  readonly reports: number;
  /** Why the disk does not know yet that it is forgotten; absent: it does. After a restart it would wait again. */
  readonly unwritten?: string;
}

export function isMeant(id: ObservationId, { server, device }: ForgetWish): boolean {
  return (server === undefined || serverOf(id) === server) && (device === undefined || deviceOf(id) === device);
}
