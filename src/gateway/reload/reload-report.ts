/** What became of a reload; plain data. */
import type { Millis } from "../../clock.ts";
import { formatProblem, type Problem } from "../../errors.ts";

export interface ReloadReport {
  /** Whether what the files say is what runs now; of a dry run: whether it would be. */
  readonly taken: boolean;
  /** Nothing was to be changed. */
  readonly dryRun: boolean;
  /** Why it was not taken, beside the problems: the disk took nothing, or the gateway stops. */
  readonly reason?: string;
  /** Errors and warnings of all files, each as `check` tells it in `text`. */
  readonly problems: readonly ToldProblem[];
  readonly devices: DevicesReport;
  readonly links: LinksReport;
  /** Settings that run as at the start until the gateway is started again, by their keys: "servers[101].lifetime". */
  readonly restart: readonly string[];
  /** How long it took. */
  readonly duration: Millis;
}

export type ToldProblem = Problem & { readonly text: string };

/** Ids, in the order of the files. */
export interface DevicesReport {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Stopped and started again. */
  readonly changed: readonly string[];
  /** How many go on as if nothing had happened. */
  readonly untouched: number;
  /** Off, their entry or their mapping being wrong. */
  readonly disabled: readonly string[];
}

/** Names of links. */
export interface LinksReport {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Closed and opened anew where they were open. */
  readonly reopened: readonly string[];
}

export const NO_LINKS: LinksReport = { added: [], removed: [], reopened: [] };

export function toldProblem(problem: Problem): ToldProblem {
  return { ...problem, text: formatProblem(problem) };
}
