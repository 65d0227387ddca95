/** Files over CoAP: RFC 7252, 7959; over TCP RFC 8323. What carries it is somebody else's: plain, with DTLS, or a stream. */
import type { Clock, Random } from "../../clock.ts";
import { BERT_SZX, LARGEST_SZX } from "../../coap/block.ts";
import { CoapEndpoint, type CoapMachine } from "../../coap/endpoint.ts";
import { TcpEndpoint } from "../../coap/tcp-endpoint.ts";
import { reasonOf } from "../../errors.ts";
import { DownloadError, type Downloader, type DownloadListener } from "../download.ts";
import type { IncomingImage } from "../images.ts";
import { Arrival } from "./arrival.ts";
import { checkHash } from "./check-hash.ts";
import { takeBlocks } from "./coap-blocks.ts";
import { type CoapCarrier, CoapConversation } from "./coap-conversation.ts";
import { BrokenOff, type Patience, untilThere } from "./until-there.ts";
import { type CoapTarget, coapTarget, expectedHash, shownUri } from "./uri.ts";

/** Opens nothing yet. Throws DownloadError where it cannot be asked: for want of credentials. */
export type CarrierTo = (target: CoapTarget) => CoapCarrier;

export interface CoapParts extends Patience {
  readonly clock: Clock;
  readonly random: Random;
  readonly carrierTo: CarrierTo;
}

/** What one message of a stream may have; of datagrams a block is less. */
const LONGEST_MESSAGE = 65_536;

export class CoapDownloader implements Downloader {
  readonly schemes = ["coap", "coaps", "coap+tcp"];
  readonly protocols = [0, 1, 4];
  private readonly parts: CoapParts;

  constructor(parts: CoapParts) {
    this.parts = parts;
  }

  async fetch(uri: string, into: IncomingImage, signal: AbortSignal, hears: DownloadListener): Promise<void> {
    const target = coapTarget(uri);
    const wanted = expectedHash(uri);
    const arrival = new Arrival(into, hears);
    const log = this.parts.log.child({ uri: shownUri(uri) });
    await untilThere(() => this.attempt(target, arrival, signal), arrival, { ...this.parts, log }, signal);
    await checkHash(arrival.file, wanted);
    await arrival.sync();
  }

  private async attempt(target: CoapTarget, arrival: Arrival, signal: AbortSignal): Promise<void> {
    const { clock, carrierTo } = this.parts;
    const conversation = new CoapConversation(carrierTo(target), this.machine(target), clock);
    const closed = once(() => conversation.close());
    const end = (): void => void closed();
    signal.addEventListener("abort", end, { once: true });
    try {
      await opened(conversation);
      const largest = isStream(target) ? BERT_SZX : LARGEST_SZX;
      await takeBlocks((message) => conversation.ask(message), arrival, { options: target.options, largest });
    } finally {
      signal.removeEventListener("abort", end);
      await closed();
    }
  }

  private machine(target: CoapTarget): CoapMachine {
    const { random } = this.parts;
    if (isStream(target)) return new TcpEndpoint({ random, maxBody: LONGEST_MESSAGE });
    return new CoapEndpoint({ random, maxBody: LONGEST_MESSAGE });
  }
}

function isStream({ scheme }: CoapTarget): boolean {
  return scheme === "coap+tcp";
}

/** Rejects with BrokenOff: who cannot be found or connected to, or refuses us, was never there. */
async function opened(conversation: CoapConversation): Promise<void> {
  try {
    await conversation.open();
  } catch (error) {
    if (error instanceof DownloadError) throw error;
    throw new BrokenOff(reasonOf(error), { refused: true, cause: error });
  }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => {
    begun ??= work();
    return begun;
  };
}
