/** One request for an image that is there: the whole, a part, or what is to be known of it. RFC 9110 §9.3, §13, §14, §15. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DeviceError, type FirmwareImage } from "../../adapter.ts";
import { reasonOf } from "../../errors.ts";
import type { Fetched } from "./fetched.ts";
import { wantedPart } from "./range.ts";

export interface Served {
  readonly image: FirmwareImage;
  readonly fetched: Fetched;
  /** With its quotes. */
  readonly etag: string;
}

/** So much is read from the disk, and handed to the network, at once. */
const PIECE = 64 * 1024;

/** `onBroken`: the device did not take it to its end. */
export function serveImage(
  incoming: IncomingMessage,
  response: ServerResponse,
  served: Served,
  onBroken: (reason: string) => void,
): void {
  const { method, headers } = incoming;
  const { size } = served.image;
  response.setHeader("etag", served.etag).setHeader("accept-ranges", "bytes").setHeader("cache-control", "no-store");
  if (method !== "GET" && method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD", "content-length": 0 }).end();
    return;
  }
  response.setHeader("content-type", "application/octet-stream");
  // Node would close the connection of whoever wishes that with its last byte, and not hear what becomes of it: we close it.
  response.shouldKeepAlive = true;
  response.removeHeader("connection");
  if (method === "HEAD") {
    response.writeHead(200, { "content-length": size }).end();
    return;
  }
  // A header that comes twice is none: such a request gets the whole.
  const [ifRange] = [headers["if-range"] ?? []].flat();
  const wanted = wantedPart({ range: headers.range, ifRange }, served.etag, size);
  switch (wanted.kind) {
    case "unsatisfiable":
      response.writeHead(416, { "content-range": `bytes */${size}`, "content-length": 0 }).end();
      return;
    case "whole":
      response.writeHead(200, { "content-length": size });
      send(incoming.socket, response, served, { first: 0, end: size }).catch((error) => onBroken(reasonOf(error)));
      return;
    case "part": {
      const { first, last, open } = wanted;
      if (open) served.fetched.resumes(first);
      const head = { "content-range": `bytes ${first}-${last}/${size}`, "content-length": last + 1 - first };
      response.writeHead(206, head);
      send(incoming.socket, response, served, { first, end: last + 1 }).catch((error) => onBroken(reasonOf(error)));
      return;
    }
    default:
      wanted satisfies never;
  }
}

interface Stretch {
  readonly first: number;
  readonly end: number;
}

async function send(socket: Socket, response: ServerResponse, served: Served, stretch: Stretch): Promise<void> {
  const { image, fetched } = served;
  const { first, end } = stretch;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = first; at < end; ) {
      // Whoever asks for the next piece has handed on those before.
      fetched.sent(first, at);
      const piece = await image.read(at, Math.min(PIECE, end - at));
      at += piece.length;
      yield piece;
    }
  }
  await pipeline(Readable.from(pieces(), { objectMode: true, highWaterMark: 1 }), response);
  fetched.sent(first, end);
  if (end < image.size) return;
  // After the end of an image how the device closes its side tells whether it has it.
  const closed = closedInOrder(socket);
  socket.end();
  if (await closed) fetched.arrived(first);
  else throw new DeviceError("unreachable", "the connection was not closed in order");
}

/** Resolves when the connection is over: whether both sides had said their good-byes. */
function closedInOrder(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    let ended = socket.readableEnded;
    socket.once("end", () => {
      ended = true;
    });
    socket.once("close", (hadError) => resolve(!hadError && ended));
  });
}
