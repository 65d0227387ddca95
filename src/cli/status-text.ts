import { isUndated, type UnixMillis } from "../clock.ts";
import type { DeviceStatus, ValueStatus } from "../devices/device-status.ts";
import { formatDuration } from "../duration.ts";
import type { GatewayStatus, SeeingServerStatus } from "../gateway/status.ts";
import type { ReportEntryStatus, ServerStatus } from "../servers/server-status.ts";
import { table } from "../table.ts";
import { clientLines, countsOf } from "./client-status-text.ts";
import { countdown, ordinal, span } from "./countdown.ts";
import { counted } from "./counted.ts";
import { firmwareTable } from "./firmware/text.ts";
import { linkLines } from "./link-status-text.ts";
import { handledLines } from "./link-text.ts";
import { modbusLines } from "./modbus-status-text.ts";
import { shownNowLines } from "./shown-text.ts";
import { formatValue, valueText } from "./shown-value.ts";
import { dropLines, filled } from "./store-stats-text.ts";
import { uplinkLines } from "./uplink-status-text.ts";

/** The overview for a person: a row for each server and device, why where one is not well, and on request each value. */
export function formatStatus(status: GatewayStatus, withValues: boolean): string {
  const { version, endpoint, config, started, now } = status;
  return [
    `lwm2m-gateway ${version}, up ${span(now - started)}`,
    ...versionLines(status),
    `endpoint ${endpoint}, configuration ${config}`,
    clockLine(status),
    ...storedLines(status, ""),
    ...(status.store === undefined ? [] : [`what waits for servers: ${filled(status.store)}`]),
    "",
    ...serverLines(status),
    "",
    ...deviceLines(status, withValues),
    ...blankBefore([...linkLines(status.links), ...handledLines(status.handled)]),
    ...blankBefore(modbusLines(status.modbus)),
    ...blankBefore(firmwareLines(status)),
  ].join("\n");
}

/** What else may run, or what does not any more; nothing where the installed program runs and nobody sent another. */
function versionLines({ versions }: GatewayStatus): readonly string[] {
  if (versions === undefined) return [];
  const { runs, trial, next, back } = versions;
  const left =
    trial === undefined ? "" : `, on trial: unless it registers within ${span(trial.left)}, ${trial.before} comes back`;
  return [
    ...(runs === "packaged" ? [] : [`version ${runs}${left}`]),
    ...(next === undefined ? [] : [`the next start runs version ${next}`]),
    ...(back === undefined ? [] : [`version ${back.version} was taken back: ${back.reason}`]),
  ];
}

/** The firmware of whatever is being updated, has an image, or ended its last update badly. */
function firmwareLines({ firmware = [] }: GatewayStatus): readonly string[] {
  const news = firmware.filter(({ state, result }) => state !== 0 || result > 1);
  return news.length === 0 ? [] : firmwareTable(news);
}

function blankBefore(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

function clockLine({ clock: { trusted, reason, lastStep }, now }: GatewayStatus): string {
  const standing = trusted ? "clock right" : "nobody knows what time it is";
  if (lastStep === undefined) return `${standing}: ${reason}`;
  const { at, by } = lastStep;
  const when = trusted ? `, ${span(now - at)} ago` : "";
  return `${standing}: ${reason}; set ${by > 0 ? "forwards" : "back"} by ${span(Math.abs(by))}${when}`;
}

const SERVER_HEADING = ["SERVER", "STATE", "FOR", "URI", "OBSERVED", "WAITING", "DELIVERED", "DROPPED"];

/** What servers filled under a prefix. */
function storedLines({ stored }: GatewayStatus, prefix: string): string[] {
  const objects = stored.find((owner) => owner.prefix === prefix)?.objects ?? [];
  if (objects.length === 0) return [];
  const named = objects.map(({ object, name, instances }) => `/${object} ${name}, ${counted(instances, "instance")}`);
  return [`${prefix === "" ? "" : "    "}stored objects: ${named.join("; ")}`];
}

function serverLines({ servers, store, now }: GatewayStatus): string[] {
  if (servers.length === 0) return ["no servers"];
  const rows = servers.map((server) => serverRow(server, now));
  const [heading = "", ...lines] = table([SERVER_HEADING, ...rows]);
  return [
    heading,
    ...servers.flatMap((server, i) => {
      const oldest = store?.servers.find((each) => each.server === server.shortServerId)?.oldest;
      return [lines[i] ?? "", ...serverDetails(server, now), ...waitLines(server, oldest, now)];
    }),
  ];
}

function serverRow(server: ServerStatus, now: UnixMillis): string[] {
  const { shortServerId, uri, state, since, version, reports } = server;
  return [
    String(shortServerId),
    version === undefined ? state : `${state} (${version})`,
    span(now - since),
    uri,
    ...[...countsOf(server), sum(Object.values(reports.dropped))].map(String),
  ];
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

function serverDetails(server: SeeingServerStatus, now: UnixMillis): string[] {
  const { state, reason, until, transport } = server;
  const next = until === undefined ? "" : `; ${NEXT[state]} in ${span(until - now)}`;
  const foreign =
    transport.foreign === 0 ? [] : [`    ${transport.foreign} datagrams from other addresses were ignored`];
  return [
    `    ${reason}${next}`,
    ...securityLines(server),
    ...shownNowLines(server.shown, server.layout?.switched).map((line) => `    ${line}`),
    ...clientLines(server, now),
    ...uplinkLines(server, now, span),
    ...queueLines(server, now),
    ...reportLines(server),
    ...sendLines(server),
    ...foreign,
  ];
}

function securityLines({ security }: ServerStatus): string[] {
  if (security === undefined) return [];
  const { mode, suite, provider, connectionId, resumed } = security;
  const session = resumed ? ", session taken up again" : "";
  return [`    DTLS by ${MODES[mode]}, ${suite} (${provider}), ${connectionId ? "" : "no "}Connection ID${session}`];
}

const MODES: Readonly<Record<NonNullable<ServerStatus["security"]>["mode"], string>> = {
  psk: "pre-shared key",
  rpk: "raw public keys",
  x509: "certificates",
};

/** What waits, since when, why, and how fast it goes. */
function waitLines(
  { state, queueMode, reports }: ServerStatus,
  oldest: UnixMillis | undefined,
  now: UnixMillis,
): string[] {
  const { waiting, stranded, deliveredLately } = reports;
  const drops = dropLines(reports);
  if (waiting === 0) return [...drops];
  const since = oldest === undefined || isUndated(oldest) ? "" : `, the oldest of ${span(now - oldest)} ago`;
  const asleep = queueMode !== undefined && queueMode.awakeUntil === undefined;
  const there = state === "registered" || state === "updating";
  const reasons = [
    ...(there ? [] : ["the server is away"]),
    ...(there && asleep ? ["we sleep"] : []),
    ...(stranded > 0 ? [`${stranded} cannot go now, ${obstacleOf(reports)}`] : []),
    ...(deliveredLately > 0 ? [`${deliveredLately} arrived in the last minute`] : []),
  ];
  const why = reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
  return [`    ${counted(waiting, "report")} waiting${since}${why}`, ...drops];
}

/** Why what waits of an observation finds no way: none by Send, and none with times. */
function obstacleOf({ delivery, sendObstacle }: ServerStatus["reports"]): string {
  if (sendObstacle === undefined && delivery === "send") return "since their device is not there";
  const noSend = sendObstacle ?? `history: ${delivery}`;
  return `since they are not observed in a format with times, and by Send they do not go: ${noSend}`;
}

/** What the gateway reports by itself. */
function reportLines({ reportEntries = [] }: ServerStatus): string[] {
  return reportEntries.map((entry) => `    report ${entry.name}: ${extentOf(entry)}`);
}

function extentOf({ devices, values }: ReportEntryStatus): string {
  if (values === 0) return "nothing that is there";
  const of = devices === 0 ? "the gateway itself" : counted(devices, "device");
  return `${counted(values, "value")} of ${of}`;
}

function queueLines({ queueMode }: ServerStatus, now: UnixMillis): string[] {
  if (queueMode === undefined) return [];
  const { awakeUntil, unheard } = queueMode;
  const until = awakeUntil === undefined ? "asleep" : `awake, for ${span(awakeUntil - now)} more`;
  return [`    queue mode: ${until}${unheard === 0 ? "" : `; ${unheard} datagrams came during a sleep`}`];
}

function sendLines({ sends: { delivered, refused, unanswered } }: ServerStatus): string[] {
  if (delivered + refused + unanswered === 0) return [];
  return [`    Send: ${delivered} delivered, ${refused} refused, ${unanswered} not answered`];
}

/** What `until` is about. */
const NEXT: Readonly<Record<ServerStatus["state"], string>> = {
  deregistered: "next step",
  waiting: "registers",
  registering: "gives up",
  registered: "next Update",
  updating: "gives up",
  retrying: "next try",
  disabled: "back",
  deregistering: "gives up",
};

const DEVICE_HEADING = ["DEVICE", "PREFIX", "STATE", "FOR", "VALUES", "HEARD", "MAPPING", "LINK"];

function deviceLines(status: GatewayStatus, withValues: boolean): string[] {
  const { devices, disabled, now } = status;
  if (devices.length + disabled.length === 0) return ["no devices"];
  const rows = [...devices.map((device) => deviceRow(device, now)), ...disabled.map(({ id }) => [id, "-", "off"])];
  const [heading = "", ...lines] = table([DEVICE_HEADING, ...rows]);
  const off = lines.slice(devices.length);
  return [
    heading,
    ...devices.flatMap((device, i) => [
      lines[i] ?? "",
      ...troubleLines(device, now),
      ...storedLines(status, device.prefix),
      ...(withValues ? valueLines(device, now) : []),
    ]),
    ...disabled.flatMap(({ reasons }, i) => [off[i] ?? "", ...reasons.map((reason) => `    ${reason}`)]),
  ];
}

function deviceRow(
  { id, prefix, state, since, values, lastHeard, mapping, link }: DeviceStatus,
  now: UnixMillis,
): string[] {
  const bad = values.filter((value) => value.bad !== undefined).length;
  const heard = lastHeard === undefined ? "never" : `${span(now - lastHeard)} ago`;
  const known = `${values.length}${bad === 0 ? "" : `, ${bad} bad`}`;
  return [id, `/${prefix}`, state, span(now - since), known, heard, mapping, link];
}

/** Of an online device too: its last request failed, or it is silent. */
function troubleLines(device: DeviceStatus, now: UnixMillis): string[] {
  const { reason, state, failed = 0, failuresAllowed, nextTry, tries = 0, offlineAt } = device;
  const failing = state !== "offline" && failed > 0 && failuresAllowed !== undefined;
  const parts = [
    ...(reason === undefined ? [] : [reason]),
    ...(failing ? [`${failed} of ${counted(failuresAllowed, "failure")} that make it offline`] : []),
    ...(offlineAt === undefined ? [] : [`offline in ${countdown(offlineAt - now)} unless it is heard`]),
    ...(nextTry === undefined ? [] : [`next try in ${countdown(nextTry - now)}, ${ordinal(tries + 1)}`]),
  ];
  return parts.length === 0 ? [] : [`    ${parts.join("; ")}`];
}

/** A line for each value, indented. */
export function valueLines({ values }: DeviceStatus, now: UnixMillis): string[] {
  return values.length === 0
    ? ["    no values"]
    : table(
        values.map((value) => valueRow(value, now)),
        "    ",
      );
}

function valueRow({ path, name, value, unit, time, period, bad, reset }: ValueStatus, now: UnixMillis): string[] {
  const shown = valueText(value, unit);
  const age = time === undefined ? "" : `${span(now - time)} ago`;
  // Servers make it another period than the mapping's.
  const steered = period === undefined ? [] : [`read every ${formatDuration(period)}`];
  const anew = reset === undefined ? [] : [`began anew ${span(now - reset.time)} ago, from ${formatValue(reset.from)}`];
  const notes = [...steered, ...anew, ...(bad === undefined ? [] : [`bad: ${bad}`])];
  return [path, name, shown, age, notes.join("; ")];
}
