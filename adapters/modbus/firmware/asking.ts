/** What a transfer asks of its device: each request in its turn on the line, again where there is no answer. */
import {
  type Clock,
  DeviceError,
  type FirmwareCondition,
  FirmwareError,
  formatDuration,
  type Millis,
  reasonOf,
  SECOND,
} from "../../../src/adapter.ts";
import { orAborted, until } from "../../wires/deadline.ts";
import { wireAddress } from "../address.ts";
import { ModbusException } from "../errors.ts";
import type { Line, Unit } from "../line.ts";
import type { Request } from "../pdu.ts";
import type { ModbusDevice } from "../points.ts";
import type { ModbusTransferOptions, ReadPlace, StatusKeys } from "./keys.ts";
import { type NumberShape, numberBytes, numberOf, registerCount } from "./numbers.ts";

/** Exceptions by which a device asks for time: 5, acknowledge; 6, busy. */
const BUSY: readonly number[] = [5, 6];
const BUSY_POLL: Millis = 200;
const BUSY_TIMEOUT: Millis = 30 * SECOND;
/** A line that is down answers at once that it is. */
const PAUSE: Millis = 500;

export interface AskingTerms {
  readonly line: Line;
  readonly device: ModbusDevice;
  readonly options: ModbusTransferOptions;
  readonly clock: Clock;
}

export class Asking {
  private readonly terms: AskingTerms;
  private readonly unit: Unit;

  constructor(terms: AskingTerms) {
    this.terms = terms;
    const { device, options } = terms;
    this.unit = {
      unit: options.unit ?? device.unit_id,
      timeout: options.ackTimeout ?? device.timeout,
      baudRate: options.baudRate,
    };
  }

  /** `once`: it may have been done though there was no answer. Rejects with DeviceError, or with the signal's reason. */
  async ask(request: Request, signal: AbortSignal, { once = false } = {}): Promise<Uint8Array> {
    const { line, clock, options } = this.terms;
    const busyEnd = clock.monotonic() + (options.status?.timeout ?? BUSY_TIMEOUT);
    for (let tries = 0; ; ) {
      signal.throwIfAborted();
      try {
        // In turn with all others: between two writes of an image somebody else may be asked.
        return await orAborted(
          line.use("read", this.unit, (exchange) => exchange(request)),
          signal,
        );
      } catch (error) {
        if (signal.aborted || !(error instanceof DeviceError)) throw error;
        const busy = error instanceof ModbusException && BUSY.includes(error.code);
        if (busy && clock.monotonic() >= busyEnd) throw new FirmwareError("busy", error.message, { cause: error });
        if (!busy && (error.kind === "rejected" || once || tries++ >= options.retries)) throw this.explained(error);
        await this.pause(busy ? (options.status?.poll ?? BUSY_POLL) : PAUSE, signal);
      }
    }
  }

  /** The number at that place now. */
  async number(place: ReadPlace, signal: AbortSignal): Promise<number> {
    const address = this.address(place.table, place.address);
    return numberOf(
      await this.ask({ kind: "read", table: place.table, address, count: registerCount(place) }, signal),
      place,
    );
  }

  async write(place: NumberShape & { readonly holding: number }, value: number, signal: AbortSignal): Promise<void> {
    await this.ask(this.writing(place.holding, numberBytes(value, place)), signal);
  }

  /** `holding` as written. */
  writing(holding: number, bytes: Uint8Array): Request {
    const address = this.address("holding", holding);
    const { quirks } = this.terms.device;
    const echo = quirks.includes("loose-echo") ? ({ echo: "any" } as const) : {};
    if (bytes.length > 2 || quirks.includes("write-multiple-only")) {
      return { kind: "writeRegisters", address, bytes, ...echo };
    }
    return { kind: "writeRegister", address, bytes, ...echo };
  }

  /** Until the device can go on. Rejects with FirmwareError where it says what is wrong. */
  async ready(status: StatusKeys, signal: AbortSignal): Promise<void> {
    const { clock } = this.terms;
    const end = clock.monotonic() + status.timeout;
    for (;;) {
      const found = await this.number(status, signal);
      if (status.ready.includes(found)) return;
      const condition = status.errors.get(found);
      if (condition !== undefined) throw new FirmwareError(condition, `the device says status ${found}: ${condition}`);
      if (status.busy !== undefined && !status.busy.includes(found)) {
        throw new DeviceError("rejected", `the device says status ${found}, which the mapping does not know`);
      }
      if (clock.monotonic() >= end) {
        const within = formatDuration(status.timeout);
        throw new DeviceError("unreachable", `the device is not ready within ${within}: its status is ${found}`);
      }
      await this.pause(status.poll, signal);
    }
  }

  address(table: "holding" | "input", written: number): number {
    try {
      return wireAddress(table, written, this.terms.device.addressing);
    } catch (error) {
      throw new DeviceError("rejected", `${table}: ${reasonOf(error)}`, { cause: error });
    }
  }

  private explained(error: DeviceError): DeviceError {
    const condition: FirmwareCondition | undefined =
      error instanceof ModbusException ? this.terms.options.exceptions.get(error.code) : undefined;
    return condition === undefined ? error : new FirmwareError(condition, error.message, { cause: error });
  }

  private pause(span: Millis, signal: AbortSignal): Promise<void> {
    const { clock } = this.terms;
    return until(clock.monotonic() + span, clock, signal);
  }
}
