/** Requests over MBAP, each matched with its answer by number. Messaging on TCP/IP Implementation Guide V1.0b §4.4.2. */
import { DeviceError } from "../../src/adapter.ts";
import { responseTo } from "./codec.ts";
import { type Frame, frameOf } from "./mbap.ts";

interface Awaited {
  readonly transaction: number;
  readonly unit: number;
  readonly code: number;
  readonly resolve: (pdu: Uint8Array) => void;
  readonly reject: (error: DeviceError) => void;
}

/** One request at a time: the next one gives up the one before. */
export class Transactions {
  private readonly send: (frame: Uint8Array) => void;
  private number = 0;
  private awaited: Awaited | undefined;

  constructor(send: (frame: Uint8Array) => void) {
    this.send = send;
  }

  /** The response PDU. Rejects with ModbusException, or DeviceError `malformed`; never settles where no answer comes. */
  transact(unit: number, pdu: Uint8Array): Promise<Uint8Array> {
    this.number = (this.number + 1) & 0xffff;
    const transaction = this.number;
    return new Promise<Uint8Array>((resolve, reject) => {
      this.awaited = { transaction, unit, code: pdu[0] ?? 0, resolve, reject };
      this.send(frameOf({ transaction, unit, pdu }));
    });
  }

  /** A frame came; one of another number is late. */
  receive({ transaction, unit, pdu }: Frame): void {
    const { awaited } = this;
    if (transaction !== awaited?.transaction) return;
    this.awaited = undefined;
    try {
      if (unit !== awaited.unit) throw new DeviceError("malformed", `unit ${unit} answered`);
      awaited.resolve(responseTo(awaited.code, pdu));
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      awaited.reject(error);
    }
  }
}
