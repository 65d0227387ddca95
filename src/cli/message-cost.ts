/**
 * What a message costs on the wire, both ways: each datagram as it would be sent, with IPv4 and UDP before it (RFC 791 §3.1,
 * RFC 768), its acknowledgement (RFC 7252 §4.2), and a round trip for each block of a body that one block does not hold (RFC 7959).
 */
import { blockOption, blockSize, LARGEST_SZX } from "../coap/block.ts";
import { CODE } from "../coap/codes.ts";
import { encodeEmpty, encodeMessage, type MessageType, TYPE } from "../coap/message.ts";
import { type CoapMessage, type CoapOption, NO_PAYLOAD, OPTION, stringOptions, uintOption } from "../coap/options.ts";
import type { Path } from "../lwm2m/path.ts";

export interface Cost {
  /** Confirmable messages: round trips. */
  readonly messages: number;
  readonly bytes: number;
}

export const NOTHING: Cost = { messages: 0, bytes: 0 };

export function plus(a: Cost, b: Cost): Cost {
  return { messages: a.messages + b.messages, bytes: a.bytes + b.bytes };
}

export function times({ messages, bytes }: Cost, factor: number): Cost {
  return { messages: messages * factor, bytes: bytes * factor };
}

/** A notification of what is observed at `path`; the server fetches the blocks behind the first. */
export function notificationCost(payload: Uint8Array, contentFormat: number, path: Path): Cost {
  const parts = blocksOf(payload);
  const format = uintOption(OPTION.contentFormat, contentFormat);
  const costs = parts.map(({ part, block }, i): Cost => {
    const block2 = parts.length === 1 ? [] : [blockOption(OPTION.block2, block)];
    const options = i === 0 ? [uintOption(OPTION.observe, LATE_OBSERVE), format, ...block2] : [format, ...block2];
    const content: CoapMessage = { code: CODE.content, options, payload: part };
    const asked = { code: CODE.get, options: [...pathOptions(path), ...block2], payload: NO_PAYLOAD };
    return i === 0
      ? { messages: 1, bytes: sized(TYPE.con, SERVERS_TOKEN, content) + ACKNOWLEDGEMENT }
      : { messages: 1, bytes: sized(TYPE.con, SERVERS_TOKEN, asked) + sized(TYPE.ack, SERVERS_TOKEN, content) };
  });
  return costs.reduce(plus, NOTHING);
}

/** A Send; each block is acknowledged with its answer. */
export function sendCost(payload: Uint8Array, contentFormat: number): Cost {
  const parts = blocksOf(payload);
  const costs = parts.map(({ part, block }, i): Cost => {
    const block1 = parts.length === 1 ? [] : [blockOption(OPTION.block1, block)];
    const options = [
      ...stringOptions(OPTION.uriPath, ["dp"]),
      uintOption(OPTION.contentFormat, contentFormat),
      ...block1,
    ];
    const code = i === parts.length - 1 ? CODE.changed : CODE.continue;
    const answer: CoapMessage = { code, options: block1, payload: NO_PAYLOAD };
    const bytes = sized(TYPE.con, OUR_TOKEN, { code: CODE.post, options, payload: part });
    return { messages: 1, bytes: bytes + sized(TYPE.ack, OUR_TOKEN, answer) };
  });
  return costs.reduce(plus, NOTHING);
}

const IP_AND_UDP = 20 + 8;
/** As Leshan makes them, and most others; ours are shorter. */
const SERVERS_TOKEN = new Uint8Array(8);
const OUR_TOKEN = new Uint8Array(6);
/** RFC 7641 §4.4: it counts up to 24 bits. */
const LATE_OBSERVE = 2 ** 24 - 1;
const ACKNOWLEDGEMENT = IP_AND_UDP + encodeEmpty(TYPE.ack, 0).length;

function sized(type: MessageType, token: Uint8Array, message: CoapMessage): number {
  return IP_AND_UDP + encodeMessage(type, 0, token, message).length;
}

function pathOptions(path: Path): CoapOption[] {
  return path === "/" ? [] : stringOptions(OPTION.uriPath, path.slice(1).split("/"));
}

function blocksOf(payload: Uint8Array) {
  const size = blockSize(LARGEST_SZX);
  return Array.from({ length: Math.max(1, Math.ceil(payload.length / size)) }, (_, number) => ({
    part: payload.subarray(number * size, (number + 1) * size),
    block: { number, more: (number + 1) * size < payload.length, szx: LARGEST_SZX },
  }));
}
