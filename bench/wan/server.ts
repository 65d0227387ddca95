/** The server at the far end of the link: it takes the registration and what is sent, and looks at each value. */
import type { UnixMillis } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapEffect, CoapEndpoint, type CoapEvent } from "../../src/coap/endpoint.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringValues } from "../../src/coap/options.ts";
import { senmlCbor } from "../../src/lwm2m/formats/senml-cbor.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { type Path, parsePath } from "../../src/lwm2m/path.ts";
import { type Drive, drive } from "../../src/machine.ts";
import { type FakeClock, fakeRandom } from "../../test/support/fake-clock.ts";
import { ScriptedRegistrations } from "../../test/support/scripted-registrations.ts";

/** One value, as it came. */
export interface Arrival {
  readonly path: Path;
  readonly measured: UnixMillis;
  readonly arrived: UnixMillis;
}

export class WanServer {
  /** In the order in which they came. */
  readonly arrivals: Arrival[] = [];
  private readonly clock: FakeClock;
  private readonly send: (bytes: Uint8Array) => void;
  private readonly feed: Drive<CoapEvent>;
  private readonly registrations = new ScriptedRegistrations();

  constructor(clock: FakeClock, send: (bytes: Uint8Array) => void) {
    this.clock = clock;
    this.send = send;
    this.feed = drive(new CoapEndpoint({ random: fakeRandom(2) }), clock, (effect) => this.perform(effect));
  }

  receive(bytes: Uint8Array): void {
    this.feed({ type: "datagram", bytes });
  }

  private perform(effect: CoapEffect): void {
    if (effect.type === "send") this.send(effect.bytes);
    else if (effect.type === "serve") {
      this.feed({ type: "respond", exchange: effect.exchange, message: this.serve(effect.message) });
    }
  }

  private serve(request: CoapMessage): CoapMessage {
    const now = this.clock.wall();
    const [first] = stringValues(request, OPTION.uriPath);
    if (first !== "dp") return this.registrations.serve(request, now);
    const { typeOf } = catalogue;
    for (const { path, time } of senmlCbor.decodeReport(request.payload, { base: ROOT, typeOf })) {
      if (time === undefined) throw new Error(`${path} came without its time`);
      this.arrivals.push({ path, measured: time, arrived: now });
    }
    return { code: CODE.changed, options: [], payload: NO_PAYLOAD };
  }
}

const ROOT = parsePath("/");
