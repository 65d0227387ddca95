/** Which names a device may have towards servers: Gateway TS 1.1 §10. */
import { PREFIX } from "./path.ts";

/** First path segments that the protocol itself uses at the root of a CoAP server (Transport 1.2 §6.4). */
export const RESERVED_PREFIXES: ReadonlySet<string> = new Set(["rd", "bs", "bspack", "dp", "lwm2m"]);

/** Whether a device can be shown under this prefix. */
export function isUsablePrefix(text: string): boolean {
  return PREFIX.test(text) && !RESERVED_PREFIXES.has(text);
}
