import { join } from "node:path";
import { askAdminSocket } from "../admin/socket.ts";
import { readConfig } from "../gateway/gateway.ts";
import type { GatewayStatus } from "../gateway/status.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION, configFile } from "./config-option.ts";
import { formatStatus } from "./status-text.ts";

/** Asks the running gateway of a configuration how it is. */
export const status: Command = {
  name: "status",
  summary: "Shows servers, devices and values of the running gateway.",
  options: {
    config: CONFIG_OPTION,
    socket: { type: "string", value: "PATH", help: "The admin socket (default: admin.sock in the state directory)." },
    json: { type: "boolean", help: "Prints the whole status as JSON." },
    values: { type: "boolean", help: "Shows each device's values as well." },
  },
  async run(args) {
    const socket = args.text("socket") ?? join((await readConfig(configFile(args))).gateway.state, "admin.sock");
    let answer: unknown;
    try {
      answer = await askAdminSocket(socket, "/status");
    } catch (error) {
      process.stderr.write(`lwm2m-gateway: no gateway answers on ${socket}: ${String(error)}\n`);
      return EXIT.failure;
    }
    // The answer is our own program's, on a socket that only this user can open.
    const gateway = answer as GatewayStatus;
    const text = args.flag("json") ? JSON.stringify(answer, undefined, 2) : formatStatus(gateway, args.flag("values"));
    process.stdout.write(`${text}\n`);
    return gateway.servers.every(({ state }) => state === "registered" || state === "updating")
      ? EXIT.ok
      : EXIT.failure;
  },
};
