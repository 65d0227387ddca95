/** How the servers of the configuration are reached, and what of that outlives the process. */
import { type Clock, MINUTE, type Millis } from "../../clock.ts";
import type { ServerSettings } from "../../config/types.ts";
import { reasonOf } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { isExpected } from "../../servers/kept-state.ts";
import type { LocalAddresses } from "../../servers/uplink/local-addresses.ts";
import { Outlet } from "../../servers/uplink/outlet.ts";
import { Traffic } from "../../servers/uplink/traffic.ts";
import type { KeptServers } from "../state/kept-servers.ts";

export interface OutletsOptions {
  readonly settings: readonly ServerSettings[];
  readonly localAddresses: LocalAddresses;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a crash loses of the count; where nothing depends on it, more. */
const SAVED_EVERY: Millis = MINUTE;
const SAVED_SELDOM: Millis = 10 * MINUTE;

export class Outlets {
  private readonly options: OutletsOptions;
  private readonly byId: ReadonlyMap<number, { readonly outlet: Outlet; readonly save: () => void }>;

  constructor(options: OutletsOptions, kept: Pick<KeptServers, "traffic">) {
    this.options = options;
    this.byId = new Map(options.settings.map((settings) => [settings.id, this.made(settings, kept)]));
  }

  of(shortServerId: number): Outlet {
    const known = this.byId.get(shortServerId);
    if (known === undefined) throw new RangeError(`there is no server ${shortServerId}`);
    return known.outlet;
  }

  start(): void {
    for (const { outlet } of this.byId.values()) outlet.start();
  }

  /** Once nothing goes to any server any more. */
  stop(): void {
    for (const { outlet, save } of this.byId.values()) {
      outlet.stop();
      save();
    }
  }

  private made({ id, via, holdDown, budget }: ServerSettings, kept: Pick<KeptServers, "traffic">) {
    const { clock, log: all, localAddresses: addresses } = this.options;
    const log = all.child({ server: id });
    const { saved, touch } = kept.traffic(id);
    const traffic = trafficOf(saved, log);
    const save = (): void => touch(() => traffic.serialize());
    let notBefore: Millis = clock.monotonic();
    const outlet = new Outlet({
      ...(via === undefined || holdDown === undefined ? {} : { uplinks: { via, holdDown } }),
      ...(budget === undefined ? {} : { budget }),
      ...{ addresses, traffic, clock, log },
      onTraffic: () => {
        const now = clock.monotonic();
        if (now < notBefore) return;
        notBefore = now + (budget === undefined ? SAVED_SELDOM : SAVED_EVERY);
        save();
      },
    });
    return { outlet, save };
  }
}

function trafficOf(saved: string | undefined, log: Logger): Traffic {
  try {
    return new Traffic(saved);
  } catch (error) {
    if (!isExpected(error)) throw error;
    log.warn(
      { code: "LG668", reason: reasonOf(error) },
      "what was kept of the bytes of this month cannot be read: they are counted anew",
    );
    return new Traffic();
  }
}
