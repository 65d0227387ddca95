/** What the command line asks to be sent, as it comes over the admin socket: anybody who may open that may write anything. */
import { reasonOf } from "../errors.ts";
import { LEVEL, type Path, parsePath, pathDepth } from "../lwm2m/path.ts";
import { isSendFormat, SEND_FORMATS, type SendFormat } from "../lwm2m/send-formats.ts";
import { AdminRefusal, type RefusalOptions } from "./errors.ts";

export interface AskedSend {
  readonly paths: readonly Path[];
  /** Short Server IDs; absent: all. */
  readonly servers?: readonly number[];
  readonly format: SendFormat;
}

const MOST_PATHS = 1000;

/** Reads `{ "paths": ["/3/0"], "servers": [101], "format": "senml-cbor" }`; without format that one. Throws AdminRefusal. */
export function parseSendRequest(body: unknown, known: readonly number[]): AskedSend {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw refusal("expected an object with paths");
  const fields: Readonly<Record<string, unknown>> = { ...body };
  const { paths, servers, format = "senml-cbor", ...others } = fields;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw refusal(`unknown key "${unknown}"; expected paths, servers, format`);
  if (!isSendFormat(format)) {
    throw refusal(`unknown format ${JSON.stringify(format)}; expected one of ${Object.keys(SEND_FORMATS).join(", ")}`);
  }
  const asked = { paths: pathsOf(paths), format };
  return servers === undefined ? asked : { ...asked, servers: serversOf(servers, known) };
}

/** A path that a Send can have: an object or below. Throws AdminRefusal. */
export function parseSendPath(text: string): Path {
  try {
    const path = parsePath(text);
    if (pathDepth(path) >= LEVEL.object) return path;
  } catch (error) {
    throw refusal(reasonOf(error), { cause: error });
  }
  throw refusal(`path "${text}" names no object; expected e.g. /3/0/0 or /meter-1/3303`);
}

function pathsOf(paths: unknown): readonly Path[] {
  if (!Array.isArray(paths) || paths.length === 0 || paths.length > MOST_PATHS) {
    throw refusal(`paths: expected 1 to ${MOST_PATHS} of them`);
  }
  return paths.map((path: unknown) => {
    if (typeof path !== "string") throw refusal(`paths: ${JSON.stringify(path)} is no path`);
    return parseSendPath(path);
  });
}

function serversOf(servers: unknown, known: readonly number[]): readonly number[] {
  if (!Array.isArray(servers) || servers.length === 0) throw refusal("servers: expected Short Server IDs");
  return servers.map((server: unknown) => {
    const found = known.find((id) => id === server);
    if (found === undefined)
      throw refusal(`there is no server ${JSON.stringify(server)}; expected ${known.join(", ")}`, {
        next: "lwm2m-gateway status",
      });
    return found;
  });
}

function refusal(message: string, options?: RefusalOptions): AdminRefusal {
  return new AdminRefusal(message, options);
}
