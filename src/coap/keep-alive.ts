/** Whether a peer that says nothing is still there, and a NAT on the way to it open: the Ping of RFC 7252 §4.3, an empty CON. */
import type { Millis } from "../clock.ts";
import { Alarm } from "./alarms.ts";
import type { Context } from "./context.ts";
import { NO_TOKEN } from "./message.ts";
import { type CoapMessage, NO_PAYLOAD } from "./options.ts";
import type { Outcome, Transmission, Transmissions } from "./reliability.ts";

const EMPTY: CoapMessage = { code: 0, options: [], payload: NO_PAYLOAD };

export class KeepAlive {
  private readonly context: Context;
  private readonly transmissions: Transmissions;
  private readonly alarm = new Alarm((now) => this.ping(now));
  private interval: Millis | undefined;
  private asked: Transmission | undefined;

  constructor(context: Context, transmissions: Transmissions) {
    this.context = context;
    this.transmissions = transmissions;
  }

  /** From now on asks after so long a silence; undefined: never. */
  begin(interval: Millis | undefined, now: Millis): void {
    if (this.asked !== undefined) this.transmissions.cancel([this.asked], now);
    this.asked = undefined;
    this.interval = interval;
    this.onHeard(now);
  }

  onHeard(now: Millis): void {
    if (this.interval === undefined) this.context.alarms.clear(this.alarm);
    else this.context.alarms.set(this.alarm, now + this.interval);
  }

  private ping(now: Millis): void {
    if (this.asked !== undefined) return;
    const ended = (outcome: Outcome): void => {
      this.asked = undefined;
      // RFC 7252 §4.3: who is there answers by an RST.
      if (outcome === "timeout") this.context.emit({ type: "silent" });
    };
    this.asked = this.transmissions.send({ token: NO_TOKEN, confirmable: true, message: () => EMPTY, ended }, now);
  }
}
