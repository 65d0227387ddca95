import type { Clock } from "../../clock.ts";
import type { GatewaySettings } from "../../config/types.ts";
import { reasonOf } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { type KnownTime, type Store, StoreError } from "../../store/store.ts";
import { bootOf, clockSign } from "../host.ts";
import type { Boot, ClockSign } from "./clock-verdict.ts";
import { GatewayClock } from "./gateway-clock.ts";

export interface ClockParts {
  /** The machine's. */
  readonly clock: Clock;
  readonly log: Logger;
  readonly edges?: { readonly boot?: () => Boot; readonly clockSign?: () => ClockSign };
}

/** The clock of a run, which knows what the run before has left. Where that cannot be read, it does without. */
export async function knownClock(
  { clock: system, log, edges = {} }: ClockParts,
  configured: GatewaySettings["clock"],
  store: Pick<Store, "loadTime">,
): Promise<GatewayClock> {
  const { boot = bootOf, clockSign: sign = clockSign } = edges;
  const known = await store.loadTime().catch((error: unknown) => without(error, log));
  return new GatewayClock({
    system,
    boot: boot(),
    sign: () => sign(),
    believed: configured === "trusted",
    known,
    log,
  });
}

/** For the next run. It may be missing once: there is a next time to write it. */
export function keepTime(store: Pick<Store, "saveTime">, known: KnownTime, log: Logger): void {
  store.saveTime(known).catch((error: unknown) => {
    if (!(error instanceof StoreError)) throw error;
    log.debug({ reason: reasonOf(error) }, "the time was not written for the next start");
  });
}

/** A store that has failed says so itself, to everybody. */
function without(error: unknown, log: Logger): undefined {
  if (!(error instanceof StoreError)) throw error;
  log.warn({ code: "LG668", reason: reasonOf(error) }, "the time that the run before knew cannot be read");
  return undefined;
}
