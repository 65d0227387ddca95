import { isUndated, type Millis, systemClock, type UnixMillis } from "../clock.ts";
import { parseDuration } from "../duration.ts";
import type { ShownValue } from "../gateway/operator/operator.ts";
import { eventsOfGateway, SOCKET_OPTION } from "./admin.ts";
import { type Arguments, type Command, EXIT, UsageError } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { pathArguments, routeOf } from "./path-arguments.ts";
import { valueRow } from "./value-text.ts";

/** Until Ctrl-C, or for a while. */
export const observe: Command = {
  name: "observe",
  summary: "Shows values of the running gateway and its devices as they come.",
  positionals: "PATH...",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    for: { type: "string", value: "DURATION", help: "Ends after this long, e.g. 30s (default: with Ctrl-C)." },
    json: { type: "boolean", help: "Prints each event as a line of JSON." },
  },
  async run(args) {
    const route = routeOf("/v1/observe", pathArguments(args.positionals));
    const lines = new Lines();
    for await (const { event, data } of eventsOfGateway(args, route, endOf(args))) {
      if (args.flag("json")) process.stdout.write(`${JSON.stringify({ event, ...Object(data) })}\n`);
      // The events are our own program's, on a socket that only its user can open.
      else if (event === "value") process.stdout.write(lines.of(data as ShownValue));
      else process.stderr.write(sentenceOf(event, data as Told));
    }
    return EXIT.ok;
  },
};

/** What comes beside values. */
interface Told {
  readonly device?: string;
  readonly state?: string;
  readonly count?: number;
}

function sentenceOf(event: string, { device, state, count }: Told): string {
  if (event === "device") return `${device} is ${state}\n`;
  return event === "lost" ? `${count} values came faster than they could be shown, and are lost\n` : "";
}

/** Ctrl-C, or the end of the time: an end like any other. */
function endOf(args: Arguments): AbortSignal {
  const end = new AbortController();
  const stop = (): void => end.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const duration = durationOf(args.text("for"));
  if (duration !== undefined) systemClock.at(systemClock.monotonic() + duration, stop);
  return end.signal;
}

/** Throws UsageError. */
function durationOf(text: string | undefined): Millis | undefined {
  if (text === undefined) return undefined;
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--for ${error.message}`, { cause: error });
  }
}

/** Each column is as wide as its widest so far. */
class Lines {
  private readonly widths: number[] = [];

  of(value: ShownValue): string {
    const cells = [timeOf(value.time), ...valueRow(value)].map((cell, i) => {
      const width = Math.max(this.widths[i] ?? 0, cell.length);
      this.widths[i] = width;
      return cell.padEnd(width);
    });
    return `${cells.join("  ").trimEnd()}\n`;
  }
}

/** Of the day, where it is known, as the clock on the wall has it. */
function timeOf(time: UnixMillis): string {
  if (isUndated(time)) return `+${Math.round(time / 1000)} s`;
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
