/**
 * Which server is registered at when: Core 1.2 §6.2.1, Server object 13 (Registration Priority Order) and 15 (Registration
 * Failure Block).
 *
 * Servers with a priority are registered at one after the other, the lowest first, the others at any time. A turn is over with
 * the registration, or with a failure: by Core a registration has failed when the attempts that the server's own resources 17 to
 * 20 allow are used up. Where a server has set none of them, this client tries for ever, and one failed attempt is enough. Whoever
 * has failed goes on trying by itself; with a failure block, the turns after its own wait until it is registered. The order is
 * that of the first registrations: what becomes of one later concerns no other server.
 */

/** One server in the order. */
export interface Sequenced {
  readonly shortServerId: number;
  /** Of several with the same one the first in the list has the first turn. */
  readonly priority: number;
  readonly failureBlock: boolean;
}

/** Whether a server may be registered at now. */
export type Turn =
  | { readonly type: "now" }
  /** `reason` is for a person. */
  | { readonly type: "wait"; readonly reason: string };

type Result = "none" | "registered" | "failed";

const NOW: Turn = { type: "now" };

export class RegistrationSequence {
  private readonly order: readonly Sequenced[];
  private readonly results = new Map<number, Result>();

  constructor(servers: readonly Sequenced[]) {
    this.order = [...servers].sort((a, b) => a.priority - b.priority);
  }

  /** Of a server without a priority always now. */
  turnOf(shortServerId: number): Turn {
    const place = this.order.findIndex((server) => server.shortServerId === shortServerId);
    for (const before of this.order.slice(0, Math.max(0, place))) {
      const obstacle = this.obstacle(before);
      if (obstacle !== undefined) return { type: "wait", reason: obstacle };
    }
    return NOW;
  }

  isOrdered(shortServerId: number): boolean {
    return this.order.some((server) => server.shortServerId === shortServerId);
  }

  /** Whether its turn is over. */
  isSettled(shortServerId: number): boolean {
    return this.resultOf(shortServerId) !== "none";
  }

  /** Also where a registration of before goes on. */
  registered(shortServerId: number): void {
    this.results.set(shortServerId, "registered");
  }

  /** Counts before its first registration only. */
  failed(shortServerId: number): void {
    if (this.resultOf(shortServerId) === "none") this.results.set(shortServerId, "failed");
  }

  private obstacle({ shortServerId, failureBlock }: Sequenced): string | undefined {
    switch (this.resultOf(shortServerId)) {
      case "none":
        return `server ${shortServerId} has its turn first (priority)`;
      case "failed":
        return failureBlock
          ? `server ${shortServerId} is not registered, and the others wait (failure_block)`
          : undefined;
      case "registered":
        return undefined;
    }
  }

  private resultOf(shortServerId: number): Result {
    return this.results.get(shortServerId) ?? "none";
  }
}
