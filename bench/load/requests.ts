/** Requests that are encoded once and sent many times, each time with another message ID and token. */
import { blockOption, readBlock } from "../../src/coap/block.ts";
import { CODE, formatCode } from "../../src/coap/codes.ts";
import { decodeMessage, encodeMessage, type MessageType, TYPE, type UdpMessage } from "../../src/coap/message.ts";
import {
  type CoapOption,
  NO_PAYLOAD,
  OPTION,
  sortOptions,
  stringOptions,
  uintOption,
  uintValue,
} from "../../src/coap/options.ts";
import { type GetFigures, type GetOrder, machineTime } from "./orders.ts";
import type { LoadServer } from "./server.ts";

const TOKEN = new Uint8Array(4);
/** How long an answer may take, and how often a request is repeated. */
const PATIENCE = 2000;
const TRIES = 4;

let lastToken = 0;

/** A GET whose message ID and token are to be filled in. */
export function getRequest(path: string, options: readonly CoapOption[] = [], type: MessageType = TYPE.con): Buffer {
  const all = sortOptions([...stringOptions(OPTION.uriPath, path.slice(1).split("/")), ...options]);
  return Buffer.from(encodeMessage(type, 0, TOKEN, { code: CODE.get, options: all, payload: NO_PAYLOAD }));
}

/** A copy of the request with the next message ID and token; returns the token with it. */
export function numbered(request: Buffer): { readonly bytes: Buffer; readonly token: number } {
  lastToken = (lastToken + 1) % 0x1_0000_0000;
  const bytes = Buffer.from(request);
  bytes.writeUInt16BE(lastToken & 0xffff, 2);
  bytes.writeUInt32BE(lastToken, 4);
  return { bytes, token: lastToken };
}

/** Reads a path whole, block by block. Rejects where an answer does not come. */
export async function getWhole(server: LoadServer, { path, accept }: GetOrder): Promise<GetFigures> {
  const start = machineTime();
  let bytes = 0;
  for (let blocks = 1; ; blocks++) {
    const block = blocks === 1 ? [] : [blockOption(OPTION.block2, { number: blocks - 1, more: false, szx: 6 })];
    const answer = await ask(server, getRequest(path, [uintOption(OPTION.accept, accept), ...block]));
    bytes += answer.payload.length;
    const got = readBlock(answer, OPTION.block2);
    if (got !== undefined && got !== "invalid" && got.more) continue;
    const contentFormat = uintValue(answer, OPTION.contentFormat) ?? -1;
    const text = Buffer.from(answer.payload).toString();
    return { code: formatCode(answer.code), contentFormat, bytes, blocks, duration: machineTime() - start, text };
  }
}

async function ask(server: LoadServer, request: Buffer): Promise<UdpMessage> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { bytes, token } = numbered(request);
    const answer = await new Promise<Uint8Array | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), PATIENCE);
      server.send(bytes, token, server.client, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
    if (answer !== undefined) return decodeMessage(answer);
    server.forget(token);
  }
  throw new Error(`no answer to a GET in ${TRIES} times ${PATIENCE} ms`);
}
