/**
 * Finds requests in what a master sends, as a slave must. MODBUS over Serial Line V1.02 §2.5; Messaging on TCP/IP
 * Implementation Guide V1.0b §3.1.3.
 */
import { asciiFrame, parseAscii } from "../ascii-frame.ts";
import { FrameReader, frameOf } from "../mbap.ts";
import { hasCrc, rtuFrame } from "../rtu-frame.ts";
import { requestLength } from "./request-length.ts";

/** A request as it came, and how its answer is framed. */
export interface Incoming {
  readonly unit: number;
  readonly pdu: Uint8Array;
  /** The bytes on the wire. */
  readonly bytes: Uint8Array;
  frame(unit: number, pdu: Uint8Array): Uint8Array;
}

export interface RequestReader {
  /** The requests that are complete now; undefined: the stream is out of step, and nothing can mend it. */
  push(chunk: Uint8Array): readonly Incoming[] | undefined;
}

export type SlaveFraming = "mbap" | "rtu" | "ascii";

export function requestReader(framing: SlaveFraming): RequestReader {
  switch (framing) {
    case "mbap":
      return new MbapReader();
    case "rtu":
      return new RtuReader();
    case "ascii":
      return new AsciiReader();
  }
}

class MbapReader implements RequestReader {
  private readonly reader = new FrameReader();

  push(chunk: Uint8Array): readonly Incoming[] | undefined {
    return this.reader.push(chunk)?.map(({ transaction, unit, pdu }) => {
      const frame = (from: number, answer: Uint8Array): Uint8Array => frameOf({ transaction, unit: from, pdu: answer });
      return { unit, pdu, bytes: frame(unit, pdu), frame };
    });
  }
}

/** Unit before the PDU, CRC behind it. */
const UNIT = 1;
const CRC = 2;
const SHORTEST = UNIT + 1 + CRC;
const LONGEST_RTU = 256;

class RtuReader implements RequestReader {
  private bytes: Uint8Array = new Uint8Array(0);

  push(chunk: Uint8Array): readonly Incoming[] {
    this.bytes = Uint8Array.from(Buffer.concat([this.bytes, chunk]));
    const found: Incoming[] = [];
    // Noise may look like the beginning of a long request: a whole one behind it ends the waiting.
    for (let start = 0; start + SHORTEST <= this.bytes.length; start++) {
      const end = this.endOf(start);
      if (end === undefined) continue;
      const bytes = this.bytes.slice(start, end);
      found.push({ unit: bytes[0] ?? 0, pdu: bytes.slice(UNIT, -CRC), bytes, frame: rtuFrame });
      this.bytes = this.bytes.slice(end);
      start = -1;
    }
    this.bytes = this.bytes.slice(-LONGEST_RTU);
    return found;
  }

  /** Where the request that begins here ends; undefined: none does, or not all of it is there. */
  private endOf(start: number): number | undefined {
    const length = requestLength(this.bytes.subarray(start + UNIT));
    if (length === "later") return undefined;
    if (length !== undefined) {
      const end = start + UNIT + length + CRC;
      return end <= this.bytes.length && hasCrc(this.bytes, start, end) ? end : undefined;
    }
    const longest = Math.min(this.bytes.length, start + LONGEST_RTU);
    for (let end = longest; end >= start + SHORTEST; end--) if (hasCrc(this.bytes, start, end)) return end;
    return undefined;
  }
}

const COLON = 0x3a;
const LF = 0x0a;
const LONGEST_ASCII = 513;

class AsciiReader implements RequestReader {
  private bytes: Uint8Array = new Uint8Array(0);

  push(chunk: Uint8Array): readonly Incoming[] {
    this.bytes = Uint8Array.from(Buffer.concat([this.bytes, chunk]));
    const found: Incoming[] = [];
    for (let end = this.bytes.indexOf(LF) + 1; end > 0; end = this.bytes.indexOf(LF) + 1) {
      // §2.5.2.1: a colon begins a frame, whatever stands before it.
      const bytes = this.bytes.slice(Math.max(0, this.bytes.lastIndexOf(COLON, end - 1)), end);
      const frame = parseAscii(bytes);
      if (frame !== undefined) found.push({ ...frame, bytes, frame: asciiFrame });
      this.bytes = this.bytes.slice(end);
    }
    this.bytes = this.bytes.slice(-LONGEST_ASCII);
    return found;
  }
}
