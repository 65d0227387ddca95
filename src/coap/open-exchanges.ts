import { type ExchangeId, exchangeId } from "./events.ts";

/**
 * What runs under exchange IDs, each a new number. A place by number instead of a Map: an entry added and deleted for every
 * request makes a Map replace its table time and again, and the dead tables, each known to the one before, are all carried
 * into the old part of the heap.
 */
export class OpenExchanges<T extends { readonly id: ExchangeId }> {
  private readonly capacity: number;
  private readonly places: (T | undefined)[] = [];
  private last = 0;
  private count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.count;
  }

  /** An ID whose place is free, above all before it; undefined where every place is taken. */
  next(): ExchangeId | undefined {
    if (this.count >= this.capacity) return undefined;
    do this.last++;
    while (this.places[this.last % this.capacity] !== undefined);
    return exchangeId(this.last);
  }

  /** Under an ID of `next`. */
  add(exchange: T): void {
    this.places[exchange.id % this.capacity] = exchange;
    this.count++;
  }

  get(id: ExchangeId): T | undefined {
    const exchange = this.places[id % this.capacity];
    return exchange?.id === id ? exchange : undefined;
  }

  remove({ id }: T): void {
    if (this.get(id) === undefined) return;
    this.places[id % this.capacity] = undefined;
    this.count--;
  }

  /** In no order. */
  all(): readonly T[] {
    return this.places.filter((exchange) => exchange !== undefined);
  }
}
