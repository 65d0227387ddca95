/** Asking the running gateway: where its socket is, and what to do where nobody answers. */
import { join } from "node:path";
import { AdminRefusal, AdminSocketError, askAdminSocket, type Posted } from "../admin/socket.ts";
import { type Arguments, FailureError, type OptionHelp, UsageError } from "./command.ts";
import { statePlace } from "./state-directory.ts";

const SOCKET = "admin.sock";

export const SOCKET_OPTION: OptionHelp = {
  type: "string",
  value: "PATH",
  help: "The admin socket (default: admin.sock in the state directory).",
};

/** No gateway listens: what it would be asked may be done without it. */
export class NotRunning extends FailureError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NotRunning";
  }
}

/** The answer to a GET, or to a POST. Throws NotRunning or FailureError where nobody answers, UsageError for what is not taken. */
export async function askGateway(args: Arguments, route: string, posted?: Posted): Promise<unknown> {
  const socket = args.text("socket") ?? join((await statePlace(args, SOCKET)).directory, SOCKET);
  try {
    return await askAdminSocket(socket, route, posted);
  } catch (error) {
    if (error instanceof AdminRefusal) throw new UsageError(error.message, { cause: error });
    if (!(error instanceof AdminSocketError)) throw error;
    const { code = "", message } = error;
    if (NOBODY.includes(code)) throw new NotRunning(`the gateway is not running (${message})`, { cause: error });
    const what = code === "EACCES" ? FORBIDDEN : "the gateway does not answer";
    throw new FailureError(`${what} (${message})`, { cause: error });
  }
}

const NOBODY: readonly string[] = ["ENOENT", "ECONNREFUSED"];
const FORBIDDEN = "only the user of the gateway, and root, may ask it";
