import type { GatewayStatus } from "../gateway/status.ts";
import { askGateway, SOCKET_OPTION } from "./admin.ts";
import { type Arguments, type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { formatStatus } from "./status-text.ts";
import { WATCH_OPTION, watch } from "./watch.ts";

/** Asks the running gateway of a configuration how it is. */
export const status: Command = {
  name: "status",
  summary: "Shows servers, devices and values of the running gateway.",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    json: { type: "boolean", help: "Prints the whole status as JSON; with --watch a line each time." },
    values: { type: "boolean", help: "Shows each device's values as well." },
    watch: WATCH_OPTION,
  },
  async run(args) {
    if (args.flag("watch")) return watch(async () => textOf(args, await askedStatus(args)));
    const gateway = await askedStatus(args);
    process.stdout.write(`${textOf(args, gateway)}\n`);
    return gateway.servers.every(({ state }) => state === "registered" || state === "updating")
      ? EXIT.ok
      : EXIT.failure;
  },
};

/** Throws as askGateway rejects. */
export async function askedStatus(args: Arguments): Promise<GatewayStatus> {
  // The answer is our own program's, on a socket that only its user can open.
  return (await askGateway(args, "/v1/status")) as GatewayStatus;
}

function textOf(args: Arguments, gateway: GatewayStatus): string {
  if (!args.flag("json")) return formatStatus(gateway, args.flag("values"));
  return args.flag("watch") ? JSON.stringify(gateway) : JSON.stringify(gateway, undefined, 2);
}
