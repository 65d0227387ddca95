/** What one server is owed, shared out to the registrations that the devices have at it: each finds its own only. */
import { deviceOf, type ObservationId, serverOf } from "../../lwm2m/observation-id.ts";
import type { ServerOptions } from "../../servers/server-options.ts";

type HistoryPort = ServerOptions["history"];

export class ClientHistories {
  private readonly server: number;
  private readonly history: HistoryPort;
  /** By device, as of the first question since `refresh`. */
  private shares: ReadonlyMap<string, readonly ObservationId[]> | undefined;

  constructor(server: number, history: HistoryPort) {
    this.server = server;
    this.history = history;
  }

  /** "" is the gateway itself. What is owed of several devices together waits for a layout that shows them so. */
  of(prefix: string): HistoryPort {
    return new ClientHistory(this.history, () => {
      this.shares ??= this.shared();
      return this.shares.get(prefix) ?? [];
    });
  }

  /** A device is to get another registration: what waits may be others by now. */
  refresh(): void {
    this.shares = undefined;
  }

  private shared(): ReadonlyMap<string, readonly ObservationId[]> {
    const shares = new Map<string, ObservationId[]>();
    for (const id of this.history.observations()) {
      if (serverOf(id) !== this.server) continue;
      const device = deviceOf(id);
      const share = shares.get(device);
      if (share === undefined) shares.set(device, [id]);
      else share.push(id);
    }
    return shares;
  }
}

class ClientHistory implements HistoryPort {
  readonly observations: HistoryPort["observations"];
  private readonly inner: HistoryPort;

  constructor(inner: HistoryPort, observations: HistoryPort["observations"]) {
    this.inner = inner;
    this.observations = observations;
  }

  append(...entry: Parameters<HistoryPort["append"]>): ReturnType<HistoryPort["append"]> {
    return this.inner.append(...entry);
  }

  peek(...question: Parameters<HistoryPort["peek"]>): ReturnType<HistoryPort["peek"]> {
    return this.inner.peek(...question);
  }

  confirm(...delivered: Parameters<HistoryPort["confirm"]>): void {
    this.inner.confirm(...delivered);
  }

  forget(id: ObservationId): void {
    this.inner.forget(id);
  }

  waiting(id: ObservationId): number {
    return this.inner.waiting(id);
  }

  dropped(server: number): ReturnType<HistoryPort["dropped"]> {
    return this.inner.dropped(server);
  }
}
