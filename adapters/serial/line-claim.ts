/** The line, while one has it for itself. */
import { type AdapterContext, type Clock, DeviceError, type Millis } from "../../src/adapter.ts";
import type { ClaimedWire, ClaimListener, ClaimTerms } from "../wires/claimed-wire.ts";
import { characterTime } from "../wires/serial-settings.ts";
import type { SerialOptions } from "./options.ts";
import type { ByteStream } from "./stream.ts";

/** What of its line a claim needs. */
export interface ClaimedLine {
  readonly options: SerialOptions;
  /** Throws the DeviceError that says why there is none. */
  stream(): ByteStream;
  send(bytes: Uint8Array): Promise<void>;
  /** What came since the last request; once. */
  before(): Uint8Array;
  release(claim: LineClaim): void;
}

export class LineClaim implements ClaimedWire {
  private readonly terms: ClaimTerms;
  private readonly listener: ClaimListener;
  private readonly line: ClaimedLine;
  private begun: Millis | undefined;
  private isOver = false;

  constructor(terms: ClaimTerms, listener: ClaimListener, line: ClaimedLine) {
    this.terms = terms;
    this.listener = listener;
    this.line = line;
  }

  /** Since when the line is silent but for this; undefined: somebody had not finished yet. */
  get since(): Millis | undefined {
    return this.begun;
  }

  /** What others get meanwhile. */
  refusal(kind: "unreachable" | "rejected" = "unreachable"): DeviceError {
    return new DeviceError(kind, `the line is taken: ${this.terms.reason}`);
  }

  /** Nobody else speaks any more. */
  async begin({ clock }: { readonly clock: Clock }): Promise<void> {
    await this.setSpeed(this.terms.baudRate);
    this.begun = clock.monotonic();
  }

  push(bytes: Uint8Array): void {
    this.listener.push(bytes);
  }

  /** The port was opened anew, with the speed that the link has. */
  async opened({ log }: Pick<AdapterContext, "log">): Promise<void> {
    try {
      await this.setSpeed(this.terms.baudRate);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      log.debug({ err: error }, "the speed of the line was not set again");
    }
    if (!this.isOver && this.begun !== undefined) this.listener.opened();
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.isOver) throw new DeviceError("unreachable", "the line was given back");
    await this.line.send(bytes);
  }

  before(): Uint8Array {
    return this.line.before();
  }

  time(bytes: number): Millis {
    const { options } = this.line;
    if (options.transport !== "port") return 0;
    const { line } = options;
    return bytes * characterTime({ ...line, baudRate: this.terms.baudRate ?? line.baudRate });
  }

  release(): void {
    if (this.isOver) return;
    this.isOver = true;
    const { options } = this.line;
    if (options.transport === "port" && this.terms.baudRate !== undefined && this.begun !== undefined) {
      // A port that is away is opened with that speed anyhow; one that cannot be set back will be found silent, and opened anew.
      this.setSpeed(options.line.baudRate).catch(() => {});
    }
    this.line.release(this);
  }

  private async setSpeed(baudRate: number | undefined): Promise<void> {
    if (baudRate === undefined) return;
    const stream = this.line.stream();
    if (stream.setSpeed === undefined)
      throw new DeviceError("rejected", "baud_rate is for serial ports: the serial server has the speed of its line");
    await stream.setSpeed(baudRate);
  }
}
