/** What goes wrong between a simulated device and the wire. Pure: chance and time are handed in. */
import { type Clock, type Millis, type Random, randomFraction } from "../../../src/adapter.ts";
import type { Fault } from "./fault-list.ts";
import type { Incoming, SlaveFraming } from "./request-reader.ts";

/** Bytes for the wire, so long after the request. */
export interface Sending {
  readonly after: Millis;
  readonly bytes: Uint8Array;
}

/** Exceptions of a device say that it is the server's own fault (§7). */
const EXCEPTION = 0x80;
const MOST_NOISE = 8;

export class Faults {
  private readonly faults: readonly Fault[];
  private readonly framing: SlaveFraming;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly started: Millis;

  constructor(
    faults: readonly Fault[],
    framing: SlaveFraming,
    { clock, random }: { readonly clock: Clock; readonly random: Random },
  ) {
    this.faults = faults;
    this.framing = framing;
    this.clock = clock;
    this.random = random;
    this.started = clock.monotonic();
  }

  /** `answer`: the response PDU; undefined: nobody answers. In the order in which the bytes go out. */
  sendings(request: Incoming, answer: Uint8Array | undefined): readonly Sending[] {
    const happens = this.faults.filter((fault) => this.happens(fault));
    // The adapter hears itself whether or not anybody answers.
    const before: Uint8Array[] = happens.some(({ kind }) => kind === "echo") ? [request.bytes] : [];
    if (answer === undefined || happens.some(({ kind }) => kind === "silent" || kind === "dead")) {
      return before.map(now);
    }
    let pdu = answer;
    let delay: Millis = 0;
    for (const fault of happens) {
      if (fault.kind === "exception") pdu = Uint8Array.of((request.pdu[0] ?? 0) | EXCEPTION, fault.code);
      if (fault.kind === "late") delay = Math.max(delay, fault.delay);
      if (fault.kind === "foreign") before.push(request.frame((request.unit % 247) + 1, answer));
      if (fault.kind === "noise") before.push(this.random(1 + Math.floor(randomFraction(this.random) * MOST_NOISE)));
    }
    return [...before.map(now), { after: delay, bytes: this.damaged(request.frame(request.unit, pdu), happens) }];
  }

  private happens(fault: Fault): boolean {
    if (fault.kind !== "dead") return fault.chance >= 1 || randomFraction(this.random) < fault.chance;
    const { span } = fault;
    // It lives first, as long as it is dead then.
    return Math.floor((this.clock.monotonic() - this.started) / span) % 2 === 1;
  }

  private damaged(frame: Uint8Array, happens: readonly Fault[]): Uint8Array {
    const spoiled = happens.some(({ kind }) => kind === "crc") ? this.spoiled(frame) : frame;
    if (!happens.some(({ kind }) => kind === "short")) return spoiled;
    return spoiled.slice(0, 1 + Math.floor(randomFraction(this.random) * (frame.length - 1)));
  }

  /** The same frame with a wrong checksum: the last byte of RTU, the last digit before CR LF of ASCII. */
  private spoiled(frame: Uint8Array): Uint8Array {
    const at = this.framing === "ascii" ? frame.length - 3 : frame.length - 1;
    const digit = frame[at] === 0x30 ? 0x31 : 0x30;
    return frame.with(at, this.framing === "ascii" ? digit : (frame[at] ?? 0) ^ 0xff);
  }
}

function now(bytes: Uint8Array): Sending {
  return { after: 0, bytes };
}
