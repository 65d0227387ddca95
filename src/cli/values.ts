import { SOCKET_OPTION } from "./admin.ts";
import { type Arguments, type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { askedValues } from "./device-asked.ts";
import { oneId } from "./device-replace.ts";
import { valuesText } from "./values-text.ts";
import { WATCH_OPTION, watch } from "./watch.ts";

/** For somebody who compares the display of a device with what servers get. */
export const values: Command = {
  name: "values",
  summary: "Shows the values of one device: age, quality, where each comes from, and how it came about.",
  positionals: "ID",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    bad: { type: "boolean", help: "Only values that are bad now." },
    raw: { type: "boolean", help: "From the wire to the value; the device is asked once more for it." },
    watch: WATCH_OPTION,
    json: { type: "boolean", help: "Prints the values as JSON; with --watch a line each time." },
  },
  async run(args) {
    const id = oneId(args);
    if (args.flag("watch")) return watch(() => shown(args, id));
    process.stdout.write(`${await shown(args, id)}\n`);
    return EXIT.ok;
  },
};

async function shown(args: Arguments, id: string): Promise<string> {
  const raw = args.flag("raw");
  const view = await askedValues(args, id, { raw, bad: args.flag("bad") });
  if (!args.flag("json")) return valuesText(view, raw).join("\n");
  return args.flag("watch") ? JSON.stringify(view) : JSON.stringify(view, undefined, 2);
}
