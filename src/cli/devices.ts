import { SOCKET_OPTION } from "./admin.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { askedDevices } from "./device-asked.ts";
import { devicesText } from "./devices-text.ts";

/** Who is there, who is not, and why. */
export const devices: Command = {
  name: "devices",
  summary: "Lists the devices of the running gateway: state, when that will change, last heard, bad values.",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    problems: { type: "boolean", help: "Only those with which something is not as it should be." },
    json: { type: "boolean", help: "Prints the devices as JSON." },
  },
  async run(args) {
    const problems = args.flag("problems");
    const view = await askedDevices(args, problems);
    const text = args.flag("json") ? JSON.stringify(view, undefined, 2) : devicesText(view, problems).join("\n");
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};
