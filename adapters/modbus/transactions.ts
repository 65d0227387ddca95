/** Raw requests over MBAP, each matched with its answer by number. Messaging on TCP/IP Implementation Guide V1.0b §4.4.2. */
import { DeviceError } from "../../src/adapter.ts";
import { responseTo } from "./codec.ts";
import { type Frame, frameOf } from "./mbap.ts";

/** The library numbers its own requests from 0 to 255; ours are never mixed up with those. */
const FIRST = 0x8000;
const LAST = 0xffff;

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
  private number = FIRST;
  private awaited: Awaited | undefined;

  constructor(send: (frame: Uint8Array) => void) {
    this.send = send;
  }

  /** The response PDU. Rejects with ModbusException, or DeviceError `malformed`; never settles where no answer comes. */
  transact(unit: number, pdu: Uint8Array): Promise<Uint8Array> {
    const transaction = this.number;
    this.number = transaction === LAST ? FIRST : transaction + 1;
    return new Promise<Uint8Array>((resolve, reject) => {
      this.awaited = { transaction, unit, code: pdu[0] ?? 0, resolve, reject };
      this.send(frameOf({ transaction, unit, pdu }));
    });
  }

  /** A frame came; one of another number is late, or the library's. */
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
