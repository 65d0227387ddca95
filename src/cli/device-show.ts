import { SOCKET_OPTION } from "./admin.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { askedDevice } from "./device-asked.ts";
import { oneId } from "./device-replace.ts";
import { deviceText } from "./device-text.ts";

/** `device ID` for short. */
export const deviceShow: Command = {
  name: "device show",
  summary: "Shows one device of the running gateway whole: state and reason, who it is, its link, its values.",
  positionals: "ID",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    json: { type: "boolean", help: "Prints the device as JSON." },
  },
  async run(args) {
    const device = await askedDevice(args, oneId(args));
    const text = args.flag("json") ? JSON.stringify(device, undefined, 2) : deviceText(device).join("\n");
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};
