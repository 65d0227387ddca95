/** What a server may have done to the machine itself: by the helper that runs as root, where that is installed. */
import { type Clock, type Millis, SECOND, type UnixMillis } from "../clock.ts";
import type { MachineControl } from "../devices/gateway-objects.ts";
import type { Logger } from "../log.ts";
import { notAllowed, notDone } from "../lwm2m/refusals.ts";
import { askHelper, helperIsThere } from "../service/helper/ask.ts";
import type { HelperRequest } from "../service/helper/requests.ts";

export interface HelperPlace {
  /** Where the helper is asked. */
  readonly socket: string;
  /** The state directory that systemd has made for the service: what a factory reset empties. */
  readonly state?: string;
}

export interface MachineControlOptions {
  readonly helper: HelperPlace;
  /** Where the gateway keeps its state. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** By then the answer has left, and its acknowledgement is there or is not to be had. */
const BEFORE_THE_END: Millis = 3 * SECOND;

export function machineControl({ helper, directory, clock, log }: MachineControlOptions): MachineControl {
  const refuse = (what: string, reason: string): never => {
    log.warn({ code: "LG804", reason }, `${what}: a server asked for it, and was refused`);
    throw notAllowed(`${what} of object 3: ${reason}`);
  };
  const mayAsk = (what: string): void => {
    if (!helperIsThere(helper.socket)) refuse(what, `the helper is not installed (${helper.socket})`);
  };
  const later = (request: HelperRequest, what: string): void => {
    log.warn({ code: "LG891" }, `${what}: a server asked for it, and it comes in ${BEFORE_THE_END / SECOND} s`);
    clock.at(clock.monotonic() + BEFORE_THE_END, () => void act(request, what));
  };
  const act = async (request: HelperRequest, what: string): Promise<void> => {
    const reply = await askHelper(helper.socket, request);
    if (!reply.ok) log.error({ code: "LG805", reason: reply.reason }, `${what}: the helper did not do it`);
  };
  return {
    offered: helperIsThere(helper.socket),
    reboot() {
      mayAsk("reboot");
      later({ verb: "reboot" }, "reboot");
    },
    factoryReset() {
      mayAsk("factory reset");
      if (helper.state !== directory) {
        refuse("factory reset", `the state lies in ${directory}, which is not what systemd made for the service`);
      }
      later({ verb: "factory-reset" }, "factory reset");
    },
    async setClock(time: UnixMillis) {
      mayAsk("current time");
      const reply = await askHelper(helper.socket, { verb: "set-clock", time });
      if (!reply.ok) throw notDone(`the clock was not set: ${reply.reason}`);
      log.warn({ code: "LG891", to: new Date(time).toISOString() }, "a server has set the clock");
    },
  };
}
