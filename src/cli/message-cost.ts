/** What a message costs on the wire, both ways, as it would be sent: with all headers, and what acknowledges it. */
import { blockOption, blockSize, LARGEST_SZX } from "../coap/block.ts";
import { CODE } from "../coap/codes.ts";
import { encodeEmpty, encodeMessage, type MessageType, TYPE } from "../coap/message.ts";
import { type CoapMessage, type CoapOption, NO_PAYLOAD, OPTION, stringOptions, uintOption } from "../coap/options.ts";
import { ping, pong } from "../coap/signaling.ts";
import { encodeFrame } from "../coap/tcp-framing.ts";
import type { ServerScheme } from "../config/types.ts";
import type { Path } from "../lwm2m/path.ts";

export interface Cost {
  /** Those that are waited for: over UDP round trips. */
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

/** What carries CoAP to a server. */
export interface Carrier {
  /** Of what is observed at `path`. */
  notification(payload: Uint8Array, contentFormat: number, path: Path): Cost;
  send(payload: Uint8Array, contentFormat: number): Cost;
  /** Of a registration that only goes on. */
  update(): Cost;
}

export function carrierOf(scheme: ServerScheme): Carrier {
  switch (scheme) {
    case "coap":
      return overUdp(0);
    case "coaps":
      return overUdp(DTLS_RECORD);
    case "coap+tcp":
      return TCP;
  }
}

/**
 * IPv4 and UDP before each datagram (RFC 791 §3.1, RFC 768), an acknowledgement of each message (RFC 7252 §4.2), and a round
 * trip for each block of a body that one block does not hold (RFC 7959); the server fetches those behind the first.
 * `record`: bytes that security adds to each datagram.
 */
function overUdp(record: number): Carrier {
  const datagram = (type: MessageType, token: Uint8Array, message: CoapMessage): number =>
    IP_AND_UDP + record + encodeMessage(type, 0, token, message).length;
  const acknowledgement = IP_AND_UDP + record + encodeEmpty(TYPE.ack, 0).length;
  return {
    notification(payload, contentFormat, path) {
      const parts = blocksOf(payload);
      const costs = parts.map(({ part, block }, i): Cost => {
        const block2 = parts.length === 1 ? [] : [blockOption(OPTION.block2, block)];
        const content = notification(part, contentFormat, i === 0, block2);
        const asked = { code: CODE.get, options: [...pathOptions(path), ...block2], payload: NO_PAYLOAD };
        const bytes =
          i === 0
            ? datagram(TYPE.con, SERVERS_TOKEN, content) + acknowledgement
            : datagram(TYPE.con, SERVERS_TOKEN, asked) + datagram(TYPE.ack, SERVERS_TOKEN, content);
        return { messages: 1, bytes };
      });
      return costs.reduce(plus, NOTHING);
    },
    send(payload, contentFormat) {
      const parts = blocksOf(payload);
      const costs = parts.map(({ part, block }, i): Cost => {
        const block1 = parts.length === 1 ? [] : [blockOption(OPTION.block1, block)];
        const code = i === parts.length - 1 ? CODE.changed : CODE.continue;
        const answer: CoapMessage = { code, options: block1, payload: NO_PAYLOAD };
        const bytes = datagram(TYPE.con, OUR_TOKEN, sending(part, contentFormat, block1));
        return { messages: 1, bytes: bytes + datagram(TYPE.ack, OUR_TOKEN, answer) };
      });
      return costs.reduce(plus, NOTHING);
    },
    update: () => ({
      messages: 1,
      bytes: datagram(TYPE.con, OUR_TOKEN, UPDATE) + datagram(TYPE.ack, OUR_TOKEN, UPDATED),
    }),
  };
}

/**
 * IPv4 and TCP with time stamps (RFC 9293 §3.1, RFC 7323) before each frame; each of its segments is acknowledged (RFC 8323).
 * A notification is confirmed by the Pong to a Ping in the same segment (§5.4); the Pong acknowledges the segment, too.
 */
const TCP: Carrier = {
  notification(payload, contentFormat) {
    const bytes = segments(SERVERS_TOKEN, notification(payload, contentFormat, true, []));
    return { messages: 1, bytes: bytes + CONFIRMATION };
  },
  send(payload, contentFormat) {
    const answer: CoapMessage = { code: CODE.changed, options: [], payload: NO_PAYLOAD };
    return {
      messages: 1,
      bytes: segments(OUR_TOKEN, sending(payload, contentFormat, [])) + segments(OUR_TOKEN, answer),
    };
  },
  update: () => ({ messages: 1, bytes: segments(OUR_TOKEN, UPDATE) + segments(OUR_TOKEN, UPDATED) }),
};

/** Core 1.2 §6.2.2; a location as Leshan gives them. */
const UPDATE: CoapMessage = {
  code: CODE.post,
  options: stringOptions(OPTION.uriPath, ["rd", "0123456789"]),
  payload: NO_PAYLOAD,
};
const UPDATED: CoapMessage = { code: CODE.changed, options: [], payload: NO_PAYLOAD };

const IP_AND_UDP = 20 + 8;
/** RFC 6347 §4.1, and of CCM_8, which LwM2M has first, nonce and tag (RFC 6655 §3). A Connection ID comes on top. */
const DTLS_RECORD = 13 + 8 + 8;
const IP_AND_TCP = 20 + 32;
const CONFIRMATION =
  encodeFrame(NO_PAYLOAD, ping()).length + encodeFrame(NO_PAYLOAD, pong(ping(), true)).length + IP_AND_TCP;
/** Of the payload of a TCP segment, on Ethernet. */
const LARGEST_SEGMENT = 1448;
/** As Leshan makes them, and most others; ours are shorter. */
const SERVERS_TOKEN = new Uint8Array(8);
const OUR_TOKEN = new Uint8Array(6);
/** RFC 7641 §4.4: it counts up to 24 bits. */
const LATE_OBSERVE = 2 ** 24 - 1;

function notification(payload: Uint8Array, contentFormat: number, first: boolean, block: CoapOption[]): CoapMessage {
  const observe = first ? [uintOption(OPTION.observe, LATE_OBSERVE)] : [];
  const options = [...observe, uintOption(OPTION.contentFormat, contentFormat), ...block];
  return { code: CODE.content, options, payload };
}

function sending(payload: Uint8Array, contentFormat: number, block: CoapOption[]): CoapMessage {
  const options = [...stringOptions(OPTION.uriPath, ["dp"]), uintOption(OPTION.contentFormat, contentFormat), ...block];
  return { code: CODE.post, options, payload };
}

function segments(token: Uint8Array, message: CoapMessage): number {
  const { length } = encodeFrame(token, message);
  return length + 2 * IP_AND_TCP * Math.ceil(length / LARGEST_SEGMENT);
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
