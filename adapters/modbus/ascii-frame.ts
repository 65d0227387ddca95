/** Frames of Modbus ASCII: a colon, two hexadecimal digits a byte, CR LF. MODBUS over Serial Line V1.02 §2.5.2. */
import { fitOf } from "./answer-shape.ts";
import { lrc8 } from "./checksums.ts";
import type { Found, Wanted } from "./framing.ts";

const COLON = 0x3a;
const CR = 0x0d;
const LF = 0x0a;
/** Colon, unit, function and LRC in two digits each, CR, LF. */
const SHORTEST = 9;

/** `:` unit, PDU, LRC in upper-case digits, CR LF. */
export function asciiFrame(unit: number, pdu: Uint8Array): Uint8Array {
  const bytes = Uint8Array.of(unit, ...pdu);
  const digits = Buffer.from([...bytes, lrc8(bytes)])
    .toString("hex")
    .toUpperCase();
  return Uint8Array.from(Buffer.from(`:${digits}\r\n`, "latin1"));
}

/** Unit, PDU and LRC of the frame between a colon and its CR LF; undefined where it is none, or its LRC is wrong. */
export function parseAscii(frame: Uint8Array): { readonly unit: number; readonly pdu: Uint8Array } | undefined {
  const { length } = frame;
  if (length < SHORTEST || length % 2 === 0 || frame[0] !== COLON) return undefined;
  if (frame[length - 2] !== CR || frame[length - 1] !== LF) return undefined;
  const digits = Buffer.from(frame.buffer, frame.byteOffset + 1, length - 3).toString("latin1");
  if (!/^[0-9A-Fa-f]+$/.test(digits)) return undefined;
  const bytes = Uint8Array.from(Buffer.from(digits, "hex"));
  // With its LRC, the sum is 0.
  if (lrc8(bytes) !== 0) return undefined;
  return { unit: bytes[0] ?? 0, pdu: bytes.slice(1, -1) };
}

/** Looks from colon to colon: one within a frame begins another (§2.5.2.1). */
export function findAscii(bytes: Uint8Array, from: number, wanted: Wanted): Found | undefined {
  let start = bytes.indexOf(COLON, from);
  while (start >= 0) {
    const next = bytes.indexOf(COLON, start + 1);
    const end = bytes.indexOf(LF, start) + 1;
    if (end > 0 && (next < 0 || end <= next)) {
      const frame = parseAscii(bytes.subarray(start, end));
      if (frame?.unit === wanted.unit && answers(wanted.request, frame.pdu)) return { pdu: frame.pdu, end };
    }
    start = next;
  }
  return undefined;
}

function answers(request: Uint8Array, pdu: Uint8Array): boolean {
  const fit = fitOf(request, pdu);
  return fit.kind === "any" || (fit.kind === "length" && fit.length === pdu.length);
}
