/** Requests of SMP to one device, and their answers, known by their sequence numbers. */
import {
  type Clock,
  DeviceError,
  FirmwareError,
  formatDuration,
  type Logger,
  type Millis,
  type Random,
  randomFraction,
} from "../../../src/adapter.ts";
import { orAborted, until, withDeadline } from "../../wires/deadline.ts";
import { decodeMap, type SmpMap } from "./cbor.ts";
import { encodePacket, HEADER, OP, readHeader } from "./packet.ts";
import type { PacketChannel, PacketPipe } from "./pipe.ts";
import { isWrongVersion, refusalIn, refused } from "./refusals.ts";

export interface SmpRequest {
  /** For people: "image list". */
  readonly name: string;
  readonly op: "read" | "write";
  readonly group: number;
  readonly command: number;
  readonly body: SmpMap;
}

export interface ClientTerms {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  /** How long an answer may take. */
  readonly timeout: Millis;
  /** How often what was not answered is asked again. */
  readonly retries: number;
}

interface Waiting {
  readonly request: SmpRequest;
  settle(body: SmpMap): void;
  fail(error: DeviceError): void;
}

const SEQUENCES = 256;

export class SmpClient {
  private readonly pipe: PacketPipe;
  private readonly terms: ClientTerms;
  private readonly waiting = new Map<number, Waiting>();
  private readonly life = new AbortController();
  private opening: Promise<PacketChannel> | undefined;
  private sequence: number;
  /** 1 is the second: devices that know only the first take no notice, or say so. */
  private version = 1;

  constructor(pipe: PacketPipe, terms: ClientTerms) {
    this.pipe = pipe;
    this.terms = terms;
    // Answers to whoever asked before us may be under way.
    this.sequence = Math.floor(randomFraction(terms.random) * SEQUENCES);
  }

  /**
   * Asked again where nobody answers. Rejects with DeviceError, with that of the signal where it is aborted, and at once where there is
   * no way to the device.
   */
  async request(
    request: SmpRequest,
    { signal, retries = this.terms.retries }: { readonly signal: AbortSignal; readonly retries?: number },
  ): Promise<SmpMap> {
    const { clock, timeout } = this.terms;
    for (let left = retries; ; left--) {
      await this.connected(signal);
      const started = clock.monotonic();
      try {
        return await this.exchange(request, { timeout, signal });
      } catch (error) {
        if (signal.aborted || left <= 0 || !isPassing(error)) throw error;
        // A line that is away says so at once.
        await until(started + timeout, clock, signal);
      }
    }
  }

  /** What packets go over; a connection that was lost just now is made once more. */
  async connected(signal: AbortSignal): Promise<PacketChannel> {
    const { clock, timeout } = this.terms;
    const started = clock.monotonic();
    try {
      return await orAborted(this.channel(), signal);
    } catch (error) {
      if (signal.aborted || this.life.signal.aborted || !isPassing(error)) throw error;
      await until(started + timeout, clock, signal);
      return await orAborted(this.channel(), signal);
    }
  }

  /** Once. Rejects with DeviceError: `unreachable` where nobody answers, or what the device says is wrong. */
  async exchange(
    request: SmpRequest,
    { timeout, signal }: { readonly timeout: Millis; readonly signal: AbortSignal },
  ): Promise<SmpMap> {
    signal.throwIfAborted();
    const channel = await orAborted(this.channel(), signal);
    const { version } = this;
    const body = await this.answered(request, channel, { timeout, signal });
    const refusal = refusalIn(body);
    if (refusal === undefined) return body;
    if (!isWrongVersion(refusal) || version === 0) throw refused(refusal, request);
    this.version = 0;
    return this.exchange(request, { timeout, signal });
  }

  /** What waits fails. */
  close(): void {
    this.life.abort(new DeviceError("unreachable", "the transfer is over"));
    this.pipe.close();
  }

  private async channel(): Promise<PacketChannel> {
    this.life.signal.throwIfAborted();
    const opening = this.opening ?? this.pipe.open((packet) => this.hear(packet));
    this.opening = opening;
    try {
      const channel = await orAborted(opening, this.life.signal);
      if (!channel.signal.aborted) return channel;
    } catch (error) {
      if (this.opening === opening) this.opening = undefined;
      throw error;
    }
    if (this.opening === opening) this.opening = undefined;
    return this.channel();
  }

  private async answered(
    request: SmpRequest,
    channel: PacketChannel,
    { timeout, signal }: { readonly timeout: Millis; readonly signal: AbortSignal },
  ): Promise<SmpMap> {
    const { clock } = this.terms;
    const { name, group, command, body } = request;
    const { version } = this;
    const sequence = this.next();
    const packet = encodePacket({ op: OP[request.op], version, group, sequence, command, body });
    const answer = new Promise<SmpMap>((settle, fail) => this.waiting.set(sequence, { request, settle, fail }));
    // It may come while the request is still being sent.
    answer.catch(() => {});
    const late = (): DeviceError => {
      channel.reset();
      return new DeviceError("unreachable", `${name}: no answer within ${formatDuration(timeout)}`);
    };
    const sent = channel.send(packet).then(() => answer);
    const inTime = withDeadline(sent, { clock, span: timeout + Math.ceil(channel.time(packet.length)), late });
    try {
      return await orAborted(inTime, channel.signal, this.life.signal, signal);
    } finally {
      this.waiting.delete(sequence);
    }
  }

  private next(): number {
    do this.sequence = (this.sequence + 1) % SEQUENCES;
    while (this.waiting.has(this.sequence));
    return this.sequence;
  }

  private hear(packet: Uint8Array): void {
    const header = readHeader(packet);
    const waiting = header === undefined ? undefined : this.waiting.get(header.sequence);
    if (header === undefined || waiting === undefined || !isAnswerTo(header, waiting.request)) {
      this.terms.log.debug({ bytes: packet.length }, "a packet of SMP that nobody waits for");
      return;
    }
    try {
      waiting.settle(decodeMap(packet.subarray(HEADER)));
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      waiting.fail(error);
    }
  }
}

/** Whether it may go better the next time. */
export function isPassing(error: unknown): boolean {
  if (error instanceof FirmwareError) return error.condition === "busy";
  return error instanceof DeviceError && error.kind !== "rejected";
}

function isAnswerTo(
  header: { readonly op: number; readonly group: number; readonly command: number },
  { op, group, command }: SmpRequest,
): boolean {
  return header.op === OP[op] + 1 && header.group === group && header.command === command;
}
