/**
 * What stands where the package expects a socket of node:dgram: datagrams go to whoever holds it, so that the real socket,
 * its addresses and the gate are ours.
 */
import dgram from "node:dgram";
import { syncBuiltinESMExports } from "node:module";

type Listener = (...values: readonly unknown[]) => void;

export class StandInSocket {
  private readonly listeners = new Map<string, Listener[]>();
  private readonly onSend: (datagram: Uint8Array) => void;

  constructor(onSend: (datagram: Uint8Array) => void) {
    this.onSend = onSend;
  }

  // ── as the package knows it ────────────────────────────────────────────────

  on(event: string, listener: Listener): this {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
    return this;
  }

  removeAllListeners(event?: string): this {
    if (event === undefined) this.listeners.clear();
    else this.listeners.delete(event);
    return this;
  }

  bind(): void {
    setImmediate(() => this.tell("listening"));
  }

  // biome-ignore lint/complexity/useMaxParams: the parameters of node:dgram
  send(bytes: Uint8Array, offset: number, length: number, _port: number, _address: string, onSent?: Listener): void {
    this.onSend(bytes.slice(offset, offset + length));
    if (onSent !== undefined) setImmediate(onSent);
  }

  close(): void {
    setImmediate(() => this.tell("close"));
  }

  // ── as its holder knows it ─────────────────────────────────────────────────

  /** A datagram has come. Throws what the package throws. */
  receive(datagram: Uint8Array): void {
    this.tell("message", Buffer.from(datagram));
  }

  private tell(event: string, ...values: readonly unknown[]): void {
    for (const listener of this.listeners.get(event) ?? []) listener(...values);
  }
}

/** From here on this thread, and no other, is given that one instead of real ones. */
export function replaceSockets(socket: StandInSocket): void {
  Object.assign(dgram, { createSocket: () => socket });
  syncBuiltinESMExports();
}
