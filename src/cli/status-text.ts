import type { Millis } from "../clock.ts";
import type { DeviceStatus, ValueStatus } from "../devices/device-status.ts";
import type { GatewayStatus } from "../gateway/status.ts";
import type { ServerStatus } from "../servers/server-status.ts";

/** The overview for a person: a line each server and device, and on request each value. */
export function formatStatus(status: GatewayStatus, withValues: boolean): string {
  const { now } = status;
  return [
    `lwm2m-gateway ${status.version}, endpoint ${status.endpoint}, up ${span(now - status.started)}`,
    "",
    ...status.servers.map((server) => serverLine(server, now)),
    "",
    ...status.devices.flatMap((device) => [
      deviceLine(device, now),
      ...(withValues ? device.values.map((value) => valueLine(value, now)) : []),
    ]),
    ...status.disabled.flatMap(({ id, reasons }) => [
      `  ${id.padEnd(16)} off`,
      ...reasons.map((reason) => `    ${reason}`),
    ]),
  ].join("\n");
}

/** "12 s", "5 min", "3 h", "2 d": the largest unit that says it. */
export function span(duration: Millis): string {
  const seconds = Math.max(0, Math.round(duration / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

function serverLine(server: ServerStatus, now: number): string {
  const { shortServerId, uri, state, since, reason, until, version, reports, transport } = server;
  const next = until === undefined ? "" : `, next in ${span(until - now)}`;
  const how = version === undefined ? "" : ` (LwM2M ${version})`;
  const parts = [
    `server ${shortServerId} ${uri}: ${state}${how} for ${span(now - since)}${next}`,
    `    ${reason}; ${server.observations.length} observed, ${reports.waiting} reports waiting, ` +
      `${reports.delivered} delivered, ${reports.dropped} dropped; ${transport.foreign} foreign datagrams ignored`,
  ];
  return parts.join("\n");
}

function deviceLine(device: DeviceStatus, now: number): string {
  const { id, prefix, state, since, reason, nextTry, mapping, link, values } = device;
  const bad = values.filter((value) => value.bad !== undefined).length;
  const what = `  ${id.padEnd(16)} /${prefix.padEnd(16)} ${state.padEnd(10)} for ${span(now - since).padEnd(8)}`;
  const why = reason === undefined || state === "online" ? "" : `  ${reason}`;
  const next = nextTry === undefined ? "" : `, next try in ${span(nextTry - now)}`;
  return `${what} ${mapping} on ${link}, ${values.length} values${bad === 0 ? "" : `, ${bad} bad`}${why}${next}`;
}

function valueLine({ path, name, value, unit, time, bad }: ValueStatus, now: number): string {
  const shown = value === undefined ? "-" : formatValue(value);
  const age = time === undefined ? "" : `${span(now - time)} ago`;
  return `    ${path.padEnd(28)} ${name.padEnd(28)} ${shown} ${unit ?? ""}  ${age}${bad === undefined ? "" : `  bad: ${bad}`}`;
}

function formatValue(value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(7)));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
