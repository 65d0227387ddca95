/** What follows from the scheme of a server's URI: transport, CoAP endpoint, and what of LwM2M there is over it. */
import { type Clock, MINUTE, type Millis, type Random } from "../clock.ts";
import { CoapEndpoint, type CoapMachine } from "../coap/endpoint.ts";
import { TcpEndpoint } from "../coap/tcp-endpoint.ts";
import type { ServerScheme, ServerSettings } from "../config/types.ts";
import { ALL_VERSIONS, type RegistrationOptions } from "../lwm2m/registration.ts";
import { TcpTransport } from "../servers/transport/tcp.ts";
import type { Transport } from "../servers/transport/transport.ts";
import { UdpTransport } from "../servers/transport/udp.ts";

/** Shorter than the 4 to 6 minutes after which routers and load balancers forget a connection that says nothing. */
const KEEP_ALIVE: Millis = 3 * MINUTE;

export function openTransport({ scheme, host, port }: ServerSettings, clock: Clock): Transport {
  switch (scheme) {
    case "coap":
      return new UdpTransport({ host, port });
    case "coap+tcp":
      return new TcpTransport({ host, port, clock });
  }
}

export function coapEndpoint(settings: ServerSettings, random: Random): CoapMachine {
  const { scheme, nstart, ackTimeout, maxRetransmit, maxBody, queueMode } = settings;
  switch (scheme) {
    case "coap":
      return new CoapEndpoint({ random, maxBody, parameters: { nstart, ackTimeout, maxRetransmit } });
    case "coap+tcp": {
      // Who sleeps is not woken to say that it is there.
      const keepAlive = queueMode ? undefined : KEEP_ALIVE;
      return new TcpEndpoint({ random, maxBody, parameters: { ackTimeout, maxRetransmit }, keepAlive });
    }
  }
}

/** How many notifications may be under way: over TCP the stream sets the limit, in bytes. */
export function outstanding({ scheme, nstart }: ServerSettings): number {
  return scheme === "coap" ? nstart : Number.POSITIVE_INFINITY;
}

/** LwM2M 1.0 knows UDP and SMS only. */
export function versionsOver(scheme: ServerScheme): RegistrationOptions["versions"] {
  return scheme === "coap" ? ALL_VERSIONS : ["1.2", "1.1"];
}
