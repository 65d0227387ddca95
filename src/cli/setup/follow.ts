/** The running gateway takes the new configuration, and it is waited for what comes of that. */
import { MINUTE, type Millis, paused, systemClock } from "../../clock.ts";
import type { GatewayStatus } from "../../gateway/status.ts";
import { askGateway } from "../admin.ts";
import { type Arguments, FailureError } from "../command.ts";
import type { Known } from "./question.ts";

const PATIENCE: Millis = MINUTE;
const OFTEN: Millis = 500;
const RELOADING: Millis = 30_000;

interface Following {
  readonly args: Arguments;
  readonly signal: AbortSignal;
  say(line: string): void;
}

/** Rejects with FailureError where the gateway does not take it. */
export async function follow({ args, signal, say }: Following, { answers }: Known): Promise<void> {
  await askGateway(args, "/v1/reload", { body: { by: "setup" }, patience: RELOADING });
  say("the running gateway has taken it");
  const id = answers.get("id");
  const end = systemClock.monotonic() + PATIENCE;
  for (;;) {
    // The answer is our own program's, on a socket that only its user can open.
    const status = (await askGateway(args, "/v1/status")) as GatewayStatus;
    const device = status.devices.find((each) => each.id === id);
    const server = status.servers.find(({ state }) => state === "registered" || state === "updating");
    if (server !== undefined && (id === undefined || device?.state === "online")) {
      const where = device === undefined ? "" : `: ${device.values.length} values at /${device.prefix}`;
      say(`registered at ${server.uri}${where}`);
      return;
    }
    if (signal.aborted) return;
    if (systemClock.monotonic() > end) {
      const why =
        device?.reason ??
        (server === undefined ? "no server has taken the registration" : "the device is not there yet");
      throw new FailureError(`it is written and taken, and not there yet: ${why}`, {
        code: "LG113",
        next: "lwm2m-gateway status --values",
      });
    }
    await paused(systemClock, OFTEN);
  }
}
