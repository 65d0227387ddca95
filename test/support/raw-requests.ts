/** Requests as bytes, right or wrong, past every rule that the scripted server keeps; and what the gateway answers. */
import type { Millis } from "../../src/clock.ts";
import { CODE, formatCode } from "../../src/coap/codes.ts";
import { decodeMessage, encodeMessage, TYPE, type UdpMessage } from "../../src/coap/message.ts";
import { type CoapOption, findOption, OPTION, sortOptions, stringOptions, uintOption } from "../../src/coap/options.ts";
import { bytes } from "../vectors/content.ts";
import type { AGateway } from "./a-gateway.ts";

export interface RawRequest {
  /** The name of a method, or the number of one that does not exist. */
  readonly method: keyof typeof CODE | number;
  /** "/3/0?pmin=5&pmax": each segment and each argument is an option. */
  readonly target?: string;
  readonly accept?: number;
  readonly format?: number;
  readonly observe?: number;
  /** More options, as they are. */
  readonly options?: readonly CoapOption[];
  readonly text?: string;
  readonly hex?: string;
}

export interface RawAnswer {
  /** "4.04" */
  readonly code: string;
  readonly format: Uint8Array | undefined;
  /** The diagnostic of an error. */
  readonly text: string;
  readonly message: UdpMessage;
}

/** Longer than the processing of anything that reads no device; a timeout of one is waited for by the tests themselves. */
const PATIENCE: Millis = 100;

/** Sends requests to the gateway from its server's address, in CON messages of their own. */
export class RawRequests {
  private readonly world: AGateway;
  private count = 0;

  constructor(world: AGateway) {
    this.world = world;
  }

  /** Undefined where nothing is answered. */
  async send(request: RawRequest, patience = PATIENCE): Promise<RawAnswer | undefined> {
    const token = Uint8Array.of(0xee, this.count >> 8, this.count & 0xff);
    return this.sendBytes(requestBytes(request, 0x6000 + this.count, token), patience);
  }

  /** The same for a datagram. */
  async sendBytes(datagram: Uint8Array, patience = PATIENCE): Promise<RawAnswer | undefined> {
    this.count++;
    const { server, clock } = this.world;
    const before = server.packets.length;
    server.sendRaw(datagram);
    await clock.advance(patience);
    const token = Buffer.from(decodeMessage(datagram).token);
    const answer = server.packets
      .slice(before)
      .find(({ from, message }) => from === "gateway" && message.code > 0x1f && token.equals(message.token));
    return answer === undefined ? undefined : rawAnswer(answer.message);
  }
}

export function requestBytes(request: RawRequest, messageId: number, token: Uint8Array): Uint8Array {
  const { method, target = "/", accept, format, observe, options = [], text = "", hex } = request;
  const uint = (number: number, value: number | undefined) => (value === undefined ? [] : [uintOption(number, value)]);
  const [path = "", query] = target.split("?");
  const all = [
    ...stringOptions(OPTION.uriPath, path === "/" ? [] : path.split("/").slice(1)),
    ...stringOptions(OPTION.uriQuery, query === undefined ? [] : query.split("&")),
    ...uint(OPTION.accept, accept),
    ...uint(OPTION.contentFormat, format),
    ...uint(OPTION.observe, observe),
    ...options,
  ];
  const payload = hex === undefined ? new TextEncoder().encode(text) : bytes(hex);
  const code = typeof method === "number" ? method : CODE[method];
  return encodeMessage(TYPE.con, messageId, token, { code, options: sortOptions(all), payload });
}

function rawAnswer(message: UdpMessage): RawAnswer {
  return {
    code: formatCode(message.code),
    format: findOption(message, OPTION.contentFormat),
    text: new TextDecoder().decode(message.payload),
    message,
  };
}
