/** How files reach the gateway: who fetches by which scheme, and what carries CoAP to hosts that are no servers of ours. */
import type { Clock, Random } from "../../clock.ts";
import type { FirmwareSettings } from "../../config/firmware-settings.ts";
import type { ServerSettings } from "../../config/types.ts";
import type { CarrierTo } from "../../firmware/download/coap.ts";
import type { CoapCarrier } from "../../firmware/download/coap-conversation.ts";
import { makeDownloaders } from "../../firmware/download/downloaders.ts";
import type { CoapTarget } from "../../firmware/download/uri.ts";
import { DownloadError, type Downloader } from "../../firmware/download.ts";
import type { Logger } from "../../log.ts";
import { UPDATE_RESULT } from "../../lwm2m/firmware/update-result.ts";
import type { Transport } from "../../servers/transport/transport.ts";
import type { GatewayClock } from "../time/gateway-clock.ts";
import { openTransport } from "../transport/schemes.ts";
import type { SecureParts } from "../transport/secured.ts";

type KnownServer = Pick<ServerSettings, "host" | "port" | "security">;

export interface DownloadsOptions {
  /** Of the configuration: whose credentials there are. */
  readonly servers: readonly KnownServer[];
  readonly settings: Pick<FirmwareSettings, "patience" | "ca">;
  readonly clock: Clock & Pick<GatewayClock, "forCertificates">;
  readonly random: Random;
  readonly log: Logger;
}

/** Of all schemes that there are. */
export function downloaders({ servers, settings, clock, random, log }: DownloadsOptions): readonly Downloader[] {
  const { patience, ca } = settings;
  const parts: SecureParts = { clock, random, log, certificateTime: () => clock.forCertificates };
  const carrierTo: CarrierTo = (target) => carrierOf(openTransport(reached(target, servers), parts));
  return makeDownloaders({ clock, random, log, patience, carrierTo, ca });
}

/** Over DTLS a host is who it says by what the configuration has of the server there: without that nobody is believed. */
function reached(target: CoapTarget, servers: readonly KnownServer[]) {
  const { scheme, host, port } = target;
  const place = { file: "", line: 1, column: 1 };
  if (scheme !== "coaps") return { scheme, host, port, place };
  const there = servers.filter((server) => server.security !== undefined && bare(server.host) === host);
  const { security } = there.find((server) => server.port === port) ?? there[0] ?? {};
  if (security === undefined) {
    const message = `${host} is none of the servers at coaps:// in the configuration, and there are no other credentials`;
    throw new DownloadError(UPDATE_RESULT.invalidUri, message);
  }
  return { scheme, host, port, security, place };
}

function bare(host: string): string {
  return host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
}

function carrierOf(transport: Transport): CoapCarrier {
  return {
    open: (onBytes, onConnection) => transport.open(onBytes, onConnection),
    resolve: () => transport.resolve(),
    send: (bytes) => transport.send(bytes),
    disconnect: () => transport.disconnect?.(),
    close: () => transport.close(),
  };
}
