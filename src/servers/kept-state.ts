/** What of one server outlives the process, part by part as text: what a person finds in the database, and a later version reads. */
import type { ReservedNumbers } from "../coap/numbers.ts";
import { Lwm2mError, ProtocolError, reasonOf } from "../errors.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import { ALL_VERSIONS } from "../lwm2m/registration.ts";
import { type KeptObservation, readObservation } from "./kept-observation.ts";
import type { KeptRegistration } from "./registrar.ts";

/** Whose state it is: that of another endpoint, or at another server, is nobody's here. */
export interface KeptIdentity {
  /** Endpoint Client Name. */
  readonly endpoint: string;
  readonly uri: string;
  /** How the devices are shown; absent: each under its prefix, or by itself. */
  readonly layout?: string;
}

/** What a session with a server needs to go on. */
export interface KeptSession {
  readonly registration: KeptRegistration | undefined;
  readonly numbers: ReservedNumbers | undefined;
  readonly observations: readonly KeptObservation[];
}

export interface KeptServer extends KeptSession {
  /** Of `writtenOf`. */
  readonly account: string | undefined;
  /** Of `AttributeStore.serialize`. */
  readonly attributes: string | undefined;
}

/** What is to be kept: observations as `writeObservation` gives them, by their tokens in hexadecimal digits. */
export interface StateToKeep extends Omit<KeptServer, "observations"> {
  readonly observations: ReadonlyMap<string, string>;
}

export const NOTHING_KEPT: KeptServer = {
  account: undefined,
  attributes: undefined,
  registration: undefined,
  numbers: undefined,
  observations: [],
};

/** Of the parts below; another one is another program's. */
const FORMAT = 1;
const OBSERVATION = "observation ";

/** Whether a part belongs to one session at the server, and means nothing in another. */
export function isSessionPart(part: string): boolean {
  return part === "registration" || part === "numbers" || part.startsWith(OBSERVATION);
}

/** By name. */
export function partsOf({ endpoint, uri, layout }: KeptIdentity, state: StateToKeep): ReadonlyMap<string, string> {
  const { account, attributes, registration, numbers, observations } = state;
  const parts = new Map([["identity", JSON.stringify({ format: FORMAT, endpoint, uri, layout })]]);
  if (account !== undefined) parts.set("account", account);
  if (attributes !== undefined) parts.set("attributes", attributes);
  if (registration !== undefined) parts.set("registration", JSON.stringify(registration));
  if (numbers !== undefined) parts.set("numbers", JSON.stringify(numbers));
  for (const [token, text] of observations) parts.set(OBSERVATION + token, text);
  return parts;
}

/**
 * Reads what `partsOf` gave. What cannot be read is left out and named. Without one of its observations, or the numbers that must
 * not come again, the registration cannot go on: the server would wait for what nobody sends.
 */
export function readKept(parts: ReadonlyMap<string, string>, identity: KeptIdentity): KeptServer & Problems {
  const problems: string[] = [];
  const read = <T>(part: string, reader: (text: string) => T): T | undefined => {
    const text = parts.get(part);
    try {
      return text === undefined ? undefined : reader(text);
    } catch (error) {
      if (!isExpected(error)) throw error;
      problems.push(`${part}: ${reasonOf(error)}`);
      return undefined;
    }
  };
  const whose = read("identity", readIdentity);
  if (whose?.endpoint !== identity.endpoint || whose.uri !== identity.uri) {
    return { ...NOTHING_KEPT, problems, foreign: whose !== undefined };
  }
  const account = parts.get("account");
  // Its paths would be others: the server is to register us, and to observe, anew.
  if (whose.layout !== identity.layout) return { ...NOTHING_KEPT, account, problems, foreign: false };
  const names = [...parts.keys()].filter((part) => part.startsWith(OBSERVATION));
  const session = {
    registration: read("registration", readRegistration),
    numbers: read("numbers", readNumbers),
    observations: names.flatMap((part) => read(part, readObservation) ?? []),
  };
  const whole = problems.length === 0 && session.numbers !== undefined;
  return {
    account,
    attributes: parts.get("attributes"),
    ...session,
    registration: whole ? session.registration : undefined,
    problems,
    foreign: false,
  };
}

export interface Problems {
  /** What could not be read, and why. */
  readonly problems: readonly string[];
  /** It is of another endpoint or another server. */
  readonly foreign: boolean;
}

/** Whether reading text of unknown origin may end in this error. */
export function isExpected(error: unknown): error is Error {
  return [SyntaxError, RangeError, ProtocolError, Lwm2mError].some((kind) => error instanceof kind);
}

function readIdentity(text: string): KeptIdentity {
  const { format, endpoint, uri, layout } = fieldsOf(text);
  if (format !== FORMAT) throw new RangeError(`format ${String(format)} is not known here; expected ${FORMAT}`);
  const shown = layout === undefined ? {} : { layout: stringOf(layout, "layout") };
  return { endpoint: stringOf(endpoint, "endpoint"), uri: stringOf(uri, "uri"), ...shown };
}

function readRegistration(text: string): KeptRegistration {
  const { agreement, sentAt, from, objects } = fieldsOf(text);
  const { location, version, lifetime, queueMode } = Object(agreement);
  const { address, port } = Object(from);
  const path: readonly unknown[] = Array.isArray(location) ? location : [];
  if (path.length === 0 || typeof queueMode !== "boolean") throw new RangeError("no location, or no queue mode");
  return {
    agreement: {
      location: path.map((segment) => stringOf(segment, "location")),
      version: versionOf(version),
      lifetime: numberOf(lifetime, "lifetime", 0xffff_ffff),
      queueMode,
    },
    sentAt: numberOf(sentAt, "sentAt", Number.MAX_SAFE_INTEGER),
    from: {
      address: address === undefined ? undefined : stringOf(address, "address"),
      port: numberOf(port, "port", 65535),
    },
    objects: stringOf(objects, "objects"),
  };
}

function readNumbers(text: string): ReservedNumbers {
  const { observe, messageId } = fieldsOf(text);
  return { observe: numberOf(observe, "observe", 0xff_ffff), messageId: numberOf(messageId, "messageId", 0xffff) };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  const content: unknown = JSON.parse(text);
  if (typeof content !== "object" || content === null) throw new RangeError("no object");
  return { ...content };
}

function versionOf(value: unknown): Lwm2mVersion {
  const version = ALL_VERSIONS.find((known) => known === value);
  if (version === undefined) throw new RangeError(`${String(value)} is no version`);
  return version;
}

function stringOf(value: unknown, name: string): string {
  if (typeof value !== "string") throw new RangeError(`${name} is no text`);
  return value;
}

function numberOf(value: unknown, name: string, most: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > most) {
    throw new RangeError(`${name} is no whole number from 0 to ${most}`);
  }
  return value;
}
