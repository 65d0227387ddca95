/** Who has something live to say, and whose turn it is: the earliest due first. */
import type { Debt, Lane } from "./debt.ts";

const LANES: readonly Lane[] = ["confirmable", "nonConfirmable", "send"];

export class Lanes {
  private readonly sets: Readonly<Record<Lane, Set<Debt>>> = {
    confirmable: new Set(),
    nonConfirmable: new Set(),
    send: new Set(),
  };
  private turns = 0;

  /** It has live reports that are not on their way; one that stands here already keeps its turn. */
  add(debt: Debt): void {
    const lane = laneOf(debt);
    if (debt.lane === lane) return;
    if (debt.lane === undefined) debt.turn = ++this.turns;
    else this.sets[debt.lane].delete(debt);
    debt.lane = lane;
    this.sets[lane].add(debt);
  }

  remove(debt: Debt): void {
    if (debt.lane === undefined) return;
    this.sets[debt.lane].delete(debt);
    debt.lane = undefined;
  }

  /** In the order of their turns. */
  of(lane: Lane): Iterable<Debt> {
    return this.sets[lane];
  }

  has(lane: Lane): boolean {
    return this.sets[lane].size > 0;
  }

  /** Whose turn it is, of those that need not wait. */
  next(open: (lane: Lane) => boolean): Debt | undefined {
    let first: Debt | undefined;
    for (const lane of LANES) {
      const [debt] = this.sets[lane];
      if (debt !== undefined && (first === undefined || debt.turn < first.turn) && open(lane)) first = debt;
    }
    return first;
  }
}

function laneOf(debt: Debt): Lane {
  if (debt.report) return "send";
  return debt.confirmable ? "confirmable" : "nonConfirmable";
}
