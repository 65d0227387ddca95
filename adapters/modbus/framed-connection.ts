/** A connection over anything that carries bytes without message boundaries: a serial port, or a TCP stream to one. */
import { DeviceError, reasonOf } from "../../src/adapter.ts";
import type { AnswerReader } from "./answer-reader.ts";
import { responseTo } from "./codec.ts";
import type { Connection } from "./line.ts";
import { hexOf } from "./pdu.ts";

/** What carries the bytes; what it receives goes to `FramedConnection.receive`. */
export interface ByteStream {
  /** Rejects where the bytes cannot be sent. */
  write(bytes: Uint8Array): Promise<void>;
  /** Forgets what was received and not delivered yet. */
  flush(): Promise<void>;
  /** See Connection. */
  setSpeed?(baudRate: number | undefined): Promise<void>;
  readonly peer?: string | undefined;
  destroy(): void;
}

interface Awaited {
  readonly code: number;
  readonly resolve: (pdu: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/** Carries one request at a time: the next one gives up the one before. */
export class FramedConnection implements Connection {
  private readonly stream: ByteStream;
  private readonly reader: AnswerReader;
  private awaited: Awaited | undefined;

  readonly setSpeed?: (baudRate: number | undefined) => Promise<void>;

  constructor(stream: ByteStream, reader: AnswerReader) {
    this.stream = stream;
    if (stream.setSpeed !== undefined) this.setSpeed = stream.setSpeed;
    this.reader = reader;
    reader.stop();
  }

  get peer(): string | undefined {
    return this.stream.peer;
  }

  async transact(unit: number, pdu: Uint8Array): Promise<Uint8Array> {
    // The one before had no answer: it may lie in the system's buffer already.
    const late = this.awaited !== undefined;
    this.awaited = undefined;
    this.reader.stop();
    if (late) await this.stream.flush();
    return new Promise<Uint8Array>((resolve, reject) => {
      const awaited = { code: pdu[0] ?? 0, resolve, reject };
      this.awaited = awaited;
      this.stream.write(this.reader.expect(unit, pdu)).catch((error: unknown) => {
        if (this.awaited === awaited) this.awaited = undefined;
        reject(new DeviceError("unreachable", reasonOf(error), { cause: error }));
      });
    });
  }

  receive(chunk: Uint8Array): void {
    const pdu = this.reader.push(chunk);
    const { awaited } = this;
    if (pdu === undefined || awaited === undefined) return;
    this.awaited = undefined;
    try {
      awaited.resolve(responseTo(awaited.code, pdu));
    } catch (error) {
      awaited.reject(error);
    }
  }

  heard(): string | undefined {
    return this.awaited === undefined ? undefined : describe(this.reader);
  }

  destroy(): void {
    this.awaited = undefined;
    this.stream.destroy();
  }
}

const MOST_SHOWN = 16;

/** What came instead of an answer, for the person at the cabinet. */
function describe({ heard, heardEcho }: AnswerReader): string | undefined {
  if (heard.length === 0) return heardEcho ? "only the request itself was heard" : undefined;
  const shown = hexOf(heard.subarray(0, MOST_SHOWN));
  const more = heard.length > MOST_SHOWN ? " …" : "";
  return `${heard.length} bytes came that are no answer to it: ${shown}${more}; are speed and parity right, and is the address there once only?`;
}
