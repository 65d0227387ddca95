/** Which settings differ between two configurations, by the keys that a person finds in config.yaml. */
import { isDeepStrictEqual } from "node:util";
import type { LoadedConfig, ServerSettings } from "../../config/types.ts";

/**
 * Of what holds from start to start alone: "gateway.endpoint", "servers[101].lifetime", "servers[102]" for one that came or
 * went. No value is told: there are keys among them.
 */
export function changedSettings(before: LoadedConfig, after: LoadedConfig): readonly string[] {
  return [
    ...differences("gateway", heldOf(before.gateway), heldOf(after.gateway)),
    ...serverChanges(before.servers, after.servers),
  ];
}

/** But for what a reload takes. */
function heldOf({ autoReload, firmware, ...held }: LoadedConfig["gateway"]): object {
  const { window, ...heldOfFirmware } = firmware;
  return { ...held, firmware: heldOfFirmware };
}

function serverChanges(before: readonly ServerSettings[], after: readonly ServerSettings[]): readonly string[] {
  const ids = new Set([...before, ...after].map(({ id }) => id));
  const changes = [...ids].flatMap((id) => {
    const name = `servers[${id}]`;
    const [old, now] = [before, after].map((servers) => servers.find((server) => server.id === id));
    return old === undefined || now === undefined ? [name] : differences(name, settingsOf(old), settingsOf(now));
  });
  const isSameOrder = isDeepStrictEqual(
    before.map(({ id }) => id),
    after.map(({ id }) => id),
  );
  // Where there are the same servers, the first of them may do more than the others.
  return changes.length === 0 && !isSameOrder ? ["servers"] : changes;
}

/** Where it stands is no setting, and the parts of the URI are told as one. */
function settingsOf({ place, scheme, host, port, ...settings }: ServerSettings): object {
  return settings;
}

function differences(path: string, before: unknown, after: unknown): readonly string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isPlain(before) || !isPlain(after)) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => {
    const inner = `${path}.${SPELLED[key] ?? snakeCase(key)}`;
    if (!OPAQUE.has(key)) return differences(inner, before[key], after[key]);
    return isDeepStrictEqual(before[key], after[key]) ? [] : [inner];
  });
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Keys whose name in the file is not that of the setting in another spelling. */
const SPELLED: Readonly<Record<string, string>> = {
  profileIds: "profile_id",
  reports: "report",
  security: "psk, rpk, x509 or dtls",
};

/** What differs within these is not spelled as somebody wrote it. */
const OPAQUE: ReadonlySet<string> = new Set(["security", "access", "budget", "remoteModbus", "admin"]);

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
