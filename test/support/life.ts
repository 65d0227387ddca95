/** One process of the gateway within the process of the test: it can be killed, and leaves nothing behind but its files. */
import type { Worker } from "node:worker_threads";
import type { Clock } from "../../src/clock.ts";
import type { Transport } from "../../src/servers/transport/transport.ts";
import type { LogLine } from "./recording-logger.ts";

export class Life {
  /** The clock, whose tasks die with it. */
  readonly clock: Clock;
  /** What it logs as long as it lives. */
  readonly log: Pick<LogLine[], "push">;
  private readonly threads = new Set<Worker>();
  private readonly transports: Transport[] = [];
  private over = false;

  constructor(clock: Clock, lines: LogLine[]) {
    this.clock = {
      monotonic: () => clock.monotonic(),
      wall: () => clock.wall(),
      at: (time, task) => clock.at(time, () => (this.over ? undefined : task())),
    };
    this.log = { push: (...added) => (this.over ? 0 : lines.push(...added)) };
    process.on("worker", this.adopt);
  }

  get ended(): boolean {
    return this.over;
  }

  /** A transport that is deaf and dumb once it has ended. */
  wired(transport: Transport): Transport {
    this.transports.push(transport);
    const send = transport.send.bind(transport);
    transport.send = (datagram) => (this.over ? undefined : send(datagram));
    return transport;
  }

  /** It stopped in order: its threads have ended by themselves. */
  leave(): void {
    process.off("worker", this.adopt);
  }

  /** Its threads stop where they are; of what they had not written nothing will be. */
  async kill(): Promise<void> {
    this.over = true;
    this.leave();
    await Promise.all([...this.threads].map((thread) => thread.terminate()));
    await Promise.all(this.transports.map((transport) => transport.close()));
  }

  private readonly adopt = (thread: Worker): void => {
    this.threads.add(thread);
    thread.once("exit", () => this.threads.delete(thread));
  };
}
