/** What a server is made of, as its layout has it: docs/layouts.md. */
import type { Layout } from "../../config/types.ts";
import type { InstanceNumbers } from "../../servers/layouts/folding.ts";
import { InstancesView } from "../../servers/layouts/instances-view.ts";
import type { Sight } from "../../servers/sight.ts";
import { gatewayView } from "../../servers/view.ts";
import type { ClientDevice } from "../clients/client-device.ts";
import { type ClientsOptions, ClientsPresence } from "../clients/clients-presence.ts";
import type { KeptServers } from "../state/kept-servers.ts";
import { AutoPresence } from "./auto-presence.ts";
import { HiddenLog } from "./hidden-log.ts";
import { type MakingOptions, madeServer } from "./made-server.ts";
import type { Presence } from "./presence.ts";
import { singlePresence } from "./single-presence.ts";

export interface LayoutOptions {
  readonly making: Omit<MakingOptions, "view">;
  readonly sight: Sight;
  readonly numbers: InstanceNumbers;
  readonly kept: KeptServers;
  /** The device that has the prefix now, as a client of the server; undefined: none. */
  readonly clientOf: (server: number, prefix: string) => ClientDevice | undefined;
}

/** Of what a registration is that outlives the process: under a prefix, and by itself, paths stay what they are. */
export function keptLayout(settings: { readonly layout: Layout }): { readonly layout?: string } {
  return needsNumbers(settings) ? { layout: "instances" } : {};
}

/** Whether instances of devices stand side by side. */
export function needsNumbers({ layout }: { readonly layout: Layout }): boolean {
  return layout === "instances" || layout === "auto";
}

export function presenceOf({ making, sight, numbers, kept, clientOf }: LayoutOptions): Presence {
  const { settings, north } = making;
  if (hasClients(settings)) {
    const deviceOf = (prefix: string): ClientDevice | undefined => clientOf(settings.id, prefix);
    return new ClientsPresence({ ...making, settings, sight, kept, deviceOf });
  }
  kept.dropRest(settings.id);
  if (!needsNumbers(settings)) return singlePresence(madeServer({ ...making, view: gatewayView(sight) }));
  const view = new InstancesView({ sight, numbers, now: () => north.clock.wall() });
  const hidden = new HiddenLog(north.log.child({ server: settings.id }), () => view.hidden);
  if (settings.layout === "auto") return new AutoPresence({ ...making, sight, instances: view, hidden });
  return singlePresence(madeServer({ ...making, view }), () => hidden.tell());
}

function hasClients(settings: MakingOptions["settings"]): settings is ClientsOptions["settings"] {
  return settings.clients !== undefined;
}
