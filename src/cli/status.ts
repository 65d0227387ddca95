import type { GatewayStatus } from "../gateway/status.ts";
import { askGateway, SOCKET_OPTION } from "./admin.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { formatStatus } from "./status-text.ts";

/** Asks the running gateway of a configuration how it is. */
export const status: Command = {
  name: "status",
  summary: "Shows servers, devices and values of the running gateway.",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    json: { type: "boolean", help: "Prints the whole status as JSON." },
    values: { type: "boolean", help: "Shows each device's values as well." },
  },
  async run(args) {
    const answer = await askGateway(args, "/v1/status");
    // The answer is our own program's, on a socket that only its user can open.
    const gateway = answer as GatewayStatus;
    const text = args.flag("json") ? JSON.stringify(answer, undefined, 2) : formatStatus(gateway, args.flag("values"));
    process.stdout.write(`${text}\n`);
    return gateway.servers.every(({ state }) => state === "registered" || state === "updating")
      ? EXIT.ok
      : EXIT.failure;
  },
};
