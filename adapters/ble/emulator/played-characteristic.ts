/** One characteristic of a peripheral: its value, who hears of it, and what it refuses. */
import type { Property } from "../radio/radio.ts";
import { normalUuid } from "../radio/uuid.ts";
import { ATT_ERROR, AttError, DEFAULT_MTU, LONGEST_VALUE } from "./att-codes.ts";
import type { CharacteristicFaults, CharacteristicSpec } from "./peripheral-spec.ts";

/** How a value is told unasked: bits of the Client Characteristic Configuration (Core Specification 5.4, Vol. 3, Part G, 3.3.3.3). */
export const TELLING = { notify: 0x0001, indicate: 0x0002 } as const;

/** What a notification, or an indication, has beside the value (Vol. 3, Part F, 3.4.7). */
const TOLD_OVERHEAD = 3;

/** The connection that hears of values. */
export interface Hearer {
  /** ATT_MTU, as both ends have agreed. */
  readonly mtu: number;
  /** Whether the central subscribed so. */
  hears(valueHandle: number, how: number): boolean;
  tell(valueHandle: number, how: number, bytes: Uint8Array): void;
}

export class PlayedCharacteristic {
  /** As `normalUuid` makes it. */
  readonly uuid: string;
  readonly service: string;
  readonly properties: ReadonlySet<Property>;
  readonly valueHandle: number;
  faults: CharacteristicFaults = {};
  private readonly spec: CharacteristicSpec;
  private readonly hearer: () => Hearer | undefined;
  private kept: Uint8Array | (() => Uint8Array);

  constructor(
    spec: CharacteristicSpec,
    place: { readonly service: string; readonly valueHandle: number },
    hearer: () => Hearer | undefined,
  ) {
    this.spec = spec;
    this.uuid = normalUuid(spec.uuid) ?? spec.uuid;
    this.service = normalUuid(place.service) ?? place.service;
    this.properties = new Set(spec.properties);
    this.valueHandle = place.valueHandle;
    this.hearer = hearer;
    this.kept = spec.value ?? new Uint8Array(0);
  }

  get value(): Uint8Array {
    const value = typeof this.kept === "function" ? this.kept() : this.kept;
    return value.subarray(0, LONGEST_VALUE);
  }

  set value(value: Uint8Array) {
    this.kept = value;
  }

  /** Whether a central has subscribed to it. */
  get subscribed(): boolean {
    const hearer = this.hearer();
    return (
      hearer !== undefined && [TELLING.notify, TELLING.indicate].some((how) => hearer.hears(this.valueHandle, how))
    );
  }

  /** How many bytes one notification takes now; of more the rest is lost. */
  get longestTold(): number {
    return (this.hearer()?.mtu ?? DEFAULT_MTU) - TOLD_OVERHEAD;
  }

  /** Tells its value, or these bytes, which are its value from now on. Returns whether somebody hears it. */
  notify(bytes: Uint8Array = this.value): boolean {
    return this.tell(TELLING.notify, bytes);
  }

  /** The same, to be confirmed: the next one waits for that. */
  indicate(bytes: Uint8Array = this.value): boolean {
    return this.tell(TELLING.indicate, bytes);
  }

  /** For the peripheral's connection. Throws AttError. */
  read(handle: number): Uint8Array {
    const { read } = this.faults;
    if (!this.properties.has("read")) throw new AttError(ATT_ERROR.readNotPermitted, handle);
    if (read !== undefined) throw new AttError(read, handle);
    return this.value;
  }

  /** Throws AttError where it may not be written. */
  permitWrite(handle: number, property: "write" | "write-without-response"): void {
    if (!this.properties.has(property)) throw new AttError(ATT_ERROR.writeNotPermitted, handle);
    if (this.faults.write !== undefined) throw new AttError(this.faults.write, handle);
  }

  /** For the peripheral's connection. Throws AttError. */
  write(handle: number, bytes: Uint8Array): void {
    if (bytes.length > LONGEST_VALUE) throw new AttError(ATT_ERROR.invalidValueLength, handle);
    // What was received is a part of a larger buffer.
    const own = Uint8Array.from(bytes);
    const { onWrite } = this.spec;
    const refused = onWrite?.(own);
    if (refused !== undefined) throw new AttError(refused, handle);
    if (onWrite === undefined) this.kept = own;
  }

  private tell(how: number, bytes: Uint8Array): boolean {
    if (typeof this.kept !== "function") this.kept = bytes;
    const hearer = this.hearer();
    if (hearer?.hears(this.valueHandle, how) !== true) return false;
    hearer.tell(this.valueHandle, how, bytes);
    return true;
  }
}
