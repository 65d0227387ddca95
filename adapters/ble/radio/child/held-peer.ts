/** A peripheral that is connected, and the rules by which it is asked. */
import { type Clock, DeviceError, type Millis, SECOND } from "../../../../src/adapter.ts";
import { orAborted, withDeadline } from "../../../wires/deadline.ts";
import type { Characteristic, Property } from "../radio.ts";
import type { Peer } from "./backend.ts";
import { Turns } from "./turns.ts";

/** A controller that does not confirm the end of a connection in this time has lost it, or its mind. */
const LONGEST_PARTING: Millis = 3 * SECOND;
/** Opcode and handle of a Write Command (Core Specification, Vol. 3, Part F, 3.4.5.3). */
const COMMAND_HEADER = 3;

export class HeldPeer {
  readonly peer: Peer;
  private readonly clock: Clock;
  private readonly turns = new Turns();
  private readonly characteristics: ReadonlyMap<number, Characteristic>;

  constructor(peer: Peer, clock: Clock) {
    this.peer = peer;
    this.clock = clock;
    const all = peer.services.flatMap(({ characteristics }) => characteristics);
    this.characteristics = new Map(all.map((characteristic) => [characteristic.id, characteristic]));
  }

  read(id: number, timeout: Millis): Promise<Uint8Array> {
    const { uuid } = this.with(id, ["read"], "cannot be read");
    return this.operate(`read of ${uuid}`, timeout, () => this.peer.read(id));
  }

  /** Without a response: in as many pieces as it takes, in order. */
  write(id: number, bytes: Uint8Array, response: boolean, timeout: Millis): Promise<void> {
    const needed: Property = response ? "write" : "write-without-response";
    const { uuid } = this.with(id, [needed], `cannot be written ${response ? "with" : "without"} response`);
    return this.operate(`write of ${uuid}`, timeout, () =>
      response ? this.peer.write(id, bytes) : this.command(id, bytes),
    );
  }

  subscribe(id: number, timeout: Millis): Promise<void> {
    const { uuid } = this.with(id, ["notify", "indicate"], "neither notifies nor indicates");
    return this.operate(`subscription to ${uuid}`, timeout, () => this.peer.subscribe(id));
  }

  unsubscribe(id: number, timeout: Millis): Promise<void> {
    const { uuid } = this.with(id, ["notify", "indicate"], "neither notifies nor indicates");
    return this.operate(`end of the subscription to ${uuid}`, timeout, () => this.peer.unsubscribe(id));
  }

  /** The controller answers, not the peripheral: it needs no turn. */
  async rssi(timeout: Millis): Promise<number> {
    const late = (): DeviceError => new DeviceError("unreachable", "the adapter does not tell the signal strength");
    return withDeadline(this.unlessLost(this.peer.rssi()), { clock: this.clock, span: timeout, late });
  }

  /** Rejects where nothing confirms the end in time. */
  async disconnect(): Promise<void> {
    if (this.peer.lost.aborted) return;
    const late = (): Error => new Error("the adapter does not end a connection");
    await withDeadline(this.peer.disconnect(), { clock: this.clock, span: LONGEST_PARTING, late });
  }

  private async command(id: number, bytes: Uint8Array): Promise<void> {
    const room = this.peer.mtu - COMMAND_HEADER;
    for (let at = 0; at === 0 || at < bytes.length; at += room) {
      await this.peer.command(id, bytes.subarray(at, at + room));
    }
  }

  private with(id: number, oneOf: readonly Property[], fault: string): Characteristic {
    const characteristic = this.characteristics.get(id);
    if (characteristic === undefined) throw new DeviceError("rejected", `there is no characteristic ${id}`);
    const { uuid, properties } = characteristic;
    if (oneOf.some((property) => properties.has(property))) return characteristic;
    // A peripheral may leave what it does not have without an answer: it is not asked.
    throw new DeviceError("rejected", `${uuid} ${fault}: it has ${[...properties].join(", ") || "no properties"}`);
  }

  /**
   * Waits for its turn, and does it. Without an answer in time the peripheral is disconnected: ATT has one request in flight (Core
   * Specification, Vol. 3, Part F, 3.3.2), and what comes later would be the answer to the next.
   */
  private async operate<T>(what: string, timeout: Millis, work: () => Promise<T>): Promise<T> {
    const until = this.clock.monotonic() + timeout;
    const turn = this.turns.take();
    try {
      const noTurn = (): DeviceError => new DeviceError("unreachable", `no time was left for the ${what}`);
      await withDeadline(this.unlessLost(turn.begun), { clock: this.clock, span: timeout, late: noTurn });
      const late = (): DeviceError => {
        this.disconnect().catch(() => {});
        return new DeviceError("unreachable", `no answer to the ${what}`);
      };
      const span = until - this.clock.monotonic();
      return await withDeadline(this.unlessLost(work()), { clock: this.clock, span, late });
    } finally {
      turn.end();
    }
  }

  private unlessLost<T>(promise: Promise<T>): Promise<T> {
    return orAborted(promise, this.peer.lost);
  }
}
