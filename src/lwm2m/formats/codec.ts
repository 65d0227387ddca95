import type { Undated } from "../../clock.ts";
import type { Path } from "../path.ts";
import type { PathValue, ResourceType, Sample } from "../sample.ts";

/** What a resource (or resource instance) path holds. */
export interface TypeInfo {
  readonly type: ResourceType;
  /** Whether the resource may have several instances. */
  readonly multiple: boolean;
  /** As the registry calls the resource, where that is known. */
  readonly name?: string;
}

/** Tells a codec what a path holds: TLV, text, time and links cannot be written or read without it. Undefined: unknown resource. */
export type TypeOf = (path: Path) => TypeInfo | undefined;

export interface EncodeOptions {
  /** Writes each sample's time where the format carries time: in notifications and Send, never in a Read answer. */
  readonly times?: boolean;
  /**
   * What is known of the times of samples that were measured before the clock was right, `Clock.undated`: they are told as
   * Unix time, or relative to now as long as that is not known (RFC 8428 §4.5.3). Absent: not at all.
   */
  readonly undated?: Undated | undefined;
}

/** CoAP Content-Format numbers (facts of the IANA registry). */
export const CONTENT_FORMAT = {
  text: 0,
  linkFormat: 40,
  opaque: 42,
  cbor: 60,
  senmlJson: 110,
  senmlCbor: 112,
  senmlEtchJson: 320,
  senmlEtchCbor: 322,
  tlv: 11542,
  lwm2mJson: 11543,
  lwm2mCbor: 11544,
} as const;

export interface ContentCodec {
  /** CoAP Content-Format number, e.g. 112 for SenML CBOR. */
  readonly contentFormat: number;
  /** Whether a record can say when it was measured. */
  readonly carriesTime: boolean;
  /** Whether it carries exactly one value (text, opaque, CBOR). */
  readonly singleValue: boolean;
  /**
   * Writes the samples of a read of `base` (an object, instance, resource or resource instance). Throws Lwm2mError 4.06
   * where the format cannot carry them (two values in text).
   */
  encode(samples: readonly Sample[], base: Path, typeOf: TypeOf, options?: EncodeOptions): Uint8Array;
  /**
   * Reads the payload of a write to `base`; values of unknown resources below an instance are left out. Throws
   * ProtocolError where the bytes are not this format, Lwm2mError 4.00 where a value does not fit its type or a name lies
   * outside `base`, 4.04 where `base` is itself a resource that is unknown.
   */
  decode(payload: Uint8Array, base: Path, typeOf: TypeOf): PathValue[];
}

/** A format that carries time can be read back with it: what a server does with a notification. */
export interface TimedPathValue extends PathValue {
  /** Milliseconds since 1970; absent where the record has no time. */
  readonly time?: number;
}
