/** What the command line asks to be forgotten, as it comes over the admin socket: anybody who may open that may write anything. */
import { PREFIX } from "../lwm2m/path.ts";
import { AdminRefusal } from "./errors.ts";

export interface AskedForget {
  /** Short Server ID; it may be one that the configuration has no more. */
  readonly server?: number;
  /** Prefix. */
  readonly device?: string;
}

/** Reads `{ "server": 101 }`, `{ "device": "meter-1" }`, both, or `{ "all": true }`. Throws AdminRefusal. */
export function parseForgetRequest(body: unknown): AskedForget {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new AdminRefusal(EXPECTED);
  const fields: Readonly<Record<string, unknown>> = { ...body };
  const { server, device, all, ...others } = fields;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new AdminRefusal(`unknown key "${unknown}"; ${EXPECTED}`);
  if (all !== undefined && (all !== true || server !== undefined || device !== undefined)) {
    throw new AdminRefusal("all: expected true, and nothing beside it");
  }
  if (all === undefined && server === undefined && device === undefined) throw new AdminRefusal(EXPECTED);
  return {
    ...(server === undefined ? {} : { server: serverId(server) }),
    ...(device === undefined ? {} : { device: prefix(device) }),
  };
}

const EXPECTED = "expected server, device, or all";

function serverId(server: unknown): number {
  if (typeof server === "number" && Number.isInteger(server) && server > 0 && server < 65535) return server;
  throw new AdminRefusal(`server: ${JSON.stringify(server)} is no Short Server ID`);
}

function prefix(device: unknown): string {
  if (typeof device === "string" && PREFIX.test(device)) return device;
  throw new AdminRefusal(`device: ${JSON.stringify(device)} is no prefix`);
}
