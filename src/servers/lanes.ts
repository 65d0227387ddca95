/** Who has something live to say, and whose turn it is: each lane has turns of its own, the earliest due of their heads is next. */
import type { Debt, Lane } from "./debt.ts";
import { Turns } from "./turns.ts";

const LANES: readonly Lane[] = ["confirmable", "nonConfirmable", "send"];

export class Lanes {
  private readonly lanes: Readonly<Record<Lane, Turns>> = {
    confirmable: new Turns(),
    nonConfirmable: new Turns(),
    send: new Turns(),
  };
  private turns = 0;

  /** It has live reports that are not on their way; one that stands here already keeps its turn. */
  add(debt: Debt): void {
    const lane = laneOf(debt);
    if (debt.lane === lane) return;
    if (debt.lane === undefined) debt.turn = ++this.turns;
    else this.lanes[debt.lane].remove(debt);
    debt.lane = lane;
    this.lanes[lane].add(debt);
  }

  remove(debt: Debt): void {
    if (debt.lane === undefined) return;
    this.lanes[debt.lane].remove(debt);
    debt.lane = undefined;
  }

  /** It has had its turn. */
  take(debt: Debt): void {
    if (debt.lane === undefined) return;
    this.lanes[debt.lane].take(debt);
    debt.lane = undefined;
  }

  /** In the order of their turns. */
  of(lane: Lane): Iterable<Debt> {
    return this.lanes[lane];
  }

  has(lane: Lane): boolean {
    return this.lanes[lane].size > 0;
  }

  /** Whose turn it is, of those that need not wait. */
  next(open: (lane: Lane) => boolean): Debt | undefined {
    let first: Debt | undefined;
    for (const lane of LANES) {
      const debt = this.lanes[lane].next;
      if (debt !== undefined && (first === undefined || debt.turn < first.turn) && open(lane)) first = debt;
    }
    return first;
  }
}

function laneOf(debt: Debt): Lane {
  if (debt.report) return "send";
  return debt.confirmable ? "confirmable" : "nonConfirmable";
}
