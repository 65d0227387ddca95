import { isUndated, type Millis, type UnixMillis } from "../clock.ts";
import type { QueueStore, ServerStore, StoreReport } from "../gateway/waiting/store-report.ts";
import { table } from "../table.ts";

/** What waits, for a person; `all` queues, or the greatest of each server. */
export function formatStore(report: StoreReport, all: boolean): string {
  return [
    `${SOURCES[report.source]}: ${report.file}, ${size(report.fileBytes)}`,
    filled(report),
    "",
    ...table([HEADING, ...report.servers.map(serverRow)]).flatMap((line, i) => {
      const server = report.servers[i - 1];
      return server === undefined ? [line] : [line, ...queueLines(server, all), ...dropLines(server)];
    }),
  ].join("\n");
}

const SOURCES: Readonly<Record<StoreReport["source"], string>> = {
  gateway: "as the running gateway knows it",
  file: "the gateway is not running: as it lies on the disk",
};

/** "filled 12 %: 31 MB of 256 MB; lasts 6 d 4 h without servers at this rate, 1.2 MB an hour" */
export function filled({ bytes, limit, lasts, inflow }: Omit<StoreReport, "servers">): string {
  if (limit === undefined) return `what waits takes ${size(bytes)}`;
  const part = limit === 0 ? 100 : (100 * bytes) / limit;
  const percent = part > 0 && part < 1 ? "less than 1 %" : `${Math.round(part)} %`;
  const start = `filled ${percent}: ${size(bytes)} of ${size(limit)}`;
  if (inflow === undefined) return `${start}; how long there is room, a running gateway knows`;
  if (lasts === undefined) return `${start}; nothing has come since ${spanOf(inflow.span)}`;
  const rate = `${size((inflow.bytes / Math.max(1, inflow.span)) * HOUR)} an hour`;
  return `${start}; lasts ${spanOf(lasts)} without servers at this rate, ${rate}`;
}

const HEADING = ["SERVER", "QUEUES", "WAITING", "BYTES", "OLDEST", "NEWEST"];

function serverRow({ server, queues, entries, bytes, oldest, newest }: ServerStore): string[] {
  return [String(server), String(queues.length), String(entries), size(bytes), timeOf(oldest), timeOf(newest)];
}

function queueLines({ queues }: ServerStore, all: boolean): readonly string[] {
  const shown = all ? queues : queues.slice(0, MOST_QUEUES);
  const rest = queues.length - shown.length;
  return [...table(shown.map(queueRow), "    "), ...(rest === 0 ? [] : [`    and ${rest} more: --queues lists them`])];
}

function queueRow({ id, entries, bytes, oldest, newest }: QueueStore): string[] {
  const name = id.slice(id.indexOf(" ") + 1);
  const shown = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
  return [shown, String(entries), size(bytes), timeOf(oldest), timeOf(newest)];
}

export function dropLines({
  dropped = {},
}: {
  readonly dropped?: Readonly<Record<string, number>>;
}): readonly string[] {
  const causes = Object.entries(dropped).filter(([, entries]) => entries > 0);
  if (causes.length === 0) return [];
  return [`    dropped since the start: ${causes.map(([cause, entries]) => `${entries} (${cause})`).join(", ")}`];
}

function timeOf(time: UnixMillis | undefined): string {
  if (time === undefined) return "-";
  return isUndated(time) ? "without date" : new Date(time).toISOString();
}

/** "6 d 4 h": the two largest units. */
export function spanOf(duration: Millis): string {
  let left = Math.max(0, Math.floor(duration / 1000));
  const parts: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;

/** As sizes are written in the configuration: KB, MB and GB of 1024. */
export function size(bytes: number): string {
  const at = SIZES.findLastIndex(([, factor]) => bytes >= factor);
  const [unit, factor] = SIZES[at] ?? ["B", 1];
  const value = bytes / factor;
  return `${value >= 100 || factor === 1 ? Math.round(value) : Number(value.toPrecision(3))} ${unit}`;
}

const SIZES = [
  ["B", 1],
  ["KB", 2 ** 10],
  ["MB", 2 ** 20],
  ["GB", 2 ** 30],
] as const;

const HOUR: Millis = 3_600_000;
const MOST_QUEUES = 10;
const LONGEST_NAME = 60;
