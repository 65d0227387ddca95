/** A connection that the process of the stack has, as the daemon sees it. */
import { DeviceError, type Millis } from "../../../src/adapter.ts";
import type { PeripheralOperation, Result } from "./messages.ts";
import { type Characteristic, type Connection, type Service, USUAL_TIMEOUT, type WriteOptions } from "./radio.ts";

export type Call = (operation: PeripheralOperation, timeout: Millis) => Promise<Result>;

export interface Found {
  readonly services: readonly Service[];
  readonly mtu: number;
}

export class RemoteConnection implements Connection {
  readonly address: string;
  readonly services: readonly Service[];
  readonly mtu: number;
  readonly signal: AbortSignal;
  private readonly number: number;
  private readonly call: Call;
  private readonly life = new AbortController();
  private readonly listeners = new Map<number, (bytes: Uint8Array) => void>();

  /** `number`: its own in the messages. */
  constructor(number: number, address: string, { services, mtu }: Found, call: Call) {
    this.address = address;
    this.services = services;
    this.mtu = mtu;
    this.signal = this.life.signal;
    this.number = number;
    this.call = call;
  }

  async read({ id }: Characteristic, timeout: Millis = USUAL_TIMEOUT): Promise<Uint8Array> {
    const { bytes } = await this.operate({ method: "read", connection: this.number, characteristic: id }, timeout);
    if (bytes !== undefined) return bytes;
    throw new DeviceError("malformed", `${this.address}: a read was answered without a value`);
  }

  async write({ id }: Characteristic, bytes: Uint8Array, { response, timeout }: WriteOptions): Promise<void> {
    const operation = { method: "write", connection: this.number, characteristic: id, bytes, response } as const;
    await this.operate(operation, timeout ?? USUAL_TIMEOUT);
  }

  async subscribe(
    { id, uuid }: Characteristic,
    listener: (bytes: Uint8Array) => void,
    timeout: Millis = USUAL_TIMEOUT,
  ): Promise<void> {
    if (this.listeners.has(id)) throw new DeviceError("rejected", `${this.address}: ${uuid} is subscribed already`);
    // Before it is asked for: what comes first may come with the answer.
    this.listeners.set(id, listener);
    try {
      await this.operate({ method: "subscribe", connection: this.number, characteristic: id }, timeout);
    } catch (error) {
      this.listeners.delete(id);
      throw error;
    }
  }

  async unsubscribe({ id }: Characteristic, timeout: Millis = USUAL_TIMEOUT): Promise<void> {
    this.listeners.delete(id);
    await this.operate({ method: "unsubscribe", connection: this.number, characteristic: id }, timeout);
  }

  async rssi(timeout: Millis = USUAL_TIMEOUT): Promise<number> {
    const { rssi } = await this.operate({ method: "rssi", connection: this.number }, timeout);
    if (rssi !== undefined) return rssi;
    throw new DeviceError("malformed", `${this.address}: the adapter has no signal strength`);
  }

  async disconnect(): Promise<void> {
    if (this.signal.aborted) return;
    // Whatever comes of that: it is over for whoever asked.
    await this.call({ method: "disconnect", connection: this.number }, USUAL_TIMEOUT).catch(() => {});
    this.lost(new DeviceError("unreachable", `${this.address}: disconnected`));
  }

  /** Something was notified. */
  notified(characteristic: number, bytes: Uint8Array): void {
    this.listeners.get(characteristic)?.(bytes);
  }

  /** It is over. */
  lost(error: DeviceError): void {
    this.listeners.clear();
    this.life.abort(error);
  }

  private async operate(operation: PeripheralOperation, timeout: Millis): Promise<Result> {
    this.signal.throwIfAborted();
    return this.call(operation, timeout);
  }
}
