/** Frames of Modbus RTU. MODBUS over Serial Line V1.02 §2.5.1. */
import { fitOf } from "./answer-shape.ts";
import { crc16 } from "./checksums.ts";
import type { Found, Wanted } from "./framing.ts";

/** Unit before the PDU, CRC behind it. */
const UNIT = 1;
const CRC = 2;
/** An answer of the shortest kind is unit, function and CRC. */
const SHORTEST = 4;
const LONGEST = 256;

/** Unit, PDU, CRC. */
export function rtuFrame(unit: number, pdu: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(UNIT + pdu.length + CRC);
  bytes[0] = unit;
  bytes.set(pdu, UNIT);
  const end = UNIT + pdu.length;
  const crc = crc16(bytes, 0, end);
  bytes[end] = crc & 0xff;
  bytes[end + 1] = crc >>> 8;
  return bytes;
}

/** Whether `bytes[from … end)` ends with its CRC. */
export function hasCrc(bytes: Uint8Array, from: number, end: number): boolean {
  const crc = crc16(bytes, from, end - CRC);
  return bytes[end - CRC] === (crc & 0xff) && bytes[end - 1] === crc >>> 8;
}

/**
 * Looks for an answer at every byte: noise, echoes and frames of others may stand before it. What begins as the answer
 * must, and is not complete, is waited for: data within it may look like an answer too.
 */
export function findRtu(bytes: Uint8Array, from: number, wanted: Wanted): Found | undefined {
  for (let start = from; start + SHORTEST <= bytes.length; start++) {
    if (bytes[start] !== wanted.unit) continue;
    const end = endOf(bytes, start, wanted.request);
    if (end === "later") return undefined;
    if (end !== undefined) return { pdu: bytes.slice(start + UNIT, end - CRC), end };
  }
  return undefined;
}

/** Where the answer that begins here ends; `later`: not all of it is there; undefined: no answer begins here. */
function endOf(bytes: Uint8Array, start: number, request: Uint8Array): number | "later" | undefined {
  const fit = fitOf(request, bytes.subarray(start + UNIT));
  switch (fit.kind) {
    case "none":
      return undefined;
    case "more":
      return "later";
    case "any":
      return endByCrc(bytes, start);
    case "length": {
      const end = start + UNIT + fit.length + CRC;
      if (end > bytes.length) return "later";
      return hasCrc(bytes, start, end) ? end : undefined;
    }
  }
}

/** The length is not known: the longest that has its CRC, since a shorter one may have it by chance. */
function endByCrc(bytes: Uint8Array, start: number): number | undefined {
  for (let end = Math.min(bytes.length, start + LONGEST); end >= start + SHORTEST; end--) {
    if (hasCrc(bytes, start, end)) return end;
  }
  return undefined;
}
