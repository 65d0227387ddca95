/** Many reports in one Send: of observations that are void too, and of all devices together. Core 1.2 §6.4.6. */
import type { CoapMessage } from "../coap/options.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { Debt, Report } from "./debt.ts";
import type { MessageFit } from "./message-fit.ts";

/** A report, and whose it is. */
export interface PackItem {
  readonly debt: Debt;
  readonly report: Report;
}

export interface Pack {
  readonly message: CoapMessage;
  /** How many of the items, from the first on, are in it. */
  readonly covers: number;
}

/** As many of the items, which stand in order, as one message takes, at least the first. */
export function packed(
  items: readonly PackItem[],
  fit: MessageFit,
  write: (samples: readonly Sample[]) => CoapMessage,
): Pack {
  return fit.fitted(items.length, (parts) => {
    const samples = items.slice(0, parts).flatMap(({ report }) => report.samples);
    const message = write(samples);
    return { message, covers: parts, bytes: message.payload.length, samples: samples.length };
  });
}

/** Whose they are, in order. */
export function shares<T extends PackItem>(items: readonly T[]): readonly (readonly [Debt, readonly T[]])[] {
  const byDebt = new Map<Debt, T[]>();
  for (const item of items) {
    const own = byDebt.get(item.debt);
    if (own === undefined) byDebt.set(item.debt, [item]);
    else own.push(item);
  }
  return [...byDebt];
}
