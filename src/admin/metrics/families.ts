/** The metrics, each with its meaning and where its samples come from. docs/metrics.md tells what to make of them. */
import { type Millis, SECOND } from "../../clock.ts";
import { UPDATE_RESULT, UPDATE_STATE } from "../../lwm2m/firmware/update-result.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Family<Label extends string = string> {
  /** Behind the prefix. */
  readonly name: string;
  readonly kind: "gauge" | "counter";
  readonly help: string;
  readonly labels: readonly Label[];
  /** One series a device: left out where nobody wants so many. */
  readonly perDevice?: true;
  samples(snapshot: Snapshot): readonly Measured<Label>[];
}

export interface Measured<Label extends string = string> {
  readonly labels: Readonly<Record<Label, string | number>>;
  readonly value: number;
}

export const PREFIX = "lwm2m_gateway_";

const one = (value: number): readonly Measured<never>[] => [{ labels: {}, value }];
const seconds = (millis: Millis): number => millis / SECOND;
const is = (truth: boolean): number => (truth ? 1 : 0);

const GATEWAY: readonly Family[] = [
  family("build_info", "gauge", "Always 1; which version runs.", ["version", "node"], ({ version }) => [
    { labels: { version, node: process.versions.node }, value: 1 },
  ]),
  family("uptime_seconds", "gauge", "Time since the gateway was started.", [], ({ uptime }) => one(seconds(uptime))),
  family("clock_synced", "gauge", "1 if the gateway believes the machine's clock.", [], ({ clockTrusted }) =>
    one(is(clockTrusted)),
  ),
  family("rss_bytes", "gauge", "Resident memory of the process.", [], () => one(process.memoryUsage.rss())),
  family("config_errors", "gauge", "Errors in the files of the configuration, as they were read last.", [], (all) =>
    one(all.configuration.errors),
  ),
  family(
    "config_last_reload_success_timestamp_seconds",
    "gauge",
    "When the configuration that runs was taken, at the start or by a reload.",
    [],
    ({ configuration }) => one(seconds(configuration.taken)),
  ),
  family("reloads_total", "counter", "Reloads since the start.", ["result"], ({ configuration: { reloads } }) => [
    { labels: { result: "taken" }, value: reloads.taken },
    { labels: { result: "refused" }, value: reloads.refused },
  ]),
];

const DEVICE_STATES = ["online", "connecting", "offline", "paused", "held"] as const;

const DEVICES: readonly Family[] = [
  family("devices", "gauge", "Devices by state; off: the entry or the mapping is wrong.", ["state"], (all) => [
    ...DEVICE_STATES.map((state) => ({
      labels: { state },
      value: all.devices.filter((device) => device.state === state).length,
    })),
    { labels: { state: "off" }, value: all.disabled },
  ]),
  family("values", "gauge", "Values that the devices have.", [], ({ devices }) => one(sum(devices, "values"))),
  family("values_bad", "gauge", "Values whose newest reading is no good one.", [], ({ devices }) =>
    one(sum(devices, "bad")),
  ),
  family("poll_lag_seconds", "gauge", "How late the newest polls began; the latest of all devices.", [], (all) =>
    one(seconds(Math.max(0, ...all.devices.map(({ pollLag }) => pollLag)))),
  ),
  family("poll_skipped_total", "counter", "Polls left out, as the one before still ran.", ["link"], ({ devices }) =>
    byLink(devices, ({ counters }) => counters.skippedPolls),
  ),
  family("device_outages_total", "counter", "Times that devices went offline.", ["link"], ({ devices }) =>
    byLink(devices, ({ counters }) => counters.outages),
  ),
  {
    ...family("device_up", "gauge", "1 if the device is online.", ["device", "link"], ({ devices }) =>
      devices.map(({ id, link, state }) => ({ labels: { device: id, link }, value: is(state === "online") })),
    ),
    perDevice: true,
  },
  {
    ...family("device_last_heard_seconds", "gauge", "How long ago the device was heard.", ["device", "link"], (all) =>
      all.devices.flatMap(({ id, link, silence }) =>
        silence === undefined ? [] : [{ labels: { device: id, link }, value: seconds(silence) }],
      ),
    ),
    perDevice: true,
  },
  {
    ...family("device_values_bad", "gauge", "Values of the device that are no good ones.", ["device", "link"], (all) =>
      all.devices.map(({ id, link, bad }) => ({ labels: { device: id, link }, value: bad })),
    ),
    perDevice: true,
  },
];

const LINKS: readonly Family[] = [
  family("link_up", "gauge", "1 if all wires or connections of the link are open.", ["link"], ({ links }) =>
    links.map(({ id, lines }) => ({ labels: { link: id }, value: is(lines.every(({ open }) => open)) })),
  ),
  family("link_load_ratio", "gauge", "Part of the last minute that the busiest wire was in use.", ["link"], (all) =>
    all.links.map(({ id, lines }) => ({
      labels: { link: id },
      value: Math.max(0, ...lines.map(({ load }) => load)) / 100,
    })),
  ),
  family("link_waiting", "gauge", "Requests that wait for their turn on the wire.", ["link"], ({ links }) =>
    links.map(({ id, lines }) => ({ labels: { link: id }, value: sum(lines, "waiting") })),
  ),
  family("link_transactions_total", "counter", "Requests on the wire since it was opened.", ["link", "result"], (all) =>
    all.links.flatMap(({ id, lines }) => {
      const units = lines.flatMap((line) => line.units);
      const failed = (["timeouts", "exceptions", "malformed"] as const).map((key) => sum(units, key));
      const [timeout = 0, exception = 0, malformed = 0] = failed;
      const ok = Math.max(0, sum(units, "requests") - timeout - exception - malformed);
      return Object.entries({ ok, timeout, exception, malformed }).map(([result, value]) => ({
        labels: { link: id, result },
        value,
      }));
    }),
  ),
  family("link_turnaround_median_seconds", "gauge", "What a usual unit takes to begin an answer.", ["link"], (all) =>
    turnarounds(all, (known) => middle(known.map(({ median }) => median))),
  ),
  family("link_turnaround_p95_seconds", "gauge", "What the slowest unit takes for 95 % of answers.", ["link"], (all) =>
    turnarounds(all, (known) => Math.max(...known.map(({ p95 }) => p95))),
  ),
];

const REGISTERED: readonly string[] = ["registered", "updating"];

const SERVERS: readonly Family[] = [
  family("upstream_registered", "gauge", "1 if the server has the gateway registered.", ["server"], ({ servers }) =>
    servers.map(({ shortServerId: server, state }) => ({ labels: { server }, value: is(REGISTERED.includes(state)) })),
  ),
  family("upstream_clients", "gauge", "Layout clients: devices by registration.", ["server", "state"], (all) =>
    all.servers.flatMap(({ shortServerId: server, clients }) => {
      if (clients === undefined) return [];
      const there = clients.filter(({ state }) => REGISTERED.includes(state)).length;
      return Object.entries({ registered: there, other: clients.length - there }).map(([state, value]) => ({
        labels: { server, state },
        value,
      }));
    }),
  ),
  family("upstream_last_notify_ack_seconds", "gauge", "How long ago it acknowledged a report.", ["server"], (all) =>
    all.servers.flatMap(({ shortServerId: server, reports: { sinceDelivered } }) =>
      sinceDelivered === undefined ? [] : [{ labels: { server }, value: seconds(sinceDelivered) }],
    ),
  ),
  family("upstream_reports_waiting", "gauge", "Reports that the server does not have yet.", ["server"], (all) =>
    all.servers.map(({ shortServerId: server, reports }) => ({ labels: { server }, value: reports.waiting })),
  ),
  family("upstream_reports_delivered_total", "counter", "Reports that the server has.", ["server"], ({ servers }) =>
    servers.map(({ shortServerId: server, reports }) => ({ labels: { server }, value: reports.delivered })),
  ),
  family("upstream_sent_bytes_total", "counter", "Payload of datagrams to the server.", ["server"], ({ servers }) =>
    servers.map(({ shortServerId: server, transport }) => ({ labels: { server }, value: transport.sentBytes })),
  ),
  family("upstream_received_bytes_total", "counter", "Payload of datagrams from the server.", ["server"], (all) =>
    all.servers.map(({ shortServerId: server, transport }) => ({ labels: { server }, value: transport.receivedBytes })),
  ),
  family("upstream_send_errors_total", "counter", "Datagrams that could not be sent.", ["server"], ({ servers }) =>
    servers.map(({ shortServerId: server, transport }) => ({ labels: { server }, value: transport.sendErrors })),
  ),
];

const STORE: readonly Family[] = [
  family("store_up", "gauge", "1 if the disk answers.", [], ({ store }) => one(is(store !== undefined))),
  family("store_rows", "gauge", "Entries that wait on the disk.", ["server"], ({ store }) =>
    (store?.servers ?? []).map(({ server, entries: value }) => ({ labels: { server }, value })),
  ),
  family("store_bytes", "gauge", "What waits on the disk, in bytes.", [], ({ store }) =>
    store === undefined ? [] : one(store.bytes),
  ),
  family("store_file_bytes", "gauge", "What the file of the history takes.", [], ({ store }) =>
    store === undefined ? [] : one(store.fileBytes),
  ),
  family("store_limit_bytes", "gauge", "What may wait on the disk: gateway.store.max.", [], ({ store }) =>
    store?.limit === undefined ? [] : one(store.limit),
  ),
  family("store_dropped_total", "counter", "Reports no server will get, by cause.", ["server", "cause"], (all) =>
    all.servers.flatMap(({ shortServerId: server, reports }) =>
      Object.entries(reports.dropped).map(([cause, value]) => ({ labels: { server, cause }, value })),
    ),
  ),
];

const FIRMWARE: readonly Family[] = [
  family("firmware_targets", "gauge", "What can be updated, by the state of its object 5.", ["state"], ({ firmware }) =>
    Object.entries(UPDATE_STATE).map(([state, id]) => ({
      labels: { state },
      value: firmware.filter((each) => each.state === id).length,
    })),
  ),
  family("firmware_results", "gauge", "The same by how the newest update ended.", ["result"], ({ firmware }) =>
    Object.entries(UPDATE_RESULT).map(([result, id]) => ({
      labels: { result },
      value: firmware.filter((each) => each.result === id).length,
    })),
  ),
  family("firmware_running", "gauge", "Downloads and jobs that are under way.", [], ({ firmware }) =>
    one(firmware.filter(({ progress }) => progress !== undefined).length),
  ),
  family("firmware_progress_bytes", "gauge", "Bytes that have come so far of what is under way.", [], ({ firmware }) =>
    one(firmware.reduce((sum, { progress }) => sum + (progress?.bytes ?? 0), 0)),
  ),
  family("firmware_bytes_per_second", "gauge", "How fast that comes, as far as it is known.", [], ({ firmware }) =>
    one(firmware.reduce((sum, { progress }) => sum + (progress?.speed ?? 0), 0)),
  ),
  family(
    "firmware_remaining_seconds",
    "gauge",
    "How long the longest of it takes still at that speed.",
    [],
    ({ firmware }) => {
      const known = firmware.flatMap(({ progress }) => progress?.remaining ?? []);
      return known.length === 0 ? [] : one(Math.max(...known) / SECOND);
    },
  ),
];

export const FAMILIES: readonly Family[] = [...GATEWAY, ...DEVICES, ...LINKS, ...SERVERS, ...STORE, ...FIRMWARE];

function family<Label extends string>(
  name: string,
  kind: Family["kind"],
  ...[help, labels, samples]: [string, readonly Label[], Family<Label>["samples"]]
): Family<Label> {
  return { name, kind, help, labels, samples };
}

function sum<Key extends string>(items: readonly Readonly<Record<Key, number>>[], key: Key): number {
  return items.reduce((total, item) => total + item[key], 0);
}

function byLink(
  devices: Snapshot["devices"],
  count: (device: Snapshot["devices"][number]) => number,
): readonly Measured<"link">[] {
  const links = new Map<string, number>();
  for (const device of devices) links.set(device.link, (links.get(device.link) ?? 0) + count(device));
  return [...links].map(([link, value]) => ({ labels: { link }, value }));
}

interface Turnaround {
  readonly median: Millis;
  readonly p95: Millis;
}

/** Of the links of which some unit has answered. */
function turnarounds({ links }: Snapshot, of: (known: readonly Turnaround[]) => Millis): readonly Measured<"link">[] {
  return links.flatMap(({ id, lines }) => {
    const known = lines.flatMap(({ units }) => units.flatMap(({ turnaround }) => turnaround ?? []));
    return known.length === 0 ? [] : [{ labels: { link: id }, value: seconds(of(known)) }];
  });
}

function middle(values: readonly Millis[]): Millis {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
