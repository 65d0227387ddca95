/** Whose turn it is: device after device, and of one device what became due first. */
import { SparseMap } from "../sparse-map.ts";
import type { Debt } from "./debt.ts";

export class Turns implements Iterable<Debt> {
  /** The device whose turn is next stands first; none is without a debt. */
  private readonly devices = new SparseMap<string, Set<Debt>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  get next(): Debt | undefined {
    for (const own of this.devices.values()) for (const debt of own) return debt;
    return undefined;
  }

  /** Its place is behind those of its device; one that stands here already keeps it. */
  add(debt: Debt): void {
    let own = this.devices.get(debt.device);
    if (own === undefined) {
      own = new Set();
      this.devices.set(debt.device, own);
    }
    if (own.has(debt)) return;
    own.add(debt);
    this.count++;
  }

  remove(debt: Debt): void {
    const own = this.devices.get(debt.device);
    if (own?.delete(debt) !== true) return;
    this.count--;
    if (own.size === 0) this.devices.delete(debt.device);
  }

  /** It has had its turn: all other devices come before its own again. */
  take(debt: Debt): void {
    this.remove(debt);
    const others = this.devices.get(debt.device);
    if (others === undefined) return;
    this.devices.delete(debt.device);
    this.devices.set(debt.device, others);
  }

  /** In the order in which they would have their turns: one of each device, then the next of each. */
  *[Symbol.iterator](): Iterator<Debt> {
    let round = [...this.devices.values()].map((own) => own.values());
    while (round.length > 0) {
      const left: typeof round = [];
      for (const own of round) {
        const { done, value } = own.next();
        if (done === true) continue;
        left.push(own);
        yield value;
      }
      round = left;
    }
  }
}
