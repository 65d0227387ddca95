import { formatDuration } from "../duration.ts";
import { FULL, type LinkLoad, linkLoads, type Remedy, type WireLoad, wireLoads } from "./link-loads.ts";
import type { LoadedConfig } from "./types.ts";

/** A line for each link that has devices, and for each wire whose speed is known. */
export function loadLines(loaded: LoadedConfig): readonly string[] {
  return [...linkLoads(loaded).map(linkLine), ...wireLoads(loaded).map(wireLine)];
}

function linkLine({ link, devices, valuesPerSecond }: LinkLoad): string {
  return `   link ${link}: ${count(devices, "device")}, ${rate(valuesPerSecond)}`;
}

function wireLine({ key, text, links, load, remedies }: WireLoad): string {
  const shared = links.length === 1 && links[0] === key ? "" : ` behind ${links.join(", ")}`;
  const line = `   wire ${key} (${text})${shared}: ${percent(load)} busy`;
  if (load <= FULL) return line;
  const advice = remedies.length === 0 ? "read less often" : remedies.map(remedyText).join(", or ");
  return `${line}; above ${percent(FULL)} polls are skipped and writes wait: ${advice}`;
}

function remedyText(remedy: Remedy): string {
  switch (remedy.kind) {
    case "pace":
      return `read every ${formatDuration(remedy.instead)} instead of ${formatDuration(remedy.every)} (${percent(remedy.load)})`;
    case "speed":
      return `${remedy.text} (${percent(remedy.load)})`;
  }
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function rate(perSecond: number): string {
  const rounded = perSecond < 10 ? Number(perSecond.toFixed(1)) : Math.round(perSecond);
  return `${rounded} ${rounded === 1 ? "value" : "values"} a second`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
