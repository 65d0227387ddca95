/** What is subscribed to on one connection: each filter once, however many devices want it. */

import type { Subscription } from "./broker/connection.ts";
import type { Qos } from "./keys.ts";

/** Filters and who wants them; nothing here talks to a broker. */
export class Subscriptions {
  private readonly wanted = new Map<string, Qos[]>();
  /** To be subscribed to, or again: the broker gives what it has kept to whoever subscribes. */
  private readonly fresh = new Set<string>();
  private readonly gone = new Set<string>();

  /** Somebody wants it. Returns what says that it is wanted no longer. */
  add(filter: string, qos: Qos): () => void {
    const levels = this.wanted.get(filter) ?? [];
    this.wanted.set(filter, levels);
    levels.push(qos);
    this.fresh.add(filter);
    this.gone.delete(filter);
    return () => {
      levels.splice(levels.indexOf(qos), 1);
      if (levels.length > 0 || this.wanted.get(filter) !== levels) return;
      this.wanted.delete(filter);
      this.fresh.delete(filter);
      this.gone.add(filter);
    };
  }

  get count(): number {
    return this.wanted.size;
  }

  /** A connection begins: nothing is subscribed to on it. */
  begin(): void {
    this.gone.clear();
    for (const filter of this.wanted.keys()) this.fresh.add(filter);
  }

  /** What is to be told to the broker now; it counts as told. */
  take(): { readonly subscribe: readonly Subscription[]; readonly unsubscribe: readonly string[] } {
    const subscribe = [...this.fresh].map(
      (filter): Subscription => ({ filter, qos: highest(this.wanted.get(filter)) }),
    );
    const unsubscribe = [...this.gone];
    this.fresh.clear();
    this.gone.clear();
    return { subscribe, unsubscribe };
  }
}

function highest(levels: readonly Qos[] = []): Qos {
  if (levels.includes(2)) return 2;
  return levels.includes(1) ? 1 : 0;
}
