/** What the Server object (1) holds for one server: from the configuration, and written by the server itself. */
import { SECOND } from "../clock.ts";

/** Retry resources 17 to 20 (Core §6.2.1.2); obeyed once the server wrote any of them. */
export interface WrittenRetry {
  count?: number;
  timer?: number;
  sequenceDelay?: number;
  sequenceCount?: number;
}

/** Times in seconds, as the object has them. What a server writes holds until the daemon restarts. */
export interface ServerAccount {
  readonly shortServerId: number;
  /** Instance of object 1. */
  readonly instance: number;
  lifetime: number;
  defaultMinimumPeriod: number | undefined;
  defaultMaximumPeriod: number | undefined;
  disableTimeout: number;
  notificationStoring: boolean;
  readonly binding: string;
  readonly retry: WrittenRetry;
}

/** Core's default for Disable Timeout (5). */
const DISABLE_TIMEOUT = 86400;

export interface AccountSettings {
  readonly id: number;
  readonly lifetime: number;
  readonly pmin?: number;
  readonly pmax?: number;
}

/** The account of one `servers:` entry; `instance` is its place in the list. Settings are in milliseconds. */
export function accountOf({ id, lifetime, pmin, pmax }: AccountSettings, instance: number): ServerAccount {
  return {
    shortServerId: id,
    instance,
    lifetime: Math.round(lifetime / SECOND),
    defaultMinimumPeriod: pmin === undefined ? undefined : Math.round(pmin / SECOND),
    defaultMaximumPeriod: pmax === undefined ? undefined : Math.round(pmax / SECOND),
    disableTimeout: DISABLE_TIMEOUT,
    notificationStoring: true,
    binding: "U",
    retry: {},
  };
}
