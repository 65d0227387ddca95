/** The part of the contract with a downstream protocol that is for a person with a laptop. Adapters get it from `adapter.ts`. */
import type { AdapterContext, Ask, Link, PointId, RawValue } from "./adapter.ts";

/** The tools of one protocol: `lwm2m-gateway probe modbus …`. Each works on a wire of its own, or on a link of the configuration. */
export interface AdapterTools<Device = unknown, Point = unknown, Step = unknown> {
  /** What names a wire without a configuration, e.g. `host`. */
  readonly wire: ToolOptions;
  /** Opens that wire. Rejects with WrongArguments. */
  open(args: ToolArguments, context: AdapterContext): Promise<Link<Device, Point, Step>>;
  /** A link that another process has open: every request goes there. Absent: `capture` does not know this protocol. */
  through?(ask: Ask, context: AdapterContext): Link<Device, Point, Step>;
  /**
   * A link leads to something that serves many, such as a broker: tools and simulated devices connect to it by themselves, beside a
   * gateway that runs. `ask` of their link is absent then, and `simulate` gets the link's options as `link`.
   */
  readonly besides?: true;
  readonly probe?: Tool<Device, Point>;
  readonly scan?: Tool<Device, Point>;
  readonly decode?: Tool<Device, Point>;
  readonly sniff?: Tool<Device, Point>;
}

export interface Tool<Device = unknown, Point = unknown> {
  /** One line for the help. */
  readonly summary: string;
  /** Positional arguments as the help shows them, e.g. "TABLE ADDRESS [COUNT]". */
  readonly positionals?: string;
  readonly options: ToolOptions;
  /** First arguments that may stand in the place of the protocol: `decode bthome …` is `decode ble bthome …`. */
  readonly words?: readonly string[];
  /** Whether it talks to devices: then `wire` and `link` are options too. */
  readonly talks: boolean;
  /** Rejects with WrongArguments, or with DeviceError where there is nothing to tell. */
  run(args: ToolArguments, context: ToolContext<Device, Point>): Promise<ToolReport>;
}

export type ToolOptions = Readonly<Record<string, ToolOption>>;

export interface ToolOption {
  readonly type: "string" | "boolean";
  /** What stands for the value in the help, e.g. "FILE". */
  readonly value?: string;
  readonly help: string;
  readonly default?: string;
}

/** What was typed; an option that is in none of the tool's is never there. */
export interface ToolArguments {
  readonly positionals: readonly string[];
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  flag(option: string): boolean;
}

export interface ToolContext<Device = unknown, Point = unknown> extends AdapterContext {
  /** The link that the user named; absent: the options name a wire, which the tool opens and closes. */
  readonly link?: ToolLink;
  /** What bytes could be, as the mapping language reads them. */
  readonly interpret: (bytes: Uint8Array) => readonly Interpretation[];
  /** In which resource a mapping would have such a value; undefined: nobody could tell without a look at the device. */
  readonly suggest: (quantity: Quantity) => SuggestedResource | undefined;
  /** The mappings of this protocol, for a device that says who it is. */
  readonly mappings: () => Promise<readonly KnownMapping[]>;
  /**
   * A device of a mapping that nobody has configured. `mapping`: its name or file; `parameters`: NAME=VALUE each, the others have their
   * defaults. Rejects, with an error for the user, where there is no such mapping of this protocol or something of it is wrong.
   */
  readonly deviceOf: (mapping: string, parameters: readonly string[]) => Promise<ToolDevice<Device, Point>>;
  /** A line for a person, at once. */
  readonly tell: (line: string) => void;
  /** How far it is, for a person who waits: asked for its words as often as they are shown anew, e.g. "asked 12 of 64 addresses". */
  readonly progress: (words: () => string) => void;
  /** Standard input, to its end. */
  readonly input: () => Promise<string>;
  /** The user has had enough: what was found until then is reported. */
  readonly signal: AbortSignal;
}

export interface ToolLink {
  readonly id: string;
  /** The word behind `type:`, and what the adapter's schema made of the other keys. */
  readonly type: string;
  readonly options: unknown;
  /** Absent where the tools of the protocol connect by themselves. */
  readonly ask?: Ask;
  /** The devices of a gateway that runs, which share the link with the tool; none where it is ours alone. */
  readonly sharedWith: readonly string[];
}

/** A device as the adapter sees it, and what the core makes of its raw values. */
export interface ToolDevice<Device = unknown, Point = unknown> {
  /** The parsed section of the protocol. */
  readonly device: Device;
  /** The parsed points that the device has, each with what it is called. */
  readonly points: ReadonlyMap<PointId, { readonly point: Point; readonly name: string; readonly unit?: string }>;
  /** What a server would see of the raw value, as text; or why it would see nothing. */
  valueOf(point: PointId, raw: RawValue): { readonly value: string } | { readonly bad: string };
}

/** A way to read bytes, as a mapping says it, and what comes of it. */
export interface Interpretation {
  /** `as:` of a mapping. */
  readonly as: string;
  /** `order:` of a mapping; absent where there is but one. */
  readonly order?: string;
  readonly value: number | bigint | string | boolean;
  /** Whether a measured value could look like this: no proof, a hint. */
  readonly plausible: boolean;
}

/** What a value of a device is, in plain words: a tool that begins a mapping knows no objects. */
export type Quantity =
  /** `what`: "temperature", "carbon_dioxide", …; absent: nobody says. `isNumber`: it is one, whatever it measures. */
  | { readonly kind: "measured"; readonly what?: string; readonly isNumber: boolean }
  /** Found to be on or off. */
  | { readonly kind: "detected"; readonly what?: "presence" }
  /** On or off, as it is told. */
  | { readonly kind: "switched"; readonly what?: "light" }
  /** A number, as it is told. */
  | { readonly kind: "set" };

export interface SuggestedResource {
  readonly object: number;
  /** Its name in mappings. */
  readonly resource: string;
  /** A device has one alone. */
  readonly isSingle?: true;
  readonly isBoolean?: true;
}

export interface KnownMapping {
  readonly name: string;
  /** What its `identity:` says in so many words. */
  readonly manufacturer?: string;
  readonly model?: string;
  /** The parameters that a device of it must give. */
  readonly required: readonly string[];
}

export interface ToolReport {
  /** For a person. */
  readonly lines: readonly string[];
  /** The same for a script: what JSON can say. */
  readonly data: unknown;
  /** Whether it is what was wanted: an exception of the device is none. */
  readonly ok: boolean;
}
