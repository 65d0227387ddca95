import { type ErrorCode, isErrorCode } from "./error-codes.ts";

/** A place in a file that the user wrote; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** "mappings/x.yaml:12:5" */
export function formatPlace({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

/** Orders places of one file: negative where the first stands before the second. */
export function comparePlaces(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column;
}

/** One thing that is wrong, or doubtful, in the user's files. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** Its section of docs/errors.md. */
  readonly code: ErrorCode;
  readonly place?: Place;
  /** A sentence for the person who must mend it: what, and what was expected. */
  readonly message: string;
}

/**
 * `mappings/x.yaml:12:5: error: unknown type "flaot32"; did you mean "f32"? [LG206]` One line, whatever the file has in it: control
 * characters are spelled, so that somebody else's mapping cannot steer the terminal of who checks it.
 */
export function formatProblem(problem: Problem): string {
  return withCode(problemText(problem), problem.code);
}

/** The same without its code. */
export function problemText({ severity, place, message }: Problem): string {
  const line = `${place === undefined ? "" : `${formatPlace(place)}: `}${severity}: ${message}`;
  return line.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Orders the problems of one file by their places; those without a place come first. */
export function byPlace(a: Problem, b: Problem): number {
  if (a.place === undefined || b.place === undefined)
    return Number(b.place === undefined) - Number(a.place === undefined);
  return comparePlaces(a.place, b.place);
}

/** What an error that a person reads carries beside its sentence. */
export interface Telling extends ErrorOptions {
  /** Its section of docs/errors.md. */
  readonly code?: ErrorCode;
  /** The command to try next, or what else to do: "lwm2m-gateway devices". */
  readonly next?: string;
}

/** `no such device [LG701]`: a sentence with the code at its end; one that has its own code already stays as it is. */
export function withCode(sentence: string, code: ErrorCode): string {
  return CODED.test(sentence) ? sentence : `${sentence} [${code}]`;
}

const CODED = /\[LG\d{3}\]$/;

/** The system's word for what went wrong, e.g. "ENOENT"; undefined where an error is none of the system's. */
export function systemCode(error: unknown): string | undefined {
  const code = wordOf(error, "code");
  return code === undefined || isErrorCode(code) ? undefined : code;
}

/** What an error of ours, of whatever kind, tells beside its sentence. */
export function tellingOf(error: unknown): Pick<Telling, "code" | "next"> {
  if (error instanceof DeviceError) return { code: DEVICE_CODES[error.kind] };
  const [code, next] = [wordOf(error, "code"), wordOf(error, "next")];
  if (code === undefined || !isErrorCode(code)) return {};
  return { code, ...(next === undefined ? {} : { next }) };
}

function wordOf(error: unknown, key: "code" | "next"): string | undefined {
  const word = error instanceof Error ? Reflect.get(error, key) : undefined;
  return typeof word === "string" ? word : undefined;
}

/** What an error of any kind says, for a sentence; its class and its stack are for the log. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The user's files are wrong. Carries every problem, not only the first. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join("\n"), options);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/**
 * The device did not do it.
 * - `unreachable`: no answer, no connection, a timeout;
 * - `rejected`: it answered that it will not (a Modbus exception);
 * - `malformed`: it answered something that is no answer to the request.
 */
export type DeviceErrorKind = "unreachable" | "rejected" | "malformed";

export class DeviceError extends Error {
  readonly kind: DeviceErrorKind;

  constructor(kind: DeviceErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DeviceError";
    this.kind = kind;
  }
}

/** What can be wrong with an image for a device, or with its way there, where somebody knows more than that it failed. */
export const FIRMWARE_CONDITIONS = ["flash-full", "out-of-memory", "bad-image", "crc", "busy", "failed"] as const;

/**
 * - `flash-full`, `out-of-memory`: the device has no room for it;
 * - `bad-image`: it is not for this device, or no image at all; `crc`: it arrived damaged;
 * - `busy`: not now (a battery, an interlock, a job of its own), later perhaps;
 * - `failed`: the device had it and could not make it run.
 */
export type FirmwareCondition = (typeof FIRMWARE_CONDITIONS)[number];

/** The device refused an image, and said why. */
export class FirmwareError extends DeviceError {
  readonly condition: FirmwareCondition;

  constructor(condition: FirmwareCondition, message: string, options?: ErrorOptions) {
    super("rejected", message, options);
    this.name = "FirmwareError";
    this.condition = condition;
  }
}

const DEVICE_CODES: Readonly<Record<DeviceErrorKind, ErrorCode>> = {
  unreachable: "LG551",
  rejected: "LG552",
  malformed: "LG553",
};

/**
 * A sentence, or one that names paths: they stay paths until it is told, since not every server knows them by the same names.
 * `as` gives the name of each.
 */
export type Words = string | ((as: (path: string) => string) => string);

/** The sentence, of the paths as they are or by other names. */
export function spoken(words: Words, as: (path: string) => string = (path) => path): string {
  return typeof words === "string" ? words : words(as);
}

/** The server asked for what cannot be; `code` is the CoAP response code as a number (0x84 is 4.04). */
export class Lwm2mError extends Error {
  readonly code: number;
  /** What the message was made of. */
  readonly words: Words;

  constructor(code: number, words: Words, options?: ErrorOptions) {
    super(spoken(words), options);
    this.name = "Lwm2mError";
    this.code = code;
    this.words = words;
  }
}

/** Bytes from outside are not what the protocol allows. */
export class ProtocolError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProtocolError";
  }
}
