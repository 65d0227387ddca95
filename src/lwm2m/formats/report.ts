import type { UnixMillis } from "../../clock.ts";
import type { Path } from "../path.ts";
import type { ContentCodec, TimedPathValue, TypeOf } from "./codec.ts";

/** How a server reads the answer to a Read, a notification or a Send. */
export interface ReportContext {
  /** What was asked for: the only source of names for TLV, text and opaque. "/" where the payload names everything (Send). */
  readonly base: Path;
  /** What the registry says; a path that it does not know is read by what the payload itself says of it. */
  readonly typeOf: TypeOf;
  /** When the payload arrived: times relative to now count from it. Without it such values have no time. */
  readonly now?: UnixMillis;
}

/** A codec with the server's side: what a client reports is taken as it stands, where a Write is checked. */
export interface ReportCodec extends ContentCodec {
  /**
   * Values at absolute paths of any prefix, each with its time where it has one. A value that is unknown, or not of the type
   * that the registry gives, is kept as the payload spells it (TLV: as its bytes). Throws ProtocolError for bytes that are
   * not this format.
   */
  decodeReport(payload: Uint8Array, context: ReportContext): TimedPathValue[];
}
