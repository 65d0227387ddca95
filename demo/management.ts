/** What a server asks of a client: Read, Write, Execute (Core 1.2 §6.3) and Observe (§6.4), in SenML CBOR. */

import type { Clock } from "../src/clock.ts";
import { CODE, formatCode, isSuccess } from "../src/coap/codes.ts";
import {
  type CoapMessage,
  findOption,
  NO_PAYLOAD,
  OPTION,
  sortOptions,
  stringOptions,
  uintOption,
  uintValue,
} from "../src/coap/options.ts";
import { reasonOf } from "../src/errors.ts";
import { CONTENT_FORMAT, type TimedPathValue } from "../src/lwm2m/formats/codec.ts";
import { codecFor, decodeTimed } from "../src/lwm2m/formats/index.ts";
import { catalogue } from "../src/lwm2m/objects/index.ts";
import type { Path } from "../src/lwm2m/path.ts";
import type { Value } from "../src/lwm2m/sample.ts";
import type { CoapSocket, Peer } from "./coap-socket.ts";

export interface ObservationListener {
  /** Also the values of the first answer. */
  onValues(values: readonly TimedPathValue[]): void;
  /** The client ended it, or sent what cannot be read. */
  onEnd(reason: string): void;
}

/** Each request rejects where there is no answer, or an error; the message then has its code and diagnostic text. */
export class Management {
  private readonly socket: CoapSocket;
  private readonly clock: Clock;

  constructor(socket: CoapSocket, clock: Clock) {
    this.socket = socket;
    this.clock = clock;
  }

  async read(peer: Peer, path: Path): Promise<readonly TimedPathValue[]> {
    return this.valuesOf(path, await this.ask(peer, CODE.get, path, { options: ACCEPT }));
  }

  /** Writes one resource; resolves once the device has confirmed it. */
  async write(peer: Peer, path: Path, value: Value): Promise<void> {
    const sample = { path, value, time: this.clock.wall() };
    const payload = codecFor(CONTENT_FORMAT.senmlCbor)?.encode([sample], path, catalogue.typeOf);
    if (payload === undefined) throw new Error("no codec for SenML CBOR");
    const options = [uintOption(OPTION.contentFormat, CONTENT_FORMAT.senmlCbor)];
    await this.ask(peer, CODE.put, path, { options, payload });
  }

  async execute(peer: Peer, path: Path): Promise<void> {
    await this.ask(peer, CODE.post, path, {});
  }

  /** Resolves with the function that ends it without a word; rejects where the client does not let it be observed. */
  async observe(peer: Peer, path: Path, listener: ObservationListener): Promise<() => void> {
    const message = request(CODE.get, path, { options: ACCEPT });
    const { response, cancel } = await this.socket.observe(peer, message, (notification) => {
      if (!isSuccess(notification.code)) listener.onEnd(explain(notification));
      else this.take(path, notification, listener);
    });
    if (!isSuccess(response.code)) throw new Error(explain(response));
    if (findOption(response, OPTION.observe) === undefined) throw new Error("it can be read, but not observed");
    listener.onValues(this.valuesOf(path, response));
    return () => void cancel("forget");
  }

  /** Throws ProtocolError or Lwm2mError for a payload that is not what its Content-Format says. */
  valuesOf(base: Path, message: CoapMessage): readonly TimedPathValue[] {
    const format = uintValue(message, OPTION.contentFormat) ?? CONTENT_FORMAT.text;
    return decodeTimed(format, message.payload, { base, typeOf: catalogue.typeOf, now: this.clock.wall() });
  }

  private take(path: Path, notification: CoapMessage, listener: ObservationListener): void {
    let values: readonly TimedPathValue[];
    try {
      values = this.valuesOf(path, notification);
    } catch (error) {
      listener.onEnd(`a notification that cannot be read: ${reasonOf(error)}`);
      return;
    }
    listener.onValues(values);
  }

  private async ask(peer: Peer, code: number, path: Path, parts: RequestParts): Promise<CoapMessage> {
    const response = await this.socket.request(peer, request(code, path, parts));
    if (isSuccess(response.code)) return response;
    throw new Error(`${path}: ${explain(response)}`);
  }
}

interface RequestParts {
  readonly options?: CoapMessage["options"];
  readonly payload?: Uint8Array;
}

const ACCEPT = [uintOption(OPTION.accept, CONTENT_FORMAT.senmlCbor)];

function request(code: number, path: Path, { options = [], payload = NO_PAYLOAD }: RequestParts): CoapMessage {
  const segments = stringOptions(OPTION.uriPath, path.slice(1).split("/"));
  return { code, options: sortOptions([...segments, ...options]), payload };
}

/** "5.00 the device does not answer" */
function explain(response: CoapMessage): string {
  return `${formatCode(response.code)} ${new TextDecoder().decode(response.payload)}`.trim();
}
