/** SMP over a serial line: between the lines of its console, or raw. */
import type { Millis } from "../../../src/adapter.ts";
import type { ClaimableWire, ClaimedWire, ClaimListener, ClaimTerms } from "../../wires/claimed-wire.ts";
import { CONSOLE_OVERHEAD, ConsoleReader, consoleLength, encodeConsole } from "./console-framing.ts";
import { PacketReader } from "./packet-reader.ts";
import { LONGEST_ANSWER, type PacketChannel, type PacketPipe } from "./pipe.ts";

/** How packets are told from what else is on the line. */
export type SerialFraming = "console" | "raw";

export interface SerialPipeTerms {
  readonly framing: SerialFraming;
  readonly baudRate?: number | undefined;
}

/** Every device has a buffer for so much: Zephyr's usual one has 384 bytes, that of MCUboot more. */
const CERTAIN = 256;
const NEW_LINE = Buffer.from("\n");

interface Framing {
  readonly reader: Pick<ConsoleReader, "push" | "reset">;
  readonly overhead: number;
  encode(packet: Uint8Array): Uint8Array;
  /** Of a packet, on the wire. */
  length(packet: number): number;
  /** What ends whatever was sent before, in a process before this one too. */
  readonly beginning?: Uint8Array;
}

export class SerialPipe implements PacketPipe {
  private readonly line: ClaimableWire;
  private readonly terms: SerialPipeTerms;
  private readonly framing: Framing;
  private readonly life = new AbortController();
  private wire: ClaimedWire | undefined;

  constructor(line: ClaimableWire, terms: SerialPipeTerms) {
    this.line = line;
    this.terms = terms;
    this.framing = framingOf(terms.framing);
  }

  async open(hears: (packet: Uint8Array) => void): Promise<PacketChannel> {
    const { reader, overhead } = this.framing;
    const wire = this.wire ?? (await this.line.claim(this.claimTerms(), this.listener(hears)));
    this.wire = wire;
    if (this.life.signal.aborted) wire.release();
    else await this.begin();
    return {
      ...{ signal: this.life.signal, certain: CERTAIN, overhead },
      time: (bytes): Millis => wire.time(this.framing.length(bytes)),
      send: (packet) => wire.send(this.framing.encode(packet)),
      reset: () => reader.reset(),
    };
  }

  close(): void {
    this.life.abort();
    this.wire?.release();
  }

  private claimTerms(): ClaimTerms {
    return { reason: "an image is on its way over it", baudRate: this.terms.baudRate };
  }

  private listener(hears: (packet: Uint8Array) => void): ClaimListener {
    const { reader } = this.framing;
    return {
      push: (bytes) => {
        for (const packet of reader.push(bytes)) hears(packet);
      },
      opened: () => {
        reader.reset();
        // A port that is gone again is noticed by who sends next.
        this.begin().catch(() => {});
      },
    };
  }

  private async begin(): Promise<void> {
    if (this.framing.beginning !== undefined) await this.wire?.send(this.framing.beginning);
  }
}

function framingOf(framing: SerialFraming): Framing {
  switch (framing) {
    case "console":
      return {
        reader: new ConsoleReader(LONGEST_ANSWER),
        overhead: CONSOLE_OVERHEAD,
        encode: encodeConsole,
        length: consoleLength,
        beginning: NEW_LINE,
      };
    case "raw":
      return {
        reader: new PacketReader(LONGEST_ANSWER),
        overhead: 0,
        encode: (packet) => packet,
        length: (packet) => packet,
      };
  }
}
