/** How busy the links of a configuration are: values a second of each, and how full their wires get. */
import type { PlannedWire } from "../adapter.ts";
import { HOUR, MINUTE, type Millis, SECOND } from "../clock.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import { pollCosts, timeOf } from "./poll-costs.ts";
import type { LinkSettings, LoadedConfig } from "./types.ts";

export interface LinkLoad {
  readonly link: string;
  readonly devices: number;
  /** By the paces of the mappings; servers may ask for others. */
  readonly valuesPerSecond: number;
}

export interface WireLoad {
  readonly key: string;
  /** For people, e.g. "9600-8N1". */
  readonly text: string;
  readonly links: readonly string[];
  readonly devices: number;
  readonly valuesPerSecond: number;
  /** The part of the time in which it is in use: 1 is all there is. Groups that are due together cost less. */
  readonly load: number;
  /** What would bring a wire that is too full below the limit, or nearest to it. */
  readonly remedies: readonly Remedy[];
}

export type Remedy =
  | { readonly kind: "pace"; readonly every: Millis; readonly instead: Millis; readonly load: number }
  | { readonly kind: "speed"; readonly text: string; readonly load: number };

/** Above this there is no room for writes, retries and what servers ask for in between. */
export const FULL = 0.8;

/** What people write for a period. */
const ROUND: readonly Millis[] = [
  ...[1, 2, 3, 5, 10, 15, 20, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  HOUR,
];

interface Polled {
  readonly every: Millis;
  readonly values: number;
  readonly time: Millis;
  readonly fasterTime: Millis;
}

/** In the order of the files; links that no device uses are left out. */
export function linkLoads({ links, devices }: LoadedConfig): readonly LinkLoad[] {
  return [...links.values()].flatMap((link) => {
    const users = devices.filter((device) => device.link === link.id);
    if (users.length === 0) return [];
    const valuesPerSecond = sum(users.map(rateOf));
    return [{ link: link.id, devices: users.length, valuesPerSecond }];
  });
}

/** The wires whose speed somebody has told, each with all links that lead to it. */
export function wireLoads(loaded: LoadedConfig): readonly WireLoad[] {
  const wires = new Map<string, { readonly wire: PlannedWire; readonly links: LinkSettings[] }>();
  for (const link of loaded.links.values()) {
    const wire = link.adapter.wire?.(link.options, link.id);
    if (wire === undefined) continue;
    const known = wires.get(wire.key) ?? { wire, links: [] };
    known.links.push(link);
    wires.set(wire.key, known);
  }
  return [...wires.values()].flatMap(({ wire, links }) => {
    const load = wireLoad(wire, links, loaded);
    return load.devices === 0 ? [] : [load];
  });
}

function wireLoad(wire: PlannedWire, links: readonly LinkSettings[], { devices }: LoadedConfig): WireLoad {
  const users = links.map((link) => ({ link, devices: devices.filter((device) => device.link === link.id) }));
  const polled = users.flatMap(({ link, devices }) => devices.flatMap((device) => polledOn(wire, link, device)));
  const load = sum(polled.map(({ time, every }) => time / every));
  return {
    key: wire.key,
    text: wire.text,
    links: links.map(({ id }) => id),
    devices: sum(users.map(({ devices }) => devices.length)),
    valuesPerSecond: sum(polled.map(({ values, every }) => (values * SECOND) / every)),
    load,
    remedies: load <= FULL ? [] : remedies(wire, polled),
  };
}

function polledOn(wire: PlannedWire, { adapter, options, id }: LinkSettings, device: DevicePlan): readonly Polled[] {
  const own = adapter.wire?.(options, id);
  const faster = own?.faster === undefined ? undefined : pollCosts(device, adapter, own.faster.options);
  return pollCosts(device, adapter, options).flatMap((cost, at) => {
    const time = timeOf(cost, own?.pause ?? wire.pause);
    const quick = faster?.[at];
    if (cost.every === undefined || time === undefined) return [];
    const fasterTime = (quick && timeOf(quick, own?.pause ?? wire.pause)) ?? time;
    return [{ every: cost.every, values: cost.values, time, fasterTime }];
  });
}

/** The group that costs most, at the first round period that helps; and the next faster setting of the wire. */
function remedies(wire: PlannedWire, polled: readonly Polled[]): readonly Remedy[] {
  const loads = new Map<Millis, number>();
  for (const { every, time } of polled) loads.set(every, (loads.get(every) ?? 0) + time / every);
  const total = sum([...loads.values()]);
  const [costly] = [...loads].sort(([, a], [, b]) => b - a);
  const found: Remedy[] = [];
  if (costly !== undefined) {
    const [every, share] = costly;
    const loadAt = (instead: Millis): number => total - share + (share * every) / instead;
    const instead = ROUND.find((period) => period > every && loadAt(period) <= FULL);
    if (instead !== undefined) found.push({ kind: "pace", every, instead, load: loadAt(instead) });
  }
  if (wire.faster !== undefined) {
    const load = sum(polled.map(({ fasterTime, every }) => fasterTime / every));
    found.push({ kind: "speed", text: wire.faster.text, load });
  }
  return found;
}

function rateOf({ resources }: DevicePlan): number {
  return sum(
    [...resources.values()].map(({ source }) =>
      source.kind === "point" && source.readable && typeof source.poll === "object" ? SECOND / source.poll.every : 0,
    ),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}
