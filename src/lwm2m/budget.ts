/** What a server may be told while a month's budget of bytes is spent. */
import type { Millis } from "../clock.ts";

export interface Budget {
  /** Bytes of a calendar month, both ways. */
  readonly month: number;
  /** Entries of `via:` to which it applies; absent: whatever the server is reached by. */
  readonly via?: readonly string[];
  /** In ascending order. */
  readonly degrade: readonly BudgetRule[];
}

/** What holds once a part of the budget is spent, beside the rules before. */
export interface BudgetRule {
  /** In (0, 1]. */
  readonly at: number;
  /** A floor under every pmin. */
  readonly pmin?: Millis;
  readonly history?: "hold";
  readonly reports?: "hold";
}

/** What holds now for what a server is told; registration and answers to its requests go on in any case. */
export interface Restraint {
  /** A floor under every pmin, but not for what watches a limit; 0: none. */
  readonly pmin: Millis;
  /** What waited stays on the disk. */
  readonly holdsHistory: boolean;
  /** Every report but the crossing of a limit stays on the disk. */
  readonly holdsReports: boolean;
}

export const UNRESTRAINED: Restraint = { pmin: 0, holdsHistory: false, holdsReports: false };

/** What the rules say after so many bytes. */
export function restraintAfter({ month, degrade }: Budget, used: number): Restraint {
  const holding = rulesAfter({ month, degrade }, used);
  const holdsReports = holding.some(({ reports }) => reports === "hold");
  return {
    pmin: Math.max(0, ...holding.map(({ pmin = 0 }) => pmin)),
    holdsHistory: holdsReports || holding.some(({ history }) => history === "hold"),
    holdsReports,
  };
}

/** The rules that hold after so many bytes. */
export function rulesAfter({ month, degrade }: Pick<Budget, "month" | "degrade">, used: number): readonly BudgetRule[] {
  return degrade.filter(({ at }) => used >= at * month);
}

export function sameRestraint(a: Restraint, b: Restraint): boolean {
  return a.pmin === b.pmin && a.holdsHistory === b.holdsHistory && a.holdsReports === b.holdsReports;
}
