import { existsSync } from "node:fs";
import { join } from "node:path";
import { AdminSocketError, askAdminSocket } from "../admin/socket.ts";
import { readConfig } from "../gateway/gateway.ts";
import type { GatewayStatus } from "../gateway/status.ts";
import { type Arguments, type Command, EXIT, FailureError } from "./command.ts";
import { CONFIG_OPTION, configFile, SERVICE_CONFIG } from "./config-option.ts";
import { formatStatus } from "./status-text.ts";

/** Where the systemd unit keeps the state of the service: only the service itself is told so. */
const SERVICE_SOCKET = "/var/lib/lwm2m-gateway/admin.sock";

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
    const answer = await ask(args.text("socket") ?? (await socketOf(args)));
    // The answer is our own program's, on a socket that only its user can open.
    const gateway = answer as GatewayStatus;
    const text = args.flag("json") ? JSON.stringify(answer, undefined, 2) : formatStatus(gateway, args.flag("values"));
    process.stdout.write(`${text}\n`);
    return gateway.servers.every(({ state }) => state === "registered" || state === "updating")
      ? EXIT.ok
      : EXIT.failure;
  },
};

async function socketOf(args: Arguments): Promise<string> {
  const file = configFile(args);
  const socket = join((await readConfig(file)).gateway.state, "admin.sock");
  return file === SERVICE_CONFIG && !existsSync(socket) ? SERVICE_SOCKET : socket;
}

async function ask(socket: string): Promise<unknown> {
  try {
    return await askAdminSocket(socket, "/status");
  } catch (error) {
    if (!(error instanceof AdminSocketError)) throw error;
    throw new FailureError(`${WHAT_TO_DO[error.code ?? ""] ?? "the gateway does not answer"} (${error.message})`, {
      cause: error,
    });
  }
}

const WHAT_TO_DO: Readonly<Record<string, string>> = {
  ENOENT: "the gateway is not running",
  ECONNREFUSED: "the gateway is not running",
  EACCES: "only the user of the gateway, and root, may ask it",
};
