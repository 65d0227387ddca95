import { SECOND } from "../../clock.ts";
import { type Path, pathParts } from "../../lwm2m/path.ts";
import type { Sample } from "../../lwm2m/sample.ts";
import type { ServerAccount } from "../../servers/account.ts";
import type { AccountListener } from "../../servers/server-object.ts";
import {
  BINDING,
  DEFAULT_MAXIMUM_PERIOD,
  DEFAULT_MINIMUM_PERIOD,
  LIFETIME,
  MUTE_SEND,
  NOTIFICATION_MODE,
} from "../../servers/server-resources.ts";
import type { PresenceListener } from "./presence.ts";

export interface AccountListenerOptions {
  /** Of the server that the account is of. */
  readonly listenerOf: (account: ServerAccount) => PresenceListener | undefined;
  /** Said after the registration has heard of it. */
  readonly onWritten: (account: ServerAccount, samples: readonly Sample[], removed: readonly Path[]) => void;
}

/** What becomes of what a server does to its account. */
export function accountListener({ listenerOf, onWritten }: AccountListenerOptions): AccountListener {
  return {
    onWritten(account, samples, removed) {
      const listener = listenerOf(account);
      const written = new Set([...samples.map(({ path }) => path), ...removed].map((path) => pathParts(path).resource));
      if (written.has(LIFETIME)) listener?.onAccount({ type: "lifetimeChanged", lifetime: account.lifetime });
      if (written.has(BINDING)) listener?.onAccount({ type: "queueModeChanged", queueMode: account.queueMode });
      if (written.has(MUTE_SEND)) listener?.muteChanged();
      if (DEFAULTS.some((resource) => written.has(resource))) listener?.defaultsChanged();
      onWritten(account, samples, removed);
    },
    onUpdateTrigger: (account) => listenerOf(account)?.onAccount({ type: "updateTriggered" }),
    onDisable: (account) => listenerOf(account)?.onAccount({ type: "disable", for: account.disableTimeout * SECOND }),
  };
}

/** Resources of the Server object that are attributes where no other are (Core §5.1.2). */
const DEFAULTS: readonly number[] = [DEFAULT_MINIMUM_PERIOD, DEFAULT_MAXIMUM_PERIOD, NOTIFICATION_MODE];
