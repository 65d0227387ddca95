/** What a peripheral is made of. */
import type { Millis } from "../../../src/adapter.ts";
import type { AddressType, Property } from "../radio/radio.ts";

export interface PeripheralSpec {
  /** "a4:c1:38:8f:19:e9" */
  readonly address: string;
  /** "public" where it is absent. */
  readonly addressType?: AddressType | undefined;
  /** Device Name of its Generic Access service; in advertisements is what those say. */
  readonly name?: string | undefined;
  /** Generic Access and Generic Attribute are there in any case. */
  readonly services?: readonly ServiceSpec[] | undefined;
  /** Absent: it is silent until `advertise` is called. */
  readonly advertising?: AdvertisingSpec | undefined;
  /** In dBm, as the controller receives it; -60 where it is absent. */
  readonly rssi?: number | undefined;
  /** The largest ATT_MTU that it agrees to; 247 where it is absent. */
  readonly mtu?: number | undefined;
}

export interface AdvertisingSpec {
  /** AD structures, at most 31 bytes: `advertisingData` makes them. A function is asked for each packet; undefined: it is not said. */
  readonly data: Uint8Array | (() => Uint8Array | undefined);
  /** What it says to those who scan actively. */
  readonly scanResponse?: Uint8Array | (() => Uint8Array) | undefined;
  /** From 20 ms on (Core Specification 5.4, Vol. 6, Part B, 4.4.2.2). */
  readonly interval: Millis;
  /** "connectable" where it is absent, and that is scannable, too. */
  readonly type?: "connectable" | "scannable" | "non-connectable" | undefined;
}

export interface ServiceSpec {
  readonly uuid: string;
  readonly characteristics: readonly CharacteristicSpec[];
}

export interface CharacteristicSpec {
  readonly uuid: string;
  readonly properties: readonly Property[];
  /** A function is asked at every read. Absent: no bytes. */
  readonly value?: Uint8Array | (() => Uint8Array) | undefined;
  /** A central wrote it. Returns the ATT error code with which it is refused. Absent: it is the value from now on. */
  readonly onWrite?: ((bytes: Uint8Array) => number | undefined) | undefined;
  /** Beside the Client Characteristic Configuration, which is there where it notifies or indicates. */
  readonly descriptors?: readonly DescriptorSpec[] | undefined;
}

export interface DescriptorSpec {
  readonly uuid: string;
  readonly value: Uint8Array;
}

/** What goes wrong with a peripheral from now on. */
export interface PeripheralFaults {
  /** Answers of ATT that are lost, though what was asked for is done: all, or that many. */
  readonly mute?: true | number | undefined;
  /** Connects end with this error code of HCI, e.g. 0x3e. */
  readonly refuseConnect?: number | undefined;
  /** How late each answer of ATT comes. */
  readonly delay?: Millis | undefined;
  /** The link is lost after so many requests and commands of ATT; the last one has no answer. */
  readonly dropAfter?: number | undefined;
  /** Why the link is lost then: an error code of HCI, e.g. 0x13; 0x08 where it is absent. */
  readonly dropReason?: number | undefined;
  /** Asked for each request and command of ATT, beside all of the above. */
  readonly each?: (() => RequestFault) | undefined;
}

/** What goes wrong with one request; what is absent does not. */
export interface RequestFault {
  /** It is done, but its answer is lost. */
  readonly mute?: boolean | undefined;
  readonly delay?: Millis | undefined;
  /** It is not done; the ATT error code of the answer. */
  readonly refuse?: number | undefined;
  /** The link is lost before the answer: an error code of HCI. */
  readonly drop?: number | undefined;
}

/** What a characteristic refuses from now on: the ATT error code of each. */
export interface CharacteristicFaults {
  readonly read?: number | undefined;
  readonly write?: number | undefined;
  /** Of its Client Characteristic Configuration. */
  readonly subscribe?: number | undefined;
}
