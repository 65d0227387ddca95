/** The JSON that our Leshan program speaks (ClientRequests.java, EventStream.java): the shape of Leshan's demo server. */

export interface Registration {
  readonly endpoint: string;
  readonly registrationId: string;
  readonly address: string;
  readonly lwM2mVersion: string;
  readonly lifetime: number;
  readonly bindingMode: string;
  readonly queuemode: boolean;
  readonly rootPath: string;
  readonly objectLinks: readonly Link[];
  /** Object ID to version. */
  readonly supportedObjects: Readonly<Record<string, string>>;
  readonly additionalRegistrationAttributes: Readonly<Record<string, string>>;
}

export interface Link {
  readonly url: string;
  readonly attributes: Readonly<Record<string, string | null>>;
}

/** Integers and floats are text, opaque is hexadecimal, a time is ISO 8601. */
export type LeshanValue = string | boolean;

export type LeshanNode =
  | { readonly kind: "obj"; readonly id: number; readonly instances: readonly LeshanNode[] }
  /** Without an ID only in a Create: the client chooses one. */
  | { readonly kind: "instance"; readonly id?: number; readonly resources: readonly LeshanNode[] }
  | {
      readonly kind: "multiResource";
      readonly id: number;
      readonly type: string;
      readonly values: Readonly<Record<string, LeshanValue>>;
    }
  | {
      readonly kind: "singleResource" | "resourceInstance";
      readonly id: number;
      readonly type: string;
      readonly value: LeshanValue;
    };

export type LeshanNodes = Readonly<Record<string, LeshanNode | null>>;

/** What was on the wire. */
export interface Wire {
  readonly contentFormat?: number;
  readonly bytes: number;
}

/** The answer to one operation. */
export interface Answer {
  /** E.g. "CONTENT(205)". */
  readonly status: string;
  /** Whether Leshan holds the code possible for the operation. */
  readonly valid: boolean;
  readonly success: boolean;
  readonly content?: LeshanNode;
  /** Of a composite operation, by path; null where there is nothing. */
  readonly contents?: LeshanNodes;
  readonly objectLinks?: readonly Link[];
  /** Of a Create: which instance the client chose. */
  readonly location?: string;
  readonly errormessage?: string;
  readonly coap: Wire;
}

/** Leshan sent nothing, or got nothing that it takes. */
export interface NoAnswer {
  readonly error: string;
  readonly cause?: string;
}

export interface Notification {
  readonly ep: string;
  /** The path, without the prefix of a device; of a composite observation all of them, with commas between. */
  readonly res: string;
  readonly status: string;
  readonly val?: LeshanNode;
  /** Newest first. */
  readonly timestamped?: readonly { readonly time?: string; readonly val: LeshanNode }[];
  /** The same of a composite observation. */
  readonly vals?: LeshanNodes;
  readonly timestampedVals?: readonly { readonly time?: string; readonly vals: LeshanNodes }[];
  readonly coap: Wire;
}

/** What the client sent by itself. */
export interface Sent {
  readonly ep: string;
  /** The Content-Format. */
  readonly format: number;
  readonly timestampedVals: readonly { readonly time?: string; readonly vals: LeshanNodes }[];
}

export interface LeshanEvents {
  readonly REGISTRATION: Registration;
  readonly UPDATED: {
    readonly registration: Registration;
    /** What the Update itself carried; null and absent: nothing. */
    readonly update: {
      readonly registrationId: string;
      readonly lifeTimeInSec: number | null;
      readonly objectLinks?: readonly Link[];
    };
  };
  readonly DEREGISTRATION: Registration & { readonly expired: boolean };
  readonly NOTIFICATION: Notification;
  readonly SEND: Sent;
  /** A notification, or a Send (`res` is "/dp"), that Leshan could not take. */
  readonly ERROR: { readonly ep: string; readonly res: string; readonly error: string; readonly cause?: string };
}

/** The values below a node, by path: `{ "/3/0/0": "Acme", "/3/0/11/0": "0" }`. `path` is that of the node itself. */
export function valuesOf(node: LeshanNode | undefined, path: string): Readonly<Record<string, LeshanValue>> {
  if (node === undefined) return {};
  switch (node.kind) {
    case "obj":
      return join(node.instances, path);
    case "instance":
      return join(node.resources, path);
    case "multiResource":
      return Object.fromEntries(Object.entries(node.values).map(([id, value]) => [`${path}/${id}`, value]));
    case "singleResource":
    case "resourceInstance":
      return { [path]: node.value };
  }
}

/** The same of several nodes, each at its own path. */
export function valuesOfAll(nodes: LeshanNodes = {}): Readonly<Record<string, LeshanValue>> {
  return Object.assign({}, ...Object.entries(nodes).map(([path, node]) => valuesOf(node ?? undefined, path)));
}

function join(nodes: readonly LeshanNode[], path: string): Readonly<Record<string, LeshanValue>> {
  return Object.assign({}, ...nodes.map((node) => valuesOf(node, `${path}/${node.id}`)));
}
