/** One message that came: what it carries is read where somebody wants it, and once. */
import { type ParsedJson, parseJson } from "./json.ts";

export interface Received {
  readonly topic: string;
  readonly payload: Buffer;
  /** The broker had kept it, and gives it to whoever subscribes: nobody knows how old it is. */
  readonly retained: boolean;
  /** MQTT 5: what the request had that this answers. */
  readonly correlation?: Uint8Array | undefined;
  /** MQTT 5: where an answer to this is wanted. */
  readonly responseTopic?: string | undefined;
}

export class Message implements Received {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
  readonly correlation: Uint8Array | undefined;
  private spelled: string | undefined;
  private parsed: ParsedJson | undefined;

  constructor({ topic, payload, retained, correlation }: Received) {
    this.topic = topic;
    this.payload = payload;
    this.retained = retained;
    this.correlation = correlation;
  }

  /** Bytes that are no UTF-8 become the replacement character. */
  get text(): string {
    this.spelled ??= this.payload.toString("utf8");
    return this.spelled;
  }

  get json(): ParsedJson {
    this.parsed ??= parseJson(this.text);
    return this.parsed;
  }
}
