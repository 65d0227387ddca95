/** A state that comes from elsewhere, or from before, becomes this machine's. */
import { isSessionPart } from "../../servers/kept-state.ts";
import type { Store } from "../../store/store.ts";
import { CLIENT } from "./kept-servers.ts";

/**
 * Registrations, message numbers and observations are left behind: another gateway may have gone on with them, and two must never
 * speak in one registration. Prefixes, instance numbers, accounts, attributes and the history stay. Rejects with StoreError.
 */
export async function adopt(
  store: Pick<Store, "loadServers" | "saveServer" | "saveMachine">,
  machine: string | undefined,
): Promise<void> {
  const parts = await store.loadServers();
  for (const server of new Set(parts.map((part) => part.server))) {
    const gone = parts.filter((part) => part.server === server && isSessionPart(part.part.replace(CLIENT, "")));
    if (gone.length > 0)
      await store.saveServer(
        server,
        gone.map(({ part }) => ({ part })),
      );
  }
  await store.saveMachine(machine);
}
