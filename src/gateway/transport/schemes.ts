/** What follows from the scheme of a server's URI: transport, CoAP endpoint, and what of LwM2M there is over it. */
import { MINUTE, type Millis, type Random } from "../../clock.ts";
import { CoapEndpoint, type CoapMachine, type ReservedNumbers } from "../../coap/endpoint.ts";
import type { CoapMessage } from "../../coap/options.ts";
import { TcpEndpoint } from "../../coap/tcp-endpoint.ts";
import type { ServerScheme, ServerSettings } from "../../config/types.ts";
import { ALL_VERSIONS, type RegistrationOptions } from "../../lwm2m/registration.ts";
import { streamedPath } from "../../lwm2m/streamed.ts";
import { TcpTransport } from "../../servers/transport/tcp.ts";
import type { Transport } from "../../servers/transport/transport.ts";
import { UdpTransport } from "../../servers/transport/udp.ts";
import { type SecureParts, secureTransport } from "./secured.ts";

/** Shorter than the 4 to 6 minutes after which routers and load balancers forget a connection that says nothing. */
const KEEP_ALIVE: Millis = 3 * MINUTE;
const MOST_ON_STREAM = 1024;

export type OpenTransport = (settings: ServerSettings, parts: SecureParts, wishedPort?: number) => Transport;

/** What of a server says how it is reached. */
export type Reached = Pick<ServerSettings, "scheme" | "host" | "port" | "security" | "place">;

/** `wishedPort`: the local one of before, where a server knows us by it. Throws ConfigError where DTLS cannot be had. */
export function openTransport(settings: Reached, parts: SecureParts, wishedPort?: number): Transport {
  const { scheme, host, port } = settings;
  const { uplink } = parts;
  switch (scheme) {
    case "coap":
      return new UdpTransport({ host, port, wishedPort, uplink });
    case "coaps":
      return secureTransport(settings, parts);
    case "coap+tcp":
      return new TcpTransport({ host, port, clock: parts.clock, uplink });
  }
}

/** `after`: the numbers that the process before this one may have used. */
export function coapEndpoint(settings: ServerSettings, random: Random, after?: ReservedNumbers): CoapMachine {
  const { scheme, nstart, ackTimeout, maxRetransmit, maxBody, queueMode } = settings;
  const parameters = { nstart, ackTimeout, maxRetransmit };
  const streams = (request: CoapMessage): boolean => streamedPath(request) !== undefined;
  switch (scheme) {
    case "coap":
      return new CoapEndpoint({ random, maxBody, parameters, streams, reserve: true, after });
    case "coaps":
      // Another process begins another session, in which all numbers are free.
      return new CoapEndpoint({ random, maxBody, parameters, streams });
    case "coap+tcp": {
      // Who sleeps is not woken to say that it is there.
      const keepAlive = queueMode ? undefined : KEEP_ALIVE;
      return new TcpEndpoint({ random, maxBody, parameters: { ackTimeout, maxRetransmit }, streams, keepAlive });
    }
  }
}

/** How many messages may be unconfirmed: over TCP the stream sets the limit, in bytes, which are no more than that many. */
export function outstanding({ scheme, nstart }: ServerSettings): number {
  return scheme === "coap+tcp" ? MOST_ON_STREAM : nstart;
}

/** LwM2M 1.0 knows UDP and SMS only. */
export function versionsOver(scheme: ServerScheme): RegistrationOptions["versions"] {
  return scheme === "coap+tcp" ? ["1.2", "1.1"] : ALL_VERSIONS;
}
