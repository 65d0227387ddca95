/** Which device is meant, as it comes over the admin socket: anybody who may open that may write anything. */
import { AdminRefusal } from "./socket.ts";

/** Reads `{ "device": "meter-7" }`: an id. Throws AdminRefusal. */
export function parseDeviceRequest(body: unknown): string {
  const fields: Readonly<Record<string, unknown>> = typeof body === "object" && body !== null ? { ...body } : {};
  const { device, ...others } = fields;
  if (typeof device === "string" && device !== "" && Object.keys(others).length === 0) return device;
  throw new AdminRefusal("expected device, the id of one, and nothing beside it");
}

/** The answer, unless the wish was refused. Throws AdminRefusal. */
export function unlessRefused<T extends object>(answer: T | { readonly refused: string }): T {
  if ("refused" in answer) throw new AdminRefusal(answer.refused);
  return answer;
}
