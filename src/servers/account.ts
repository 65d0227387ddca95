/** What the Server object (1) holds for one server: from the configuration, and written by the server itself. */
import { type Millis, SECOND } from "../clock.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";

/** Retry resources 17 to 20 (Core §6.2.1.2); obeyed once the server wrote any of them. */
export interface WrittenRetry {
  count: number | undefined;
  timer: number | undefined;
  sequenceDelay: number | undefined;
  sequenceCount: number | undefined;
}

/** Times in seconds, as the object has them. What a server writes holds until the daemon restarts. */
export interface ServerAccount {
  readonly shortServerId: number;
  /** Instance of object 1. */
  readonly instance: number;
  /** The letter of the transport that its URI names. */
  readonly binding: BindingLetter;
  /** What this server has registered us with, the newest before that: its instance has the resources of that version. */
  version: Lwm2mVersion;
  lifetime: number;
  defaultMinimumPeriod: number | undefined;
  defaultMaximumPeriod: number | undefined;
  disableTimeout: number;
  notificationStoring: boolean;
  queueMode: boolean;
  /** 13 and 15: its place among the servers that are registered at one after the other, and whether it holds up those behind it. */
  readonly priority: number | undefined;
  readonly failureBlock: boolean | undefined;
  /** 14, seconds. */
  initialDelay: number | undefined;
  /** 11: the newest alert of DTLS that the server has sent since the start (RFC 5246 §7.2). */
  alert: number | undefined;
  readonly retry: WrittenRetry;
  /** 22: a letter of a binding. */
  preferredTransport: string | undefined;
  /** 23: Send is not wanted. */
  muteSend: boolean;
  /** 25, by resource instance, e.g. "1.1". */
  supportedVersions: ReadonlyMap<number, string>;
  /** 26: notifications are Non-confirmable (0) or Confirmable (1) where no `con` says so. */
  notificationMode: 0 | 1 | undefined;
  /** 27: by RFC 6920. No profile id is computed here, so that it is only kept. */
  profileHash: number | undefined;
  readonly configured: AccountSettings;
}

const NONE: ServerAccount["supportedVersions"] = new Map();

/** UDP, TCP (Transport 1.2 §6.2). */
export type BindingLetter = "U" | "T";

/** Core's default for Disable Timeout (5). */
export const DISABLE_TIMEOUT = 86400;

/** Of the URI of a server. */
export type AccountScheme = "coap" | "coaps" | "coap+tcp";

export interface AccountSettings {
  readonly id: number;
  readonly lifetime: number;
  readonly pmin?: number;
  readonly pmax?: number;
  readonly queueMode?: boolean;
  readonly muteSend?: boolean;
  readonly priority?: number;
  readonly initialDelay?: number;
  readonly failureBlock?: boolean;
  readonly scheme?: AccountScheme;
}

export function bindingOf(scheme: AccountScheme): BindingLetter {
  return scheme === "coap+tcp" ? "T" : "U";
}

/** The account of one `servers:` entry; `instance` is its place in the list. Settings are in milliseconds. */
export function accountOf(configured: AccountSettings, instance: number): ServerAccount {
  const { id, lifetime, pmin, pmax, initialDelay, queueMode = false, muteSend = false, scheme = "coap" } = configured;
  return {
    shortServerId: id,
    instance,
    binding: bindingOf(scheme),
    version: "1.2",
    lifetime: Math.round(lifetime / SECOND),
    defaultMinimumPeriod: wholeSeconds(pmin),
    defaultMaximumPeriod: wholeSeconds(pmax),
    disableTimeout: DISABLE_TIMEOUT,
    notificationStoring: true,
    queueMode,
    priority: configured.priority,
    failureBlock: configured.failureBlock,
    initialDelay: wholeSeconds(initialDelay),
    alert: undefined,
    retry: { count: undefined, timer: undefined, sequenceDelay: undefined, sequenceCount: undefined },
    preferredTransport: undefined,
    muteSend,
    supportedVersions: NONE,
    notificationMode: undefined,
    profileHash: undefined,
    configured,
  };
}

function wholeSeconds(millis: Millis | undefined): number | undefined {
  return millis === undefined ? undefined : Math.round(millis / SECOND);
}
