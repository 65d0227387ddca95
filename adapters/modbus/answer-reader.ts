/**
 * Finds the answer to one request in what a line delivers. Frames end by their length and checksum, never by silence: an
 * event loop and a USB adapter both hold bytes back for longer than 3.5 characters.
 */
import type { Found, Framing, Wanted } from "./framing.ts";

/** Whether the adapter hears what it sends; `auto`: find out from the requests that cannot be their own answer. */
export type EchoSetting = boolean | "auto";

/** Somebody who never stops talking fills no memory: so many of the longest frames. */
const MOST_FRAMES = 8;

export class AnswerReader {
  private readonly framing: Framing;
  private readonly echo: EchoSetting;
  private learned: boolean | undefined;
  private wanted: Wanted | undefined;
  private sent: Uint8Array = new Uint8Array(0);
  /** What came since the request went out. */
  private bytes: Uint8Array = new Uint8Array(0);

  constructor(framing: Framing, echo: EchoSetting) {
    this.framing = framing;
    this.echo = echo;
  }

  /** Begins to look for the answer to this request; returns its frame, for the wire. What came before is dropped. */
  expect(unit: number, request: Uint8Array): Uint8Array {
    this.stop();
    this.wanted = { unit, request };
    this.sent = this.framing.frame(unit, request);
    return this.sent;
  }

  /** Nothing is expected any more: what comes is dropped. */
  stop(): void {
    this.wanted = undefined;
    this.bytes = new Uint8Array(0);
  }

  /** The answer's PDU once it is complete; it may be an exception. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    const { wanted } = this;
    if (wanted === undefined) return undefined;
    this.bytes = Uint8Array.from(Buffer.concat([this.bytes, chunk]).subarray(-MOST_FRAMES * this.framing.longest));
    const found = this.find(wanted);
    if (found === undefined) return undefined;
    this.stop();
    return found.pdu;
  }

  /** Whether the adapter hears itself, as far as that is known. */
  get echoes(): boolean | undefined {
    return this.echo === "auto" ? this.learned : this.echo;
  }

  /** What came for this request so far and is no answer to it: without the request itself, where that was heard back. */
  get heard(): Uint8Array {
    return this.bytes.slice(this.echoEnd ?? 0);
  }

  /** Whether the request itself was heard back. */
  get heardEcho(): boolean {
    return this.echoEnd !== undefined;
  }

  private find(wanted: Wanted): Found | undefined {
    const end = this.echoEnd;
    // FC 5 and 6 are answered by the request itself: taken for an answer, the echo would confirm what nobody heard.
    const isOwnAnswer = this.framing.find(this.sent, 0, wanted) !== undefined;
    if (isOwnAnswer) {
      if (this.echoes !== true) return this.framing.find(this.bytes, 0, wanted);
      return end === undefined ? undefined : this.framing.find(this.bytes, end, wanted);
    }
    const found = this.framing.find(this.bytes, end ?? 0, wanted);
    if (found !== undefined) this.learned = end !== undefined;
    return found;
  }

  /** Where the request ends that was heard back. */
  private get echoEnd(): number | undefined {
    if (this.echo === false) return undefined;
    const at = Buffer.from(this.bytes.buffer, 0, this.bytes.length).indexOf(this.sent);
    return at < 0 ? undefined : at + this.sent.length;
  }
}
