/**
 * What it costs to tell a server everything: messages a second and bytes, for each way of reporting. The worst case: every
 * value that is polled changes at each poll, and all of it is reported.
 */
import { type Millis, SECOND } from "../clock.ts";
import type { LoadedConfig, ServerScheme, ServerSettings } from "../config/types.ts";
import { CONTENT_FORMAT, type TypeOf } from "../lwm2m/formats/codec.ts";
import { LEVEL, type Path, parentPath, pathDepth, prefixOf } from "../lwm2m/path.ts";
import { type Carrier, type Cost, carrierOf, NOTHING, plus, times } from "./message-cost.ts";
import { encoded, entryCost, packingCost, ROOT } from "./pack-cost.ts";
import { type ExpectedValue, expectedValues } from "./polled-values.ts";

/**
 * An observation of each resource, of each object instance, of a list for each device; packs of all devices by Send, or of each where
 * it is a client of its own; or those of the `report:` entries that the server has.
 */
export type WayName = "resource" | "instance" | "composite" | "send" | "report";

/** A way to tell a server, and what it costs a second. */
export interface Way {
  readonly name: WayName;
  /** How many observations it takes, or entries; of packs of everything, how many send them. */
  readonly count: number;
  /** Confirmable messages, each of which takes a round trip; in the format that needs more of them. */
  readonly messages: number;
  /** Both ways, with all headers, by format; absent: this way has no such format. */
  readonly bytes: { readonly tlv?: number; readonly senmlCbor: number };
  /** Whether the link carries so many messages. */
  readonly fits: boolean;
}

export interface ServerTraffic {
  readonly server: number;
  readonly uri: string;
  readonly nstart: number;
  /** Values that are polled. */
  readonly values: number;
  /** Confirmable messages a second that the link carries; absent: a stream carries as many as come. */
  readonly carries?: number;
  /** Those that the LwM2M version of the server has, from the most messages to the fewest. */
  readonly ways: readonly Way[];
  /** Of those that fit the one with the fewest bytes in SenML CBOR; absent: none fits. */
  readonly best?: WayName;
}

/** Of the link: nobody has measured it when the configuration is written. */
export const ROUND_TRIP: Millis = 100;

/** What of a configuration decides it. */
export interface Reporting extends Pick<LoadedConfig, "devices" | "catalogue"> {
  readonly servers: readonly Pick<
    ServerSettings,
    "id" | "uri" | "nstart" | "version" | "maxMessage" | "reports" | "scheme" | "layout"
  >[];
}

/** What each server of the configuration would get; empty where no device is polled. */
export function trafficOf({ servers, devices, catalogue }: Reporting): readonly ServerTraffic[] {
  const all = devices.flatMap((plan, i) => expectedValues(plan, i + 1));
  const polled = all.filter(isPolled);
  if (polled.length === 0) return [];
  const { typeOf } = catalogue;
  const observed = new Map<ServerScheme, readonly Costs[]>();
  return servers.map((server) => {
    const { scheme, maxMessage, reports, layout } = server;
    const carrier = carrierOf(scheme);
    const ways = observed.get(scheme) ?? [
      observing("resource", all, { carrier, typeOf }),
      observing("instance", all, { carrier, typeOf }),
      observing("composite", polled, { carrier, typeOf }),
    ];
    observed.set(scheme, ways);
    const packing = { maxMessage, typeOf, carrier };
    // A Send goes by the registration of what it is about.
    const senders = layout === "clients" ? [...groupedBy(all, deviceOf).values()] : [all];
    const ofEach = (cost: (own: readonly ExpectedValue[]) => Cost): Cost => senders.map(cost).reduce(plus, NOTHING);
    const packs: Costs = {
      name: "send",
      count: senders.length,
      senmlCbor: ofEach((own) => packingCost(own.filter(isPolled), packing)),
    };
    const entries = ofEach((own) => reports.map((entry) => entryCost(entry, own, packing)).reduce(plus, NOTHING));
    const report: Costs = { name: "report", count: reports.length, senmlCbor: entries };
    const known = [...ways, packs, ...(report.count === 0 ? [] : [report])];
    return { values: polled.length, ...serverTraffic(server, known) };
  });
}

function deviceOf({ sample }: ExpectedValue): string {
  return prefixOf(sample.path);
}

function isPolled({ period }: ExpectedValue): boolean {
  return period !== undefined;
}

/** What a way costs a second, without the link that has to carry it. */
interface Costs {
  readonly name: WayName;
  readonly count: number;
  readonly tlv?: Cost;
  readonly senmlCbor: Cost;
}

function serverTraffic(
  { id, uri, scheme, nstart, version }: Reporting["servers"][number],
  all: readonly Costs[],
): Omit<ServerTraffic, "values"> {
  // RFC 7252 §4.7: each takes its round trip before the next may leave.
  const carries = scheme === "coap+tcp" ? undefined : (nstart * SECOND) / ROUND_TRIP;
  // Core 1.1 brought SenML, composite observations and Send.
  const known = version === "1.0" ? all.filter(({ name }) => name === "resource" || name === "instance") : all;
  const ways = known.map((costs) => wayOf(costs, carries));
  // A format without time brings no history: it is not what is chosen by. Entries tell what somebody chose, and not all.
  const [best] = ways
    .filter(({ name, fits }) => fits && name !== "report")
    .sort((a, b) => a.bytes.senmlCbor - b.bytes.senmlCbor);
  const limit = carries === undefined ? {} : { carries };
  return { server: id, uri, nstart, ...limit, ways, ...(best === undefined ? {} : { best: best.name }) };
}

function wayOf({ name, count, tlv, senmlCbor }: Costs, carries = Number.POSITIVE_INFINITY): Way {
  const bytes = { ...(tlv === undefined ? {} : { tlv: tlv.bytes }), senmlCbor: senmlCbor.bytes };
  const messages = Math.max(senmlCbor.messages, tlv?.messages ?? 0);
  return { name, count, messages, bytes, fits: messages <= carries };
}

type Observed = Exclude<WayName, "send" | "report">;

/** A report of an observation shows all that it observes, whichever poll made it due. */
function observing(
  name: Observed,
  values: readonly ExpectedValue[],
  { carrier, typeOf }: { readonly carrier: Carrier; readonly typeOf: TypeOf },
): Costs {
  const groups = groupedBy(values, ({ sample }) => observedPath(name, sample.path));
  const changing = [...groups].filter(([, own]) => own.some(isPolled));
  const inFormat = (contentFormat: number): Cost =>
    changing
      .map(([path, own]) => {
        const samples = own.map(({ sample }) => sample);
        const base = name === "composite" ? ROOT : path;
        const payload = encoded(samples, base, { contentFormat, typeOf });
        return times(carrier.notification(payload, contentFormat, base), pace(own));
      })
      .reduce(plus, NOTHING);
  const senmlCbor = inFormat(CONTENT_FORMAT.senmlCbor);
  const costs = { name, count: changing.length, senmlCbor };
  return name === "composite" ? costs : { ...costs, tlv: inFormat(CONTENT_FORMAT.tlv) };
}

/** For a composite observation, whose list has many: what they have in common, their device. */
function observedPath(name: Observed, path: Path): Path {
  const level = { resource: LEVEL.resource, instance: LEVEL.instance, composite: 0 }[name];
  let at = path;
  while (pathDepth(at) > level) at = parentPath(at) ?? ROOT;
  return at;
}

/** Reports a second: values of one period come together, those of others at other times. */
function pace(values: readonly ExpectedValue[]): number {
  const periods = new Set(values.flatMap(({ period }) => period ?? []));
  return [...periods].reduce((sum, period) => sum + SECOND / period, 0);
}

function groupedBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
