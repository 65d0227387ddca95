/** One master at simulated devices: what it sends is answered, each answer at its time. */
import type { Clock } from "../../../src/adapter.ts";
import type { RequestReader } from "./request-reader.ts";
import type { Slaves } from "./slaves.ts";

export class Session {
  private readonly slaves: Slaves;
  private readonly reader: RequestReader;
  private readonly clock: Clock;
  private readonly send: (bytes: Uint8Array) => void;
  private readonly pending = new Set<() => void>();

  constructor(slaves: Slaves, clock: Clock, send: (bytes: Uint8Array) => void) {
    this.slaves = slaves;
    this.reader = slaves.reader();
    this.clock = clock;
    this.send = send;
  }

  /** False: what comes is no Modbus, and never will be. */
  push(chunk: Uint8Array): boolean {
    const requests = this.reader.push(chunk);
    for (const request of requests ?? []) {
      for (const { after, bytes } of this.slaves.answer(request)) {
        if (after === 0) this.send(bytes);
        else this.later(after, bytes);
      }
    }
    return requests !== undefined;
  }

  /** Nothing is sent any more. */
  close(): void {
    for (const cancel of this.pending) cancel();
    this.pending.clear();
  }

  private later(after: number, bytes: Uint8Array): void {
    const cancel = this.clock.at(this.clock.monotonic() + after, () => {
      this.pending.delete(cancel);
      this.send(bytes);
    });
    this.pending.add(cancel);
  }
}
