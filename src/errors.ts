/** A place in a file that the user wrote; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong, or doubtful, in the user's files. */
export interface Problem {
  readonly severity: "error" | "warning";
  readonly place?: Place;
  /** A sentence for the person who must mend it: what, and what was expected. */
  readonly message: string;
}

/** `mappings/x.yaml:12:5: error: unknown type "flaot32"; did you mean "f32"?` */
export function formatProblem({ severity, place, message }: Problem): string {
  return place === undefined
    ? `${severity}: ${message}`
    : `${place.file}:${place.line}:${place.column}: ${severity}: ${message}`;
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

/** The server asked for what cannot be; `code` is the CoAP response code as a number (0x84 is 4.04). */
export class Lwm2mError extends Error {
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Lwm2mError";
    this.code = code;
  }
}

/** Bytes from outside are not what the protocol allows. */
export class ProtocolError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProtocolError";
  }
}
