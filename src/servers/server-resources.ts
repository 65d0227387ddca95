/** The resources of the Server object, one by one: Core 1.2, object 1; what of them a server may write. */
import type { Path } from "../lwm2m/path.ts";
import { badRequest } from "../lwm2m/refusals.ts";
import type { Value } from "../lwm2m/sample.ts";
import { DISABLE_TIMEOUT, type ServerAccount, type WrittenRetry } from "./account.ts";

export const LIFETIME = 1;
export const DEFAULT_MINIMUM_PERIOD = 2;
export const DEFAULT_MAXIMUM_PERIOD = 3;
export const DISABLE = 4;
export const BINDING = 7;
export const UPDATE_TRIGGER = 8;
/** TLS-DTLS Alert Code. */
export const ALERT = 11;
/** The one resource with several instances. */
export const MUTE_SEND = 23;
export const SUPPORTED_VERSIONS = 25;
export const NOTIFICATION_MODE = 26;

export const EXECUTABLE: readonly number[] = [DISABLE, UPDATE_TRIGGER];

/** A resource with one value. */
export interface Field {
  /** Undefined: it is not there. */
  get(account: ServerAccount): Value | undefined;
  /** Takes a value of the right type. Throws Lwm2mError 4.00 where it makes no sense, and nothing is changed. */
  set?(account: ServerAccount, value: Value, path: Path): void;
  /** A replacing Write left it out: what is mandatory stays as it is. */
  unset?(account: ServerAccount): void;
}

/** 136 years: more is nobody's wish, and no calendar has a date for the end of it. Of 19 it means "no further sequence". */
const MOST_SECONDS = 0xffff_ffff;
const MOST_VERSIONS = 16;
/** Letters of the bindings that Core knows, whether or not we do: it is a wish. */
const TRANSPORT = /^[UMHTSN]$/;

export const FIELDS: ReadonlyMap<number, Field> = new Map<number, Field>([
  [0, { get: (account) => account.shortServerId }],
  [
    LIFETIME,
    {
      get: (account) => account.lifetime,
      set: (account, value, path) => {
        account.lifetime = count(value, path);
      },
    },
  ],
  [DEFAULT_MINIMUM_PERIOD, optional("defaultMinimumPeriod", count)],
  [DEFAULT_MAXIMUM_PERIOD, optional("defaultMaximumPeriod", count)],
  [
    5,
    {
      get: (account) => account.disableTimeout,
      set: (account, value, path) => {
        account.disableTimeout = count(value, path);
      },
      unset: (account) => {
        account.disableTimeout = DISABLE_TIMEOUT;
      },
    },
  ],
  [
    6,
    {
      get: (account) => account.notificationStoring,
      set: (account, value) => {
        account.notificationStoring = value === true;
      },
    },
  ],
  [BINDING, { get: bindingOf, set: setBinding }],
  [ALERT, { get: (account) => account.alert }],
  [13, { get: (account) => account.priority }],
  [14, optional("initialDelay", count)],
  [15, { get: (account) => account.failureBlock }],
  [17, retry("count")],
  [18, retry("timer")],
  [19, retry("sequenceDelay")],
  [20, retry("sequenceCount")],
  [22, optional("preferredTransport", transport)],
  [
    23,
    {
      get: (account) => account.muteSend,
      set: (account, value) => {
        account.muteSend = value === true;
      },
      unset: (account) => {
        account.muteSend = account.configured.muteSend ?? false;
      },
    },
  ],
  // The definition has the range: it was checked.
  [NOTIFICATION_MODE, optional("notificationMode", (value) => (Number(value) === 0 ? 0 : 1))],
  [27, optional("profileHash", Number)],
]);

/** /1/x/25 with one of its instances set, or taken away. Throws Lwm2mError 4.00. */
export function setVersion(account: ServerAccount, { path, instance }: VersionAt, value: Value | undefined): void {
  const versions = new Map(account.supportedVersions);
  if (value === undefined) versions.delete(instance);
  else if (typeof value !== "string" || !/^[0-9]{1,3}(\.[0-9]{1,3}){1,2}$/.test(value)) {
    throw badRequest(`${path}: expected a version such as 1.1, not ${String(value).slice(0, 40)}`);
  } else versions.set(instance, value);
  if (versions.size > MOST_VERSIONS) throw badRequest(`${path}: ${MOST_VERSIONS} versions are enough`);
  account.supportedVersions = new Map([...versions].sort(([a], [b]) => a - b));
}

export interface VersionAt {
  readonly path: Path;
  readonly instance: number;
}

type Optional =
  | "defaultMinimumPeriod"
  | "defaultMaximumPeriod"
  | "initialDelay"
  | "preferredTransport"
  | "notificationMode"
  | "profileHash";

function optional<Key extends Optional>(
  key: Key,
  read: (value: Value, path: Path) => NonNullable<ServerAccount[Key]>,
): Field {
  return {
    get: (account) => account[key],
    set: (account, value, path) => {
      account[key] = read(value, path);
    },
    unset: (account) => {
      const nothing: Partial<ServerAccount> = { [key]: undefined };
      Object.assign(account, nothing);
    },
  };
}

function retry(key: keyof WrittenRetry): Field {
  return {
    get: (account) => account.retry[key],
    set: (account, value, path) => {
      account.retry[key] = count(value, path);
    },
    unset: (account) => {
      account.retry[key] = undefined;
    },
  };
}

function count(value: Value, path: Path): number {
  const number = Number(value);
  if (number < 0 || number > MOST_SECONDS) throw badRequest(`${path}: expected 0 to ${MOST_SECONDS}, not ${value}`);
  return number;
}

function transport(value: Value, path: Path): string {
  const letter = String(value);
  if (!TRANSPORT.test(letter))
    throw badRequest(`${path}: expected one of U, M, H, T, S, N, not ${letter.slice(0, 40)}`);
  return letter;
}

/** In 1.0 queue mode is a letter of the binding. */
function bindingOf({ binding, version, queueMode }: ServerAccount): string {
  return version === "1.0" && queueMode ? `${binding}Q` : binding;
}

function setBinding(account: ServerAccount, value: Value, path: Path): void {
  const isOld = account.version === "1.0";
  const { binding } = account;
  if (value !== binding && !(isOld && value === `${binding}Q`)) {
    const known = isOld ? `${binding} and ${binding}Q` : binding;
    throw badRequest(`${path}: this server has the binding ${known} only, not ${String(value).slice(0, 40)}`);
  }
  if (isOld) account.queueMode = value === `${binding}Q`;
}
