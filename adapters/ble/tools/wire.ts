/** The Bluetooth adapter that a tool uses: that of the link which the user named, or of the options. */
import {
  type AdapterContext,
  type Ask,
  type Link,
  type ToolArguments,
  type ToolContext,
  type ToolOptions,
  typedOptions,
  WrongArguments,
} from "../../../src/adapter.ts";
import { type BleOptions, nameOfBackend, optionsSchema } from "../options.ts";
import type { BlePoint } from "../points.ts";
import type { BleDevice } from "../section.ts";
import type { BleStep } from "../steps.ts";

export const WIRE_OPTIONS: ToolOptions = {
  backend: {
    type: "string",
    value: "bluez|hci-user|hci-uart",
    help: "Who drives the adapter; default: bluez, beside other programs.",
  },
  adapter: { type: "string", value: "HCI", help: "Which adapter of the machine; default: hci0." },
  port: { type: "string", value: "PATH", help: "hci-uart: the serial port of the controller." },
  baud: { type: "string", value: "N", help: "hci-uart: its speed; default: 1000000." },
};

export type OpenLink = (options: BleOptions, context: AdapterContext) => Promise<Link<BleDevice, BlePoint, BleStep>>;

/** Where a tool asks. */
export interface Wire {
  /** For people: "hci0". */
  readonly name: string;
  readonly ask: Ask;
  close(): Promise<void>;
}

/** Rejects with WrongArguments where the options name no adapter. */
export async function openWire(args: ToolArguments, context: ToolContext, open: OpenLink): Promise<Wire> {
  const { link } = context;
  if (link?.ask !== undefined) return { name: `link ${link.id}`, ask: link.ask, close: async () => {} };
  const options = typedLink(args);
  const own = await open(options, context);
  if (own.ask === undefined) throw new WrongArguments("links of this type take no requests of tools");
  return { name: nameOfBackend(options.backend), ask: own.ask, close: () => own.close() };
}

/** A link for somebody who looks around: devices are asked for their names. Throws WrongArguments. */
export function typedLink(args: ToolArguments): BleOptions {
  // Only that one has a port.
  const backend = args.text("backend") ?? (args.text("port") === undefined ? "bluez" : "hci-uart");
  const given = Object.keys(WIRE_OPTIONS).flatMap((option): [string, unknown][] => {
    const text = args.text(option);
    return text === undefined ? [] : [[option, option === "baud" ? Number(text) : text]];
  });
  return typedOptions(optionsSchema, { ...Object.fromEntries(given), backend, scan: "active" });
}
