/** What the helper does that runs as root: three things and no more, each a fixed list of commands. */
import type { UnixMillis } from "../../clock.ts";

/** The socket of lwm2m-gateway-helper.socket; its mode and its group say who may connect. */
export const HELPER_SOCKET = "/run/lwm2m-gateway-helper.sock";
/** Of a request, in bytes. */
export const LONGEST_REQUEST = 256;

/** One line of JSON, e.g. `{"verb":"set-clock","time":1798761600000}`. */
export type HelperRequest =
  | { readonly verb: "reboot" }
  | { readonly verb: "factory-reset" }
  | { readonly verb: "set-clock"; readonly time: UnixMillis };

/** One line of JSON. */
export type HelperReply = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const UNIT = "lwm2m-gateway.service";
/** 2020-01-01 and 2100-01-01: no gateway lives at another time. */
const EARLIEST: UnixMillis = Date.UTC(2020, 0, 1);
const LATEST: UnixMillis = Date.UTC(2100, 0, 1);

/** Or why it is none, as a sentence. */
export function parseHelperRequest(line: string): HelperRequest | string {
  const value = parsed(line);
  if (typeof value !== "object" || value === null || !("verb" in value))
    return 'expected {"verb": …} as one line of JSON';
  const names = Object.keys(value);
  switch (value.verb) {
    case "reboot":
    case "factory-reset":
      return names.length === 1 ? { verb: value.verb } : `${value.verb} takes no argument`;
    case "set-clock": {
      const time = "time" in value && names.length === 2 ? value.time : undefined;
      const fits = typeof time === "number" && Number.isInteger(time) && time >= EARLIEST && time < LATEST;
      return fits ? { verb: "set-clock", time } : "set-clock takes a time in milliseconds since 1970, of 2020 to 2099";
    }
    default:
      return "expected the verb reboot, factory-reset or set-clock";
  }
}

/** Programs with their arguments, one after the other: nothing of a request becomes a part of them but a checked number. */
export function commandsOf(request: HelperRequest): readonly (readonly [string, ...string[]])[] {
  switch (request.verb) {
    case "reboot":
      return [["systemctl", "--no-block", "reboot"]];
    case "factory-reset":
      return [
        ["systemctl", "stop", UNIT],
        ["systemctl", "clean", "--what=state", UNIT],
        ["systemctl", "--no-block", "start", UNIT],
      ];
    case "set-clock":
      return [["timedatectl", "set-time", `@${(request.time / 1000).toFixed(3)}`]];
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
