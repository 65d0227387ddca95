/** The live tree in the terminal, or a line for each value where there is none. */
import { type Clock, type Millis, systemClock, type UnixMillis } from "../src/clock.ts";
import type { TimedPathValue } from "../src/lwm2m/formats/codec.ts";
import { formatObjectLink } from "../src/lwm2m/formats/value.ts";
import { isWithin, type Path, parentPath, parsePath } from "../src/lwm2m/path.ts";
import { isObjectLink, type Value } from "../src/lwm2m/sample.ts";
import { type Client, describeResource, type Received } from "./client.ts";

/** What the view needs of a terminal; `process.stdout` is one. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Who is there is told by events; the tree is for values. */
const GATEWAY_OBJECT = parsePath("/25");
const HOME_AND_CLEAR = "\u001b[H\u001b[2J";
const EVENTS_SHOWN = 4;
/** How long each page stays where the window is too low for the whole tree. */
const PAGE_TIME = 4000;

export class View {
  private readonly screen: Screen;
  private readonly heading: readonly string[];
  private readonly clock: Clock;
  private readonly events: string[] = [];
  private closed = false;

  /** `heading`: what stays above the tree. */
  constructor(screen: Screen, heading: readonly string[], clock: Clock = systemClock) {
    this.screen = screen;
    this.heading = heading;
    this.clock = clock;
    if (screen.isTTY !== true) for (const line of heading) screen.write(`${line}\n`);
  }

  event(sentence: string): void {
    if (this.closed) return;
    const line = `${clockTime(this.clock.wall())} ${sentence}`;
    this.events.push(line);
    if (this.events.length > EVENTS_SHOWN) this.events.shift();
    if (this.screen.isTTY !== true) this.screen.write(`${line}\n`);
  }

  /** Values arrived: without a terminal each is a line. */
  values(client: Client, values: readonly TimedPathValue[]): void {
    if (this.screen.isTTY === true || this.closed) return;
    const now = this.clock.wall();
    for (const { path, value, time = now } of values) {
      if (isWithin(path, GATEWAY_OBJECT)) continue;
      this.screen.write(`${row(path, { value, time }, { now, unit: sensorUnit(client, path) })}\n`);
    }
  }

  /** Draws the whole tree anew; does nothing without a terminal. */
  draw(clients: readonly Client[]): void {
    if (this.screen.isTTY !== true || this.closed) return;
    const { rows = 24, columns = 80 } = this.screen;
    const room = Math.max(2, rows - this.heading.length - this.events.length - 4);
    const tree = clients.flatMap((client) => treeLines(client, this.clock.wall()));
    const shown = page(tree, room, this.clock.monotonic());
    const lines = [...this.heading, "", ...shown, "", ...this.events];
    this.screen.write(HOME_AND_CLEAR + lines.map((line) => line.slice(0, columns)).join("\n"));
  }

  /** Leaves what is there; what comes later is not shown. */
  close(): void {
    if (this.screen.isTTY === true && !this.closed) this.screen.write("\n");
    this.closed = true;
  }
}

/** All lines, or one page after the other. */
function page(lines: readonly string[], room: number, time: Millis): readonly string[] {
  if (lines.length <= room) return lines;
  const size = room - 1;
  const pages = Math.ceil(lines.length / size);
  const number = Math.floor(time / PAGE_TIME) % pages;
  return [
    ...lines.slice(number * size, (number + 1) * size),
    `page ${number + 1} of ${pages}; a taller window shows all`,
  ];
}

function treeLines(client: Client, now: UnixMillis): string[] {
  const values = [...client.values].filter(([path]) => !isWithin(path, GATEWAY_OBJECT));
  return [
    `${client.endpoint}  LwM2M ${client.version}  devices: ${client.devices.size}, observations: ${client.observed.size}`,
    `${"PATH".padEnd(26)} ${"NAME".padEnd(30)} ${"VALUE".padStart(12)} ${"UNIT".padEnd(6)} AGE`,
    ...values.map(([path, received]) => row(path, received, { now, unit: sensorUnit(client, path) })),
  ];
}

/** Sensor Units (5701) of the instance, for a resource to which the registry gives no unit. */
function sensorUnit(client: Client, path: Path): string {
  const instance = parentPath(path);
  const units = instance === undefined ? undefined : client.values.get(parsePath(`${instance}/5701`))?.value;
  return typeof units === "string" && path.endsWith("/5700") ? units : "";
}

interface Seen {
  readonly now: UnixMillis;
  /** Where the registry has none. */
  readonly unit: string;
}

function row(path: Path, { value, time }: Received, { now, unit: given }: Seen): string {
  const { name, unit: registered } = describeResource(path);
  const unit = registered === "" ? given : registered;
  const age = `${Math.max(0, Math.round((now - time) / 1000))} s`;
  return `${path.padEnd(26)} ${name.slice(0, 30).padEnd(30)} ${formatValue(value).padStart(12)} ${unit.padEnd(6)} ${age}`;
}

function formatValue(value: Value): string {
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  // A device's text is no command to the terminal.
  return isObjectLink(value) ? formatObjectLink(value) : String(value).replaceAll(/\p{Cc}/gu, "?");
}

function clockTime(time: UnixMillis): string {
  return new Date(time).toTimeString().slice(0, 8);
}
