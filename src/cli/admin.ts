/** Asking the running gateway: where its socket is, and what to do where nobody answers. */
import { join } from "node:path";
import {
  askAdminSocket,
  askAdminText,
  listenAdminSocket,
  type Posted,
  type Sent,
  sendAdminSocket,
} from "../admin/client.ts";
import { AdminRefusal, AdminSocketError } from "../admin/errors.ts";
import type { StreamEvent } from "../admin/route.ts";
import type { Telling } from "../errors.ts";
import { type Arguments, FailureError, type OptionHelp, UsageError } from "./command.ts";
import { likelyState } from "./state-directory.ts";

const SOCKET = "admin.sock";

export const SOCKET_OPTION: OptionHelp = {
  type: "string",
  value: "PATH",
  help: "The admin socket (default: admin.sock in the state directory).",
};

/** No gateway listens: what it would be asked may be done without it. */
export class NotRunning extends FailureError {
  constructor(message: string, telling: Telling = {}) {
    super(message, telling);
    this.name = "NotRunning";
  }
}

/**
 * The answer to a GET, or to a POST. Throws NotRunning or FailureError where nobody answers, or it cannot be done now; UsageError
 * for what is not taken.
 */
export async function askGateway(args: Arguments, route: string, posted?: Posted): Promise<unknown> {
  const socket = await socketOf(args);
  try {
    return await askAdminSocket(socket, route, posted);
  } catch (error) {
    throw told(error, route);
  }
}

/** The answer to a PUT of these bytes. Throws as askGateway rejects. */
export async function sendToGateway(args: Arguments, route: string, sent: Sent): Promise<unknown> {
  const socket = await socketOf(args);
  try {
    return await sendAdminSocket(socket, route, sent);
  } catch (error) {
    throw told(error, route);
  }
}

/** The answer to a GET that is no JSON. Throws as askGateway rejects. */
export async function askGatewayText(args: Arguments, route: string): Promise<string> {
  const socket = await socketOf(args);
  try {
    return await askAdminText(socket, route);
  } catch (error) {
    throw told(error, route);
  }
}

/** What the gateway tells as it happens, until it has no more or `signal` ends it. Throws as askGateway rejects. */
export async function* eventsOfGateway(
  args: Arguments,
  route: string,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const socket = await socketOf(args);
  try {
    yield* listenAdminSocket(socket, route, signal);
  } catch (error) {
    throw told(error, route);
  }
}

async function socketOf(args: Arguments): Promise<string> {
  return args.text("socket") ?? join(await likelyState(args, SOCKET), SOCKET);
}

function told(error: unknown, route: string): unknown {
  if (error instanceof AdminRefusal) return refusalOf(error, route);
  if (!(error instanceof AdminSocketError)) return error;
  const { code = "", message } = error;
  if (NOBODY.includes(code)) return new NotRunning(`the gateway is not running (${message})`, notRunning(error));
  if (code === "EACCES")
    return new FailureError(`${FORBIDDEN} (${message})`, { code: "LG742", next: AS_ROOT, cause: error });
  return new FailureError(`the gateway does not answer (${message})`, { code: "LG743", next: JOURNAL, cause: error });
}

function refusalOf(error: AdminRefusal, route: string): Error {
  const { message, status, code } = error;
  // Every path that we ask for is one of ours.
  if (code === "LG702" || code === "LG703") {
    const [path] = route.split("?");
    return new FailureError(`the running gateway is of another version, and knows no ${path}: restart it`, {
      code: "LG746",
      next: "systemctl restart lwm2m-gateway",
      cause: error,
    });
  }
  const cannot = status === 409 || status >= 500;
  const telling = { ...(code === undefined ? {} : { code }), cause: error };
  return cannot ? new FailureError(message, telling) : new UsageError(message, telling);
}

const NOBODY: readonly string[] = ["ENOENT", "ECONNREFUSED"];
const FORBIDDEN = "only the user of the gateway, and root, may ask it";
const AS_ROOT = "the same with sudo in front";
const JOURNAL = "journalctl -u lwm2m-gateway -n 50";

function notRunning(cause: unknown): Telling {
  return { code: "LG701", next: "systemctl status lwm2m-gateway, or lwm2m-gateway run", cause };
}
