/** The Bluetooth adapter that a tool uses, where no link is named. */
import { type ToolArguments, type ToolOptions, typedOptions } from "../../../src/adapter.ts";
import { type BleOptions, optionsSchema } from "../options.ts";

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

/** Throws WrongArguments. */
export function typedLink(args: ToolArguments): BleOptions {
  const given = Object.keys(WIRE_OPTIONS).flatMap((option): [string, unknown][] => {
    const text = args.text(option);
    return text === undefined ? [] : [[option, option === "baud" ? Number(text) : text]];
  });
  return typedOptions(optionsSchema, Object.fromEntries(given));
}
