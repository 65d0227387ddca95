/** What is odd about these links together, for `check` and the log. */
import type { LinkAdvice, NamedLink } from "../../src/adapter.ts";
import { type BleOptions, nameOfBackend } from "./options.ts";

export async function adviseLinks(links: readonly NamedLink<BleOptions>[]): Promise<readonly LinkAdvice[]> {
  return [...sharedAdapters(links), ...links.flatMap(passiveBlueZ)];
}

function sharedAdapters(links: readonly NamedLink<BleOptions>[]): readonly LinkAdvice[] {
  return links.flatMap(({ id, options: { backend } }, i) => {
    const name = nameOfBackend(backend);
    const first = links.slice(0, i).find((other) => nameOfBackend(other.options.backend) === name);
    if (first === undefined) return [];
    const message = `${name} is the adapter of the link "${first.id}" already, and the two would disturb each other: put the devices of both on one link`;
    return [{ link: id, message }];
  });
}

function passiveBlueZ({ id, options: { backend, scan } }: NamedLink<BleOptions>): readonly LinkAdvice[] {
  if (backend.kind !== "bluez" || scan !== "passive") return [];
  const message = "BlueZ scans actively, whatever `scan` says: leave it out, or take backend: hci-user";
  return [{ link: id, message }];
}
