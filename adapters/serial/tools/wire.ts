/** The line that a tool talks on: the link that the user named, or one of its own that the options describe. */
import { z } from "zod";
import {
  type AdapterContext,
  type Ask,
  type ToolArguments,
  type ToolContext,
  type ToolOptions,
  typedOptions,
  WrongArguments,
} from "../../../src/adapter.ts";
import { formatSerialSettings, type SerialSettings } from "../../wires/serial-settings.ts";
import { portOptionsSchema, type SerialOptions, tcpOptionsSchema } from "../options.ts";
import { SerialLink } from "../serial-link.ts";

export const WIRE_OPTIONS: ToolOptions = {
  port: {
    type: "string",
    value: "PORT",
    help: "A serial port, e.g. /dev/serial/by-id/…; or, with --host, the TCP port of a serial server.",
  },
  line: { type: "string", value: "SETTINGS", help: "Of a serial port, e.g. 9600-8N1 or 2400-7E1." },
  host: { type: "string", value: "HOST", help: "A serial server that carries the bytes of a line." },
  flow: { type: "string", value: "FLOW", help: "How the device is held back: none, rts-cts or xon-xoff." },
};

export interface Wire {
  readonly ask: Ask;
  /** Where it leads to, as the schema of its type made it; undefined for a link that has no such options. */
  readonly line?: SerialSettings;
  close(): Promise<void>;
}

/** Rejects with WrongArguments where the options name no line. */
export async function openWire(args: ToolArguments, context: ToolContext): Promise<Wire> {
  const { link } = context;
  if (link === undefined) return openOn(optionsOf(args), context);
  if (link.ask === undefined) throw new WrongArguments("this link takes no requests of tools");
  const line = lineIn(link.options);
  return { ask: link.ask, ...(line === undefined ? {} : { line }), close: async () => {} };
}

/** A line of the tool's own. */
export function openOn(options: SerialOptions, context: AdapterContext): Wire {
  const link = new SerialLink(options, context);
  const line = options.transport === "port" ? { line: options.line } : {};
  return { ask: link.ask, ...line, close: () => link.close() };
}

/** Throws WrongArguments. `line`: instead of what the options say. */
export function optionsOf(args: ToolArguments, line?: SerialSettings): SerialOptions {
  const [host, port, flow] = ["host", "port", "flow"].map((option) => args.text(option));
  const settings = line === undefined ? args.text("line") : formatSerialSettings(line);
  if (port === undefined)
    throw new WrongArguments(
      "where? expected --link ID, --port /dev/… with --line 9600-8N1, or --host HOST --port PORT",
    );
  if (host !== undefined)
    return typedOptions(tcpOptionsSchema, { host, port: /^\d+$/.test(port) ? Number(port) : port });
  if (settings === undefined) throw new WrongArguments("--line: a serial port needs its settings, e.g. 9600-8N1");
  return typedOptions(portOptionsSchema, { port, line: settings, ...(flow === undefined ? {} : { flow }) });
}

const withLine = z.object({ transport: z.literal("port"), line: z.custom<SerialSettings>() });

function lineIn(options: unknown): SerialSettings | undefined {
  return withLine.safeParse(options).data?.line;
}
