/** Asking the running gateway: where its socket is, and what to do where nobody answers. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AdminRefusal, AdminSocketError, askAdminSocket, type Posted } from "../admin/socket.ts";
import { readConfig } from "../gateway/gateway.ts";
import { type Arguments, FailureError, type OptionHelp, UsageError } from "./command.ts";
import { configFile, SERVICE_CONFIG } from "./config-option.ts";

/** Where the systemd unit keeps the state of the service: only the service itself is told so. */
const SERVICE_SOCKET = "/var/lib/lwm2m-gateway/admin.sock";

export const SOCKET_OPTION: OptionHelp = {
  type: "string",
  value: "PATH",
  help: "The admin socket (default: admin.sock in the state directory).",
};

/** The answer to a GET, or to a POST. Throws FailureError where nobody answers, UsageError for what is not taken. */
export async function askGateway(args: Arguments, route: string, posted?: Posted): Promise<unknown> {
  const socket = args.text("socket") ?? (await socketOf(args));
  try {
    return await askAdminSocket(socket, route, posted);
  } catch (error) {
    if (error instanceof AdminRefusal) throw new UsageError(error.message, { cause: error });
    if (!(error instanceof AdminSocketError)) throw error;
    throw new FailureError(`${WHAT_TO_DO[error.code ?? ""] ?? "the gateway does not answer"} (${error.message})`, {
      cause: error,
    });
  }
}

async function socketOf(args: Arguments): Promise<string> {
  const file = configFile(args);
  const socket = join((await readConfig(file)).gateway.state, "admin.sock");
  return file === SERVICE_CONFIG && !existsSync(socket) ? SERVICE_SOCKET : socket;
}

const WHAT_TO_DO: Readonly<Record<string, string>> = {
  ENOENT: "the gateway is not running",
  ECONNREFUSED: "the gateway is not running",
  EACCES: "only the user of the gateway, and root, may ask it",
};
