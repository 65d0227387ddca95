/** Where a running gateway can be asked: its socket, and HTTP where the configuration has it. */
import { join } from "node:path";
import { hostText, openHttpDoor } from "../admin/http-door.ts";
import type { Route } from "../admin/route.ts";
import { openAdminSocket } from "../admin/socket.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Logger } from "../log.ts";
import type { Opened } from "./ending.ts";

/** Rejects with AdminSocketError; what is open is in `opened` then, too. */
export async function openDoors(
  gateway: Gateway,
  routes: readonly Route[],
  { log, opened }: { readonly log: Logger; readonly opened: Opened[] },
): Promise<void> {
  const socket = await openAdminSocket(join(gateway.stateDirectory, "admin.sock"), routes, log);
  opened.push({ name: "the admin socket", close: () => socket.close() });
  const settings = gateway.adminSettings;
  if (settings === undefined) return;
  const door = await openHttpDoor(settings, routes, log);
  opened.push({ name: "the HTTP door", close: () => door.close() });
  const scheme = settings.tls === undefined ? "http" : "https";
  log.info({ url: `${scheme}://${hostText(settings.address)}:${door.port}` }, "the API is open over HTTP");
}
