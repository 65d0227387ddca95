/** One connection of a controller: its channels, and its end. */
import AclStream from "@stoprocent/noble/lib/hci-socket/acl-stream.js";
import type Hci from "@stoprocent/noble/lib/hci-socket/hci.js";
import { DeviceError, type Millis, reasonOf } from "../../../../../src/adapter.ts";
import type { AddressType } from "../../radio.ts";
import { RadioError } from "../../radio-error.ts";
import type { AttChannel } from "./att-client.ts";
import { answerSignal, SIGNALING_CHANNEL } from "./signaling.ts";
import { statusText } from "./status.ts";

/** Core Specification, Vol. 3, Part A, 2.1. */
const ATT_CHANNEL = 4;
const SECURITY_CHANNEL = 6;

export interface LinkEnd {
  readonly handle: number;
  readonly address: string;
  readonly addressType: AddressType;
}

export class HciLink implements AttChannel {
  readonly address: string;
  readonly handle: number;
  /** Aborted with a DeviceError when it is over. */
  readonly lost: AbortSignal;
  /** A packet of ATT came. */
  onAtt: (pdu: Buffer) => void = () => {};
  private readonly hci: Hci;
  /** The shortest supervision timeout that a peripheral may have: less, and a moment's noise ends the connection. */
  private readonly supervision: Millis;
  /** noble's way to pair: "Just Works" of LE Legacy Pairing (Vol. 3, Part H, 2.3.5.2). Keys are not kept. */
  private readonly security: AclStream;
  private readonly life = new AbortController();

  constructor(hci: Hci, { handle, address, addressType }: LinkEnd, supervision: Millis) {
    this.hci = hci;
    this.handle = handle;
    this.address = address;
    this.supervision = supervision;
    this.lost = this.life.signal;
    this.security = new AclStream(hci, handle, hci.addressType, hci.address, addressType, address);
  }

  send(pdu: Uint8Array): void {
    this.sendOn(ATT_CHANNEL, pdu);
  }

  encrypt(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.security.once("encrypt", (encrypted: number) =>
        encrypted === 0 ? reject(new RadioError("pairing", NOT_PAIRED)) : resolve(),
      );
      this.security.once("encryptFail", () => reject(new RadioError("pairing", NOT_PAIRED)));
      this.security.encrypt();
    });
  }

  /** What the controller received for it. */
  take(channel: number, data: Buffer): void {
    switch (channel) {
      case ATT_CHANNEL:
        this.onAtt(data);
        return;
      case SIGNALING_CHANNEL:
        this.signal(data);
        return;
      case SECURITY_CHANNEL:
        this.secure(data);
        return;
      default:
        return;
    }
  }

  encryptionChanged(encrypted: number): void {
    this.security.pushEncrypt(encrypted);
  }

  /** The controller says that it is over. */
  ended(status: number): void {
    this.life.abort(new DeviceError("unreachable", `the connection was lost (${statusText(status)})`));
  }

  /** Resolves when the controller says so. */
  disconnect(): Promise<void> {
    return new Promise<void>((resolve) => {
      if (this.lost.aborted) return resolve();
      this.lost.addEventListener("abort", () => resolve(), { once: true });
      this.hci.disconnect(this.handle);
    });
  }

  private sendOn(channel: number, data: Uint8Array): void {
    // It fails where the adapter fails, which is told otherwise.
    this.hci.writeAclDataPkt(this.handle, channel, Buffer.from(data)).catch(() => {});
  }

  private signal(data: Buffer): void {
    const signal = answerSignal(data);
    if (signal === undefined) return;
    this.sendOn(SIGNALING_CHANNEL, signal.answer);
    if (signal.wish === undefined) return;
    const { interval, latency, supervision } = signal.wish;
    this.hci.connUpdateLe(this.handle, interval.min, interval.max, latency, Math.max(supervision, this.supervision));
  }

  /** noble throws where a peripheral says what makes no sense; others have nothing to do with that. */
  private secure(data: Buffer): void {
    try {
      this.security.push(SECURITY_CHANNEL, data);
    } catch (error) {
      this.security.emit("encryptFail", reasonOf(error));
    }
  }
}

const NOT_PAIRED = "the peripheral does not pair without a person; pair with it in BlueZ";
