/** How a unit and a PDU become bytes on a line without message boundaries, and how they are found again there. */
import { asciiFrame, findAscii } from "./ascii-frame.ts";
import { findRtu, rtuFrame } from "./rtu-frame.ts";

/** A PDU that was found: it ends before `end`. */
export interface Found {
  readonly pdu: Uint8Array;
  readonly end: number;
}

/** What a search looks for: answers of this unit to this request (function code and data). */
export interface Wanted {
  readonly unit: number;
  readonly request: Uint8Array;
}

export interface Framing {
  /** The frame of a request, or of an answer. `pdu`: function code and data, 1 to 253 bytes. */
  frame(unit: number, pdu: Uint8Array): Uint8Array;
  /** The first answer in `bytes` from `from` on, whatever stands before it; undefined: not, or not wholly, there. */
  find(bytes: Uint8Array, from: number, wanted: Wanted): Found | undefined;
  /** No frame is longer; in bytes. */
  readonly longest: number;
}

/** MODBUS over Serial Line V1.02 §2.5.1.1, §2.5.2.1: the longest frame has 256 bytes in RTU, 513 characters in ASCII. */
export const FRAMINGS: Readonly<Record<"rtu" | "ascii", Framing>> = {
  rtu: { frame: rtuFrame, find: findRtu, longest: 256 },
  ascii: { frame: asciiFrame, find: findAscii, longest: 513 },
};
