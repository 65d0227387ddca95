/** The gateway's side: one connection for each request to the helper that runs as root. */
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { type Millis, SECOND } from "../../clock.ts";
import { reasonOf } from "../../errors.ts";
import type { HelperReply, HelperRequest } from "./requests.ts";

const PATIENCE: Millis = 30 * SECOND;

/** Whether systemd listens for it. */
export function helperIsThere(socket: string): boolean {
  return existsSync(socket);
}

/** Resolves to what became of it; a helper that cannot be asked has refused. */
export async function askHelper(socket: string, request: HelperRequest): Promise<HelperReply> {
  try {
    return replyOf(await exchange(socket, `${JSON.stringify(request)}\n`));
  } catch (error) {
    return { ok: false, reason: `the helper cannot be asked at ${socket}: ${reasonOf(error)}` };
  }
}

function exchange(socket: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const connection = connect({ path: socket, timeout: PATIENCE }, () => connection.end(line));
    connection.on("timeout", () => connection.destroy(new Error("it does not answer")));
    connection.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    connection.on("error", reject);
    connection.on("close", () => resolve(answer));
  });
}

function replyOf(text: string): HelperReply {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("ok" in value)) return { ok: false, reason: "it said nothing" };
  if (value.ok === true) return { ok: true };
  return { ok: false, reason: "reason" in value ? String(value.reason) : "it told no reason" };
}
