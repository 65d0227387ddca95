/**
 * The Attribute Protocol as a client (Core Specification, Vol. 3, Part F). noble has one, which hides errors, never settles what was
 * refused, waits for ever for what was lost, and knows characteristics by their UUIDs alone, of which there may be two.
 */
import { DeviceError } from "../../../../../src/adapter.ts";
import { ATT, DEFAULT_MTU } from "../../../emulator/att-codes.ts";
import { RadioError } from "../../radio-error.ts";

/** What carries it. */
export interface AttChannel {
  send(pdu: Uint8Array): void;
  /** Pairs and encrypts. Rejects with a RadioError where that fails. */
  encrypt(): Promise<void>;
}

/** The peripheral answered with an error. */
export class AttRefusal extends DeviceError {
  readonly code: number;

  constructor(code: number) {
    super("rejected", `refused: ${ERRORS[code] ?? "error"} (0x${code.toString(16).padStart(2, "0")})`);
    this.name = "AttRefusal";
    this.code = code;
  }
}

/** Vol. 3, Part F, 3.4.1.1; from 0xfc on the Supplement, Part B. */
const ERRORS: Readonly<Record<number, string>> = {
  1: "Invalid Handle",
  2: "Read Not Permitted",
  3: "Write Not Permitted",
  4: "Invalid PDU",
  6: "Request Not Supported",
  7: "Invalid Offset",
  9: "Prepare Queue Full",
  10: "Attribute Not Found",
  11: "Attribute Not Long",
  13: "Invalid Attribute Value Length",
  14: "Unlikely Error",
  16: "Unsupported Group Type",
  17: "Insufficient Resources",
  19: "Value Not Allowed",
  252: "Write Request Rejected",
  253: "Client Characteristic Configuration Descriptor Improperly Configured",
  254: "Procedure Already in Progress",
  255: "Out of Range",
};
/** Insufficient authentication, authorization, key size, encryption: a key is missing, or is not good enough. */
const WANTS_A_KEY: ReadonlySet<number> = new Set([0x05, 0x08, 0x0c, 0x0f]);
/** Those that go away with a key that anybody gets. */
const WANTS_ANY_KEY: ReadonlySet<number> = new Set([0x05, 0x0f]);
const REQUEST_NOT_SUPPORTED = 6;
/** Bit 6 of an opcode: a command, which nobody answers. */
const COMMAND = 0x40;
const ERROR_LENGTH = 5;

interface Waiting {
  readonly opcode: number;
  resolve(answer: Buffer): void;
  reject(error: Error): void;
}

export class AttClient {
  mtu = DEFAULT_MTU;
  private readonly channel: AttChannel;
  private readonly onValue: (handle: number, value: Uint8Array) => void;
  private waiting: Waiting | undefined;
  private encrypted = false;

  /** `onValue`: a notification or an indication. */
  constructor(channel: AttChannel, onValue: (handle: number, value: Uint8Array) => void) {
    this.channel = channel;
    this.onValue = onValue;
  }

  /** One at a time. Resolves with the answer, opcode first; rejects with AttRefusal, or RadioError where a key is missing. */
  async request(pdu: readonly number[] | Uint8Array): Promise<Buffer> {
    try {
      return await this.exchange(Uint8Array.from(pdu));
    } catch (error) {
      if (!(error instanceof AttRefusal) || !WANTS_A_KEY.has(error.code)) throw error;
      if (this.encrypted || !WANTS_ANY_KEY.has(error.code)) {
        throw new RadioError(
          "pairing",
          "the peripheral wants a key that it has agreed upon with somebody; pair with it in BlueZ",
        );
      }
    }
    await this.channel.encrypt();
    this.encrypted = true;
    return this.request(pdu);
  }

  /** What nobody answers. */
  command(pdu: Uint8Array): void {
    this.channel.send(pdu);
  }

  /** A packet came. Never throws. */
  take(pdu: Buffer): void {
    const opcode = pdu[0];
    if (opcode === undefined) return;
    if (opcode === ATT.notification || opcode === ATT.indication) this.takeValue(opcode, pdu);
    // What asks is even: peripherals may be clients, too. Of ours there is nothing to have.
    else if (opcode === ATT.mtuRequest)
      this.channel.send(Uint8Array.of(ATT.mtuResponse, this.mtu & 0xff, this.mtu >> 8));
    else if (opcode % 2 === 0) this.refuse(opcode);
    else this.answer(opcode, pdu);
  }

  private exchange(pdu: Uint8Array): Promise<Buffer> {
    if (this.waiting !== undefined) throw new Error("two requests at once");
    return new Promise<Buffer>((resolve, reject) => {
      this.waiting = { opcode: pdu[0] ?? 0, resolve, reject };
      this.channel.send(pdu);
    });
  }

  private answer(opcode: number, pdu: Buffer): void {
    const { waiting } = this;
    if (waiting === undefined) return;
    const isError = opcode === ATT.error && pdu.length >= ERROR_LENGTH && pdu[1] === waiting.opcode;
    // Anything else is the answer to what was never asked.
    if (!isError && opcode !== waiting.opcode + 1) return;
    this.waiting = undefined;
    if (isError) waiting.reject(new AttRefusal(pdu[4] ?? 0));
    else waiting.resolve(pdu);
  }

  private takeValue(opcode: number, pdu: Buffer): void {
    // 3.4.7.3: whatever we make of it, it must be confirmed.
    if (opcode === ATT.indication) this.channel.send(Uint8Array.of(ATT.confirmation));
    if (pdu.length >= 3) this.onValue(pdu.readUInt16LE(1), Uint8Array.from(pdu.subarray(3)));
  }

  private refuse(opcode: number): void {
    if ((opcode & COMMAND) !== 0 || opcode === ATT.confirmation) return;
    this.channel.send(Uint8Array.of(ATT.error, opcode, 0, 0, REQUEST_NOT_SUPPORTED));
  }
}
