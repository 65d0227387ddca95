/**
 * Files over HTTP 1.1, plain or with TLS: RFC 9110, 9112. Bytes as they are, never packed; gone on with by Range where the server
 * says by an ETag, or by the time of its last change, that the file is the same.
 */
import type { IncomingMessage } from "node:http";
import { reasonOf, systemCode } from "../../errors.ts";
import { UPDATE_RESULT } from "../../lwm2m/firmware/update-result.ts";
import { DownloadError, type Downloader, type DownloadListener } from "../download.ts";
import type { IncomingImage } from "../images.ts";
import { Arrival } from "./arrival.ts";
import { checkHash } from "./check-hash.ts";
import { contentLength, contentRange, digestOf, retryAfter, validatorOf } from "./http-headers.ts";
import { answerTo, type HttpTrust } from "./http-request.ts";
import { Pace } from "./pace.ts";
import { BrokenOff, Changed, type Patience, untilThere } from "./until-there.ts";
import { expectedHash, httpUrl, invalid, shownUri } from "./uri.ts";

export class HttpDownloader implements Downloader {
  readonly schemes = ["http", "https"];
  readonly protocols = [2, 3];
  private readonly parts: Patience & HttpTrust;

  constructor(parts: Patience & HttpTrust) {
    this.parts = parts;
  }

  async fetch(uri: string, into: IncomingImage, signal: AbortSignal, hears: DownloadListener): Promise<void> {
    const url = httpUrl(uri);
    const wanted = expectedHash(uri);
    const arrival = new Arrival(into, hears);
    const log = this.parts.log.child({ uri: shownUri(uri) });
    const file: Fetched = { url, arrival, signal, parts: { ...this.parts, log }, digest: undefined };
    await untilThere(() => attempt(file), arrival, file.parts, signal);
    await checkHash(arrival.file, wanted ?? file.digest);
    await arrival.sync();
  }
}

interface Fetched {
  readonly url: URL;
  readonly arrival: Arrival;
  readonly signal: AbortSignal;
  readonly parts: Patience & HttpTrust;
  /** What the server says that it is. */
  digest: Uint8Array | undefined;
}

async function attempt(file: Fetched): Promise<void> {
  const { url, arrival, signal, parts } = file;
  if (arrival.length > 0 && arrival.mark === undefined) await arrival.anew();
  // The last byte once more: where there is nothing behind it, the answer is the same as in the middle.
  const from = Math.max(0, arrival.length - 1);
  const resumed =
    arrival.length > 0 && arrival.mark !== undefined ? { range: `bytes=${from}-`, "if-range": arrival.mark } : {};
  const answer = await answerTo(url, resumed, { ...parts, signal });
  try {
    await take(answer, file);
  } catch (error) {
    throw told(error);
  } finally {
    answer.destroy();
  }
}

async function take(answer: IncomingMessage, file: Fetched): Promise<void> {
  const { statusCode: status = 0, headers } = answer;
  const { arrival, parts } = file;
  checkStatus(answer, arrival, parts);
  const packed = headers["content-encoding"] ?? "identity";
  if (packed.toLowerCase() !== "identity") {
    const message = `the server sends it packed (${packed}), though it was asked not to`;
    throw new DownloadError(UPDATE_RESULT.unsupportedPackage, message);
  }
  file.digest = digestOf(headers);
  const known = known206(status, answer, arrival);
  if (known === undefined) await arrival.anew();
  const total = known === undefined ? contentLength(headers["content-length"]) : known.total;
  if (total === undefined && headers["transfer-encoding"] === undefined && known === undefined)
    throw invalid("the server tells neither how long it is nor where it ends");
  arrival.describe({ total, mark: known === undefined ? validatorOf(headers) : arrival.mark });
  let overlap = known === undefined ? 0 : arrival.length - known.first;
  const pace = new Pace(parts.clock, (reason) => answer.destroy(new BrokenOff(reason)));
  try {
    for await (const chunk of answer) {
      const bytes: Uint8Array = chunk;
      pace.came(bytes.length);
      await arrival.take(bytes.subarray(overlap));
      overlap = Math.max(0, overlap - bytes.length);
    }
  } finally {
    pace.stop();
  }
  if (!answer.complete || (total !== undefined && arrival.length < total))
    throw new BrokenOff("the connection ended in the middle");
  if (total !== undefined && arrival.length > total) throw new Changed(`${total} bytes were told, and more came`);
}

/** Where the answer goes on with what is there; undefined: it is the whole file. Throws Changed for a part of something else. */
function known206(status: number, { headers }: IncomingMessage, arrival: Arrival) {
  if (status !== 206) return undefined;
  const range = contentRange(headers["content-range"]);
  if (range === undefined || range.first > arrival.length || arrival.mark === undefined)
    throw new Changed("the server sends another part than it was asked for");
  const { etag } = headers;
  if (etag !== undefined && arrival.mark.startsWith('"') && etag !== arrival.mark)
    throw new Changed("the file was changed meanwhile");
  return range;
}

/** 408, 425 and 429 pass, as does what is wrong with the server itself. */
const PASSING: readonly number[] = [408, 425, 429];

function checkStatus(answer: IncomingMessage, arrival: Arrival, { clock }: Patience): void {
  const { statusCode: status = 0, statusMessage = "", headers } = answer;
  if (status === 200 || (status === 206 && arrival.length > 0)) return;
  const said = `the server answers ${status} ${printable(statusMessage)}`.trim();
  if (status === 416 && arrival.length > 0) throw new Changed("the file is shorter than what has come of it");
  if (status >= 500 || PASSING.includes(status))
    throw new BrokenOff(said, { wait: retryAfter(headers["retry-after"], clock.wall()) });
  throw invalid(said);
}

/** What came of the network is tried again; anything else without a word of the system's is a bug. */
function told(error: unknown): unknown {
  if (error instanceof BrokenOff || error instanceof Changed || error instanceof DownloadError) return error;
  const code = systemCode(error);
  return code === undefined ? error : new BrokenOff(`the connection broke: ${reasonOf(error)}`, { cause: error });
}

function printable(text: string): string {
  return text.slice(0, 60).replaceAll(/\p{Cc}/gu, "?");
}
