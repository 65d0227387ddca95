/** The UART service of one device, as a line on which it alone is: bytes are written to one characteristic, and come by another. */
import { type Clock, DeviceError, type Logger, type Millis } from "../../../src/adapter.ts";
import { exchanged, type Hearer, type Question, type SpokenLine } from "../../spoken/stream/line.ts";
import type { Message } from "../../spoken/stream/messages.ts";
import type { Urgency } from "../../wires/bus.ts";
import { orAborted, until } from "../../wires/deadline.ts";
import type { Peripheral, Session } from "../central/session-types.ts";
import type { UartSpec } from "./uart-section.ts";

/** ATT: what a write has beside the bytes. Core Specification, Vol. 3, Part F, 3.4.5. */
const WRITE_OVERHEAD = 3;

export class UartLine implements SpokenLine {
  private readonly session: Pick<Session, "use">;
  private readonly uart: UartSpec;
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly hearers = new Set<Hearer>();
  /** Why nothing can be heard; undefined: it can. */
  private deaf: string | undefined;
  /** Until then a late answer may come, which would be taken for the next one. */
  private quietUntil: Millis = Number.NEGATIVE_INFINITY;

  /** `session`: subscribed to `uart.notify`, and what that says is handed to `receive`. */
  constructor(
    session: Pick<Session, "use">,
    uart: UartSpec,
    { clock, log }: { readonly clock: Clock; readonly log: Logger },
  ) {
    this.session = session;
    this.uart = uart;
    this.clock = clock;
    this.log = log;
  }

  hear(hearer: Hearer): () => void {
    this.hearers.add(hearer);
    return () => this.hearers.delete(hearer);
  }

  /** Whether the device is there, and that it spoke, whoever has the session knows first, and says. */
  listen(): () => void {
    return () => {};
  }

  spoke(): void {}

  ask<Answer = Message>(urgency: Urgency, question: Question<Answer>): Promise<Answer | undefined> {
    return this.session.use(urgency, (peripheral) => this.exchange(peripheral, question));
  }

  /** A connection begins: what comes may be the rest of something. */
  connected(): void {
    this.deaf = undefined;
    this.quietUntil = Number.NEGATIVE_INFINITY;
    for (const hearer of this.hearers) hearer.opened();
  }

  /** The device has said something. */
  receive(bytes: Uint8Array): void {
    for (const hearer of this.hearers) hearer.push(bytes);
  }

  /** What the device says could not be subscribed to. */
  refused(reason: string): void {
    this.deaf = reason;
  }

  private async exchange<Answer>(peripheral: Peripheral, question: Question<Answer>): Promise<Answer | undefined> {
    const { clock } = this;
    const { signal } = peripheral;
    if (this.deaf !== undefined && question.expect !== undefined)
      throw new DeviceError("rejected", `${question.name}: nothing of the UART can be heard: ${this.deaf}`);
    if (this.quietUntil > clock.monotonic()) await until(this.quietUntil, clock, signal);
    const started = clock.monotonic();
    const awaited = question.expect?.();
    try {
      const { timeout } = question;
      return await orAborted(
        exchanged(() => this.send(peripheral, question), awaited, { timeout, clock }),
        signal,
      );
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      if (error.kind !== "rejected") this.quietUntil = clock.monotonic() + question.timeout;
      throw new DeviceError(error.kind, `${question.name}: ${error.message}`, { cause: error });
    } finally {
      awaited?.forget();
      this.log.debug({ request: question.name, took: clock.monotonic() - started }, "exchange");
    }
  }

  /** In pieces that one packet takes: a UART knows no others. */
  private async send(peripheral: Peripheral, { bytes, timeout }: Question<unknown>): Promise<void> {
    const { write } = this.uart;
    const response = !peripheral.find(write).properties.has("write-without-response");
    const most = Math.max(1, peripheral.mtu - WRITE_OVERHEAD);
    for (let at = 0; at < bytes.length; at += most)
      await peripheral.write(write, bytes.subarray(at, at + most), { response, timeout });
  }
}
