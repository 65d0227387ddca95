/** The contract between the core and a downstream protocol. An adapter imports this file and nothing else of `src`. */
import type { FirmwareWay, Transfer, TransferContext } from "./adapter-firmware.ts";
import type { AdapterTools } from "./adapter-tools.ts";
import type { Clock, Millis, Random, UnixMillis } from "./clock.ts";
import type { Logger } from "./log.ts";

export type * from "./adapter-firmware.ts";
export type * from "./adapter-tools.ts";
export type { Clock, Millis, Random, UnixMillis } from "./clock.ts";
export { HOUR, isUndated, MINUTE, randomFraction, SECOND } from "./clock.ts";
export { durationSchema, formatDuration, orIssue, type PauseRange, parseDuration, pausesSchema } from "./duration.ts";
export type { ErrorCode } from "./error-codes.ts";
export { DeviceError, type FirmwareCondition, FirmwareError, reasonOf } from "./errors.ts";
export type { Logger } from "./log.ts";
export { type Drive, drive, type Machine, TIMEOUT, type Timeout } from "./machine.ts";
export { nearestNames } from "./near-miss.ts";
export { pooled } from "./random-pool.ts";
export { table } from "./table.ts";
export { typedOptions, typedSpan, WrongArguments, wrongOption } from "./typed-options.ts";
export { commentText, flowMap, idOf, yamlText } from "./yaml-text.ts";

/**
 * What the wire carried: bytes where the protocol carries bytes (registers, characteristics, binary frames), else the
 * scalar that it spells (a coil, a JSON value, a regex group). `as`, `order`, `scale` and the rest are applied by the core.
 */
export type RawValue = string | number | bigint | boolean | Uint8Array;

/** The name of a point in a mapping: the resource it feeds, e.g. "3303/0/5700" or "3/0/11/0". */
export type PointId = string;

export interface Reading {
  readonly point: PointId;
  readonly value: RawValue;
  readonly time: UnixMillis;
}

/** A zod schema is one. The core hands in plain values whose scalars already have the type that the text spells. */
export interface Schema<T> {
  parse(input: unknown): T;
}

/** What an adapter gets from its surroundings. */
export interface AdapterContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  /** The id of the link that is opened; absent where it has none, e.g. for a tool. */
  readonly linkId?: string;
  /** What the links of one gateway have in common, under names of the adapter's choice: a wire that several lead to. */
  readonly common?: Map<string, unknown>;
}

/** One downstream protocol: adapters/<name>/index.ts exports one. */
export interface AdapterModule<Options = unknown, Device = unknown, Point = unknown, Step = unknown> {
  /** The word behind `protocol:` in a mapping, e.g. "modbus". */
  readonly name: string;
  /** By the word behind `type:` of a link, e.g. "modbus-tcp": links.<id> in config.yaml, without `type`. */
  readonly linkTypes: Readonly<Record<string, Schema<Options>>>;
  /** The keys of which a mapped resource has exactly one, e.g. ["input", "holding", "coil", "discrete"]. */
  readonly sources: readonly string[];
  /** Of these the ones that may stand beside another, and then say which part of it is meant, e.g. ["path"]. */
  readonly parts?: readonly string[];
  /** Whether the core must poll: false where the devices speak unasked. */
  readonly polled: boolean;
  /** The protocol's section of a mapping, parameters filled in. */
  readonly device: Schema<Device>;
  /** What the core must know of a point before it can convert: see PointShape. */
  shape(source: Readonly<Record<string, unknown>>): PointShape;
  /**
   * The source keys of one resource, and what the core adds to them: `length` (bytes that `as` stands for; absent for
   * scalars), `write` (true, or the adapter's keys of `write:`) and `device` (the parsed protocol section).
   */
  readonly point: Schema<Point>;
  /** One step of a `do:` list; `value`, where it has one, is the raw value, converted by the core. */
  readonly step: Schema<Step>;
  /** Why this device cannot do a step, as the mapping spells it; undefined: it can. Absent: that is not known before it does. */
  stepFault?(device: Device, step: Readonly<Record<string, unknown>>): string | undefined;
  /** Opens the wire, or starts to: a link that cannot be opened yet keeps trying and reports its devices unreachable. */
  open(options: Options, context: AdapterContext): Promise<Link<Device, Point, Step>>;
  /**
   * An address as lists of registers have it, as keys of a resource. `keys`: the others of its line; `section`: the protocol's, as
   * written. Throws an error whose message is a sentence for the user.
   */
  importAddress?(text: string, line: ImportedLine): ImportedAddress;
  /**
   * What a point delivers of a whole message of the device, for the vectors of mappings: `text` as the vector has it. Throws
   * DeviceError where it delivers nothing. Absent: a vector says of each point what the wire carries.
   */
  delivered?(point: Point, text: string): RawValue;
  /**
   * What a vector calls such a message, beside `source:address`. Points of one message have one name. `said`: what a vector says; it is
   * returned as it is where it means this message, however it is spelled.
   */
  messageName?(point: Point, said?: string): string;
  /** Runs a mapping backwards as a device of this protocol, for `sim`, the demo and tests. */
  simulate?(
    options: SimulateOptions,
    devices: readonly SimulatedDevice<Device, Point, Step>[],
    context: AdapterContext,
  ): Promise<Simulation>;
  /** For `check`: the requests that a poll of these points costs. `options`: of the link, where there is one yet. */
  plan?(device: Device, points: ReadonlyMap<PointId, Point>, options?: Options): readonly PlannedRequest[];
  /** For `check`: the wire that the devices of a link share; undefined: it is so fast that its load does not matter. */
  wire?(options: Options, link: string): PlannedWire<Options> | undefined;
  /** Where a link leads to, as far as others can tell it in their own words; undefined: they cannot. */
  leadsTo?(options: Options): LinkEnd | undefined;
  /** For `check` and the log: what is odd about these links, though each is right by itself. May look at the machine. */
  adviseLinks?(links: readonly NamedLink<Options>[]): Promise<readonly LinkAdvice[]>;
  /** By the word behind `via:` of a `firmware:` section; absent: no firmware gets to these devices by this protocol. */
  readonly firmware?: Readonly<Record<string, FirmwareWay>>;
  /**
   * What somebody with a laptop at the cabinet needs: `probe`, `scan`, `decode`, `sniff`, and the wire for `capture`. Loaded when it is
   * asked for, as what `open` and `simulate` are made of: a gateway needs but little of what adapters can.
   */
  tools?(): Promise<AdapterTools<Device, Point, Step>>;
}

/** What a link opens: a host, or a serial port of this machine. */
export type LinkEnd =
  /** `protocol`: what is spoken to it, e.g. "tcp". */
  | { readonly type: "host"; readonly protocol: string; readonly host: string; readonly port: number }
  | {
      readonly type: "port";
      /** The path of the port. */
      readonly port: string;
      readonly baudRate: number;
      readonly dataBits: number;
      readonly parity: "none" | "even" | "odd";
      readonly stopBits: number;
    };

/** A link of the configuration. */
export interface NamedLink<Options = unknown> {
  readonly id: string;
  readonly options: Options;
}

/** A sentence for the user about one link. */
export interface LinkAdvice {
  readonly link: string;
  readonly message: string;
}

/** What one request of a plan asks for, and how long the wire is busy with it. */
export interface PlannedRequest {
  /** For the reader, e.g. "input[0x0..0x11]". */
  readonly text: string;
  /** Request, answer and silence, with a usual time to think in between; absent where no wire is known. */
  readonly time?: Millis;
}

export interface PlannedWire<Options = unknown> {
  /** Links of one key lead to one wire: their loads add up. */
  readonly key: string;
  /** For the reader, e.g. "9600-8N1". */
  readonly text: string;
  /** How long it rests after each request, beyond what the request's time holds already. */
  readonly pause: Millis;
  /** The next faster setting, and the link with it; absent where there is none. */
  readonly faster?: { readonly text: string; readonly options: Options };
}

/** One line of a list of registers. */
export interface ImportedLine {
  readonly keys: Readonly<Record<string, unknown>>;
  readonly section: Readonly<Record<string, unknown>>;
}

export interface ImportedAddress {
  /** The device that the address names, where it names one: a list is about one device. */
  readonly unit?: string;
  readonly keys: Readonly<Record<string, string>>;
}

/** What a source says of the raw value: bytes (then `as` gives the type, with this default), or a ready scalar. */
export interface PointShape {
  readonly kind: "bytes" | "boolean" | "scalar";
  /** For bytes: the type where the mapping gives no `as`, e.g. "u16" for a register. */
  readonly defaultType?: string;
  /** For bytes: the unit of `length`: 2 where the wire carries 16-bit registers. */
  readonly wordBytes?: number;
  /** Whether the mapping may give `write: true` here (an input register may not). */
  readonly writable: boolean;
  /** The device tells it by itself: it comes by `onReadings`, and is never asked for. */
  readonly unasked?: true;
}

/** One open bus, broker or radio. */
export interface Link<Device = unknown, Point = unknown, Step = unknown> {
  attach(device: Device, points: ReadonlyMap<PointId, Point>, listener: DeviceListener): Promise<DeviceLink<Step>>;
  readonly ask?: Ask;
  /** How it fares, for `status`. */
  report?(): LinkReport;
  close(): Promise<void>;
}

/** Counts are of the time since the link was opened; plain data. */
export interface LinkReport {
  /** The wires or connections of the link. */
  readonly lines: readonly LineReport[];
  /** What a person should know of it, each a sentence. */
  readonly notes?: readonly string[];
}

export interface LineReport {
  /** For people, e.g. "10.0.4.20:502". */
  readonly name: string;
  /** Whether it is connected, or its port open, now. */
  readonly open: boolean;
  /** Why it is not, as a sentence; absent where nobody knows yet. */
  readonly trouble?: string;
  /** It could be connected, and was given up for a while since nobody answered on it. */
  readonly silent?: true;
  /** How much of the last minute the wire was in use, by whomever it is shared: 0 … 100. */
  readonly load: number;
  /** Requests that wait for their turn now. */
  readonly waiting: number;
  readonly units: readonly UnitReport[];
}

/** What came of the requests to one device on a line, and the time that it takes to think. */
export interface UnitReport {
  /** Its address on the line. */
  readonly unit: string;
  readonly requests: number;
  readonly timeouts: number;
  /** The device refused, or said that it cannot. */
  readonly exceptions: number;
  /** What came was no answer to the request. */
  readonly malformed: number;
  /** From the end of a request to the beginning of its answer, of the newest answers; absent before the first. */
  readonly turnaround?: { readonly median: Millis; readonly p95: Millis };
}

/**
 * One request of a tool, which takes its turn like any read, and what came back. Both are in the adapter's own words and such that
 * JSON carries them, since they may come from another process. Rejects with DeviceError, or with WrongArguments where the request
 * is none.
 */
export type Ask = (request: unknown) => Promise<unknown>;

/** One device on it. Every promise settles within the protocol's own timeout; a failure is a DeviceError. */
export interface DeviceLink<Step = unknown> {
  /** Points the device refuses are left out of the readings and named in `refused`. Rejects only when the device does not answer. */
  read(points: readonly PointId[]): Promise<ReadResult>;
  /** Resolves when the device has confirmed. `mask`: only the bits set in it change (same length as the bytes). */
  write(point: PointId, value: RawValue, mask?: Uint8Array): Promise<void>;
  /** Runs the steps of an executable resource, in order; its arguments are already filled in. */
  invoke(steps: readonly Step[]): Promise<void>;
  /**
   * Begins to deal with one image; nothing is sent yet. Until it is closed the adapter keeps other requests to this device from
   * disturbing it: they wait, or are refused as `unreachable`. One at a time. There where the adapter has `firmware`.
   */
  transfer?(context: TransferContext): Promise<Transfer>;
  close(): Promise<void>;
}

export interface ReadResult {
  readonly readings: readonly Reading[];
  readonly refused: readonly { readonly point: PointId; readonly reason: string }[];
}

/** How a device that speaks unasked (MQTT, BLE notify) and a lost link are heard. */
export interface DeviceListener {
  /** `refused`: points of which the device said, in the same message, that it has no good value, and why. */
  onReadings(readings: readonly Reading[], refused?: ReadResult["refused"]): void;
  /** The device gave a sign of life that has no value for any point. */
  onHeard?(): void;
  /** The link knows better than a failed read: a connection lost (false, and why) or there again (true). */
  onReachable(reachable: boolean, reason?: string): void;
  /** How the device is connected, as far as the link knows that now: for object 4 of the device. Said again where it changes. */
  onConnectivity?(connectivity: Connectivity): void;
}

/** What a link does not know is absent, and then as it was. */
export interface Connectivity {
  /** The IP addresses at which the device, or the box before it, is reached. */
  readonly addresses?: readonly string[];
  /** IP addresses of the next hops to it. */
  readonly routers?: readonly string[];
  /** Received signal strength in dBm. */
  readonly rssi?: number;
  /** As the protocol of the radio measures it. */
  readonly linkQuality?: number;
}

/** Where the simulated devices listen; the adapter checks its own keys, e.g. `{ host, port }`. */
export type SimulateOptions = Readonly<Record<string, unknown>>;

export interface SimulatedDevice<Device = unknown, Point = unknown, Step = unknown> {
  readonly device: Device;
  readonly points: ReadonlyMap<PointId, Point>;
  /** What its executable resources do, for arguments that were thought of; a device takes such writes. Absent: nothing. */
  readonly steps?: readonly Step[];
  /** Who the mapping says that it is, for protocols in which devices tell; absent: nothing is known. */
  readonly identity?: SimulatedIdentity;
  /** The raw value of a point now; undefined: the device refuses it. */
  get(point: PointId): RawValue | undefined;
  /** A master wrote this point. Returns false where the device refuses. */
  set(point: PointId, value: RawValue): boolean;
}

export interface SimulatedIdentity {
  readonly manufacturer?: string;
  readonly model?: string;
  readonly version?: string;
}

export interface Simulation {
  /** Where it can be reached, for a person and for a link entry, e.g. `{ host: "127.0.0.1", port: 1502 }`. */
  readonly address: Readonly<Record<string, string | number>>;
  close(): Promise<void>;
}
