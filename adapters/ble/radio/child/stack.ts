/** What the daemon asks, done with an adapter; and what the adapter says, told to the daemon. */
import { type Clock, DeviceError, type Millis, reasonOf, SECOND } from "../../../../src/adapter.ts";
import { withDeadline } from "../../../wires/deadline.ts";
import { type FromChild, failureOf, type Operation, type Result, type ToChild } from "../messages.ts";
import type { Backend } from "./backend.ts";
import { HeldPeer } from "./held-peer.ts";
import { Turns } from "./turns.ts";

type CallMessage = Extract<ToChild, { readonly type: "call" }>;
type Of<Method> = Extract<Operation, { readonly method: Method }>;

/** A backend gives a connect up by itself; one that does not so much later is stuck. */
const GRACE: Millis = 3 * SECOND;

export class Stack {
  private readonly backend: Backend;
  private readonly clock: Clock;
  private readonly say: (message: FromChild) => void;
  private readonly onStuck: (reason: string) => void;
  private readonly peers = new Map<number, HeldPeer>();
  /** A controller connects to one peripheral at a time, and to none while it is told how to scan. */
  private readonly turns = new Turns();

  constructor(
    backend: Backend,
    clock: Clock,
    { say, onStuck }: { readonly say: (message: FromChild) => void; readonly onStuck: (reason: string) => void },
  ) {
    this.backend = backend;
    this.clock = clock;
    this.say = say;
    this.onStuck = onStuck;
  }

  /** Answers, with whatever it comes to. */
  async call({ number, timeout, operation }: CallMessage): Promise<void> {
    try {
      this.say({ type: "answer", number, result: await this.perform(operation, timeout) });
    } catch (error) {
      this.say({ type: "failed", number, failure: failureOf(error) });
    }
  }

  private async perform(operation: Operation, timeout: Millis): Promise<Result> {
    switch (operation.method) {
      case "scan":
        return this.command(timeout, () => this.backend.startScan(operation.active));
      case "stop-scan":
        return this.command(timeout, () => this.backend.stopScan());
      case "probe":
        await withDeadline(this.backend.probe(), { clock: this.clock, span: timeout, late: noAnswer });
        return {};
      case "connect":
        return this.connect(operation, timeout);
      case "read":
        return { bytes: await this.peer(operation).read(operation.characteristic, timeout) };
      case "write":
        await this.peer(operation).write(operation.characteristic, operation.bytes, operation.response, timeout);
        return {};
      case "subscribe":
        await this.peer(operation).subscribe(operation.characteristic, timeout);
        return {};
      case "unsubscribe":
        await this.peer(operation).unsubscribe(operation.characteristic, timeout);
        return {};
      case "rssi":
        return { rssi: await this.peer(operation).rssi(timeout) };
      case "disconnect":
        return this.disconnect(operation);
    }
  }

  /** Something that the adapter does by itself. */
  private command(timeout: Millis, work: () => Promise<void>): Promise<Result> {
    return this.inTurn(timeout, async (until) => {
      await withDeadline(work(), { clock: this.clock, span: until - this.clock.monotonic(), late: noAnswer });
      return {};
    });
  }

  private connect({ address, addressType, connection }: Of<"connect">, timeout: Millis): Promise<Result> {
    const onValue = (characteristic: number, bytes: Uint8Array): void =>
      this.say({ type: "notification", connection, characteristic, bytes });
    return this.inTurn(timeout, async (until) => {
      const late = (): DeviceError => {
        this.onStuck("the adapter does not give up a connect");
        return noAnswer();
      };
      const span = until - this.clock.monotonic() + GRACE;
      const connecting = this.backend.connect(address, { addressType, until, onValue });
      const peer = await withDeadline(connecting, { clock: this.clock, span, late });
      peer.lost.throwIfAborted();
      this.peers.set(connection, new HeldPeer(peer, this.clock));
      // Whatever was known of it is of no use after it.
      peer.lost.addEventListener("abort", () => this.lost(connection, peer.lost.reason), { once: true });
      return { found: { services: peer.services, mtu: peer.mtu } };
    });
  }

  private async disconnect(operation: Of<"disconnect">): Promise<Result> {
    try {
      await this.peers.get(operation.connection)?.disconnect();
    } catch (error) {
      this.onStuck(reasonOf(error));
    }
    return {};
  }

  private lost(connection: number, reason: unknown): void {
    this.peers.delete(connection);
    this.say({ type: "lost", connection, failure: failureOf(reason) });
  }

  private peer({ connection }: { readonly connection: number }): HeldPeer {
    const peer = this.peers.get(connection);
    if (peer === undefined) throw new DeviceError("unreachable", "it is not connected any more");
    return peer;
  }

  private async inTurn<T>(timeout: Millis, work: (until: Millis) => Promise<T>): Promise<T> {
    const until = this.clock.monotonic() + timeout;
    const turn = this.turns.take();
    try {
      const late = (): DeviceError => new DeviceError("unreachable", "the adapter was busy with something else");
      await withDeadline(turn.begun, { clock: this.clock, span: timeout, late });
      return await work(until);
    } finally {
      turn.end();
    }
  }
}

function noAnswer(): DeviceError {
  return new DeviceError("unreachable", "the adapter does not answer");
}
