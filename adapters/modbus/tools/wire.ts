/** The wire that a tool talks on: the link that the user named, or one of its own that the options describe. */
import { z } from "zod";
import {
  type AdapterContext,
  type Ask,
  DeviceError,
  type Link,
  type Millis,
  type ToolArguments,
  type ToolContext,
  type ToolOptions,
  typedSpan,
  WrongArguments,
  wrongOption,
} from "../../../src/adapter.ts";
import type { ModbusDevice, ModbusPoint, ModbusStep } from "../points.ts";
import { askRaw, type RawAnswer } from "./ask.ts";

export const WIRE_OPTIONS: ToolOptions = {
  host: { type: "string", value: "HOST", help: "A Modbus TCP device, or the gateway before it." },
  port: {
    type: "string",
    value: "PORT",
    help: "Its TCP port (default: 502); or a serial port, e.g. /dev/serial/by-id/…",
  },
  line: { type: "string", value: "SETTINGS", help: "Of a serial port, e.g. 9600-8N1 or 19200-8E1." },
  type: { type: "string", value: "TYPE", help: "Another type of link than these two say, e.g. modbus-rtu-over-tcp." },
  timeout: { type: "string", value: "TIME", help: "How long to wait for an answer, e.g. 500ms." },
};

export interface Wire {
  /** The response PDU, that of an exception too. Rejects with DeviceError. */
  transact(unit: number, pdu: Uint8Array): Promise<RawAnswer>;
  close(): Promise<void>;
}

/** How the adapter opens a link of its own. */
export interface LinkOpener {
  /** The words behind `type:`. */
  readonly types: readonly string[];
  /** `entry`: the other keys, as a user would write them. Rejects with ZodError where they are wrong. */
  open(type: string, entry: unknown, context: AdapterContext): Promise<ModbusLink>;
}

export type ModbusLink = Link<ModbusDevice, ModbusPoint, ModbusStep>;

/** Rejects with WrongArguments where the options name no wire. */
export async function openWire(args: ToolArguments, context: ToolContext, opener: LinkOpener): Promise<Wire> {
  const timeout = typedSpan(args, "timeout");
  const { link } = context;
  if (link?.ask !== undefined) return wireOn(link.ask, timeout, async () => {});
  const own = await openOwn(args, context, opener);
  if (own.ask === undefined) throw new WrongArguments("links of this type take no raw requests");
  return wireOn(own.ask, timeout, () => own.close());
}

/** A link of the tool's own. Rejects with WrongArguments. */
export async function openOwn(args: ToolArguments, context: AdapterContext, opener: LinkOpener): Promise<ModbusLink> {
  const { type, entry } = linkOf(args);
  if (!opener.types.includes(type)) {
    throw new WrongArguments(`--type ${type}: expected one of ${opener.types.join(", ")}`);
  }
  try {
    return await opener.open(type, entry, context);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw wrongOption(error);
  }
}

function wireOn(ask: Ask, timeout: Millis | undefined, close: () => Promise<void>): Wire {
  return { transact: (unit, pdu) => askRaw(ask, { unit, pdu, timeout }), close };
}

/** A link entry as a user would write it. */
function linkOf(args: ToolArguments): { readonly type: string; readonly entry: Readonly<Record<string, unknown>> } {
  const [host, port, line, timeout] = ["host", "port", "line", "timeout"].map((option) => args.text(option));
  const isSerial = port !== undefined && !/^\d+$/.test(port);
  if (host === undefined && !isSerial) {
    throw new WrongArguments("where to? expected --link ID, --host HOST, or --port /dev/… with --line 9600-8N1");
  }
  if (host !== undefined && isSerial) throw new WrongArguments(`--port ${port}: beside --host a TCP port is expected`);
  if (isSerial && line === undefined)
    throw new WrongArguments("--line: a serial port needs its settings, e.g. 9600-8N1");
  const type = args.text("type") ?? (isSerial ? "modbus-rtu" : "modbus-tcp");
  const given = { host, port: isSerial || port === undefined ? port : Number(port), line, timeout };
  return { type, entry: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** Whether nobody answered, as far as anybody knows: the one failure that a search goes on after. */
export function isSilence(error: unknown): error is DeviceError {
  return error instanceof DeviceError && error.kind === "unreachable";
}
