/**
 * How long a serial wire is busy with a request. MODBUS over Serial Line V1.02 §2.5.1 (RTU), §2.5.2 (ASCII).
 */
import { type Millis, SECOND } from "../../src/adapter.ts";
import { characterTime, type SerialSettings } from "../wires/serial-settings.ts";
import { encodeRequest, responseLength } from "./codec.ts";
import { MAX_READ_REGISTERS, type Request } from "./pdu.ts";

/** The serial line that a request crosses in the end, be it ours or that of a converter. */
export interface Wire {
  readonly framing: "rtu" | "ascii";
  /** One character. In milliseconds, with fractions. */
  readonly character: Millis;
  /** The silence that ends a frame: 3.5 characters; none in ASCII, where a frame says where it ends. */
  readonly silence: Millis;
}

/** §2.5.1.1: a character of RTU has 11 bits; above 19200 baud the silence is fixed, so that timers can keep up. */
const RTU_BITS = 11;
const FIXED_ABOVE = 19_200;
const FIXED_SILENCE: Millis = 1.75;

/** The most that a PDU can be (V1.1b3 §4.1). */
const LONGEST_PDU = 253;

/** Between the end of a request and its answer, where nothing was measured yet: 5 … 50 ms is usual. */
export const USUAL_TURNAROUND: Millis = 20;

export function wireOf(framing: Wire["framing"], settings: SerialSettings): Wire {
  const { baudRate } = settings;
  const silence = baudRate > FIXED_ABOVE ? FIXED_SILENCE : (3.5 * RTU_BITS * SECOND) / baudRate;
  return { framing, character: characterTime(settings), silence: framing === "rtu" ? silence : 0 };
}

/** What an exchange has of PDUs, in bytes. `answer` 0: none is awaited. */
export interface ExchangeLength {
  readonly request: number;
  readonly answer: number;
}

/** Request, answer and the silence after each, in milliseconds; the device's time to think is not in it. */
export function wireTime(wire: Wire, { request, answer }: ExchangeLength): Millis {
  return frameTime(wire, request) + (answer === 0 ? 0 : frameTime(wire, answer));
}

/** One frame with a PDU of so many bytes, and the silence that ends it. */
function frameTime({ framing, character, silence }: Wire, pdu: number): Millis {
  switch (framing) {
    case "rtu":
      // Unit, PDU, two bytes of CRC.
      return (1 + pdu + 2) * character + silence;
    case "ascii":
      // Colon, two characters for each byte of unit, PDU and LRC, then CR and LF.
      return (1 + 2 * (1 + pdu + 1) + 2) * character + silence;
  }
}

/** The PDUs of a request and of its answer; the longest there is, where only the device knows. */
export function lengthOf(request: Request): ExchangeLength {
  return { request: encodeRequest(request).length, answer: responseLength(request) ?? LONGEST_PDU };
}

/** What a second request costs beside its characters. */
export interface SecondRead {
  readonly turnaround: Millis;
  /** How long the line rests between an answer and the next request; never less than the wire's own silence. */
  readonly rest?: Millis;
}

/**
 * How many registers nobody asked for are read as fast as a second request is made: one more costs two characters, a second
 * request 13, its silences and the device's time to think.
 */
export function gapWorthReading(wire: Wire, { turnaround, rest = 0 }: SecondRead): number {
  const another = wireTime(wire, { request: 5, answer: 2 }) + turnaround + Math.max(0, rest - wire.silence);
  const register = 2 * wire.character * (wire.framing === "ascii" ? 2 : 1);
  return Math.min(MAX_READ_REGISTERS, Math.round(another / register));
}
