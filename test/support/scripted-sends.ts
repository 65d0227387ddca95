/** The Send operation at the scripted server: Core 1.2 §6.4.6. It keeps what came, and answers as told. */
import type { UnixMillis } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapMessage, NO_PAYLOAD, OPTION, stringValues } from "../../src/coap/options.ts";
import { type Answer, answerOf } from "./scripted-messages.ts";

export class ScriptedSends {
  readonly heard: Answer[] = [];
  /** Answered in place of 2.04, with this text. */
  refuse: { readonly code: number; readonly text: string } | undefined;

  /** Undefined for what is no Send. */
  serve(message: CoapMessage, at: UnixMillis): CoapMessage | undefined {
    if (message.code !== CODE.post || stringValues(message, OPTION.uriPath).join("/") !== "dp") return undefined;
    this.heard.push(answerOf("/", message, { type: "con", at }));
    const { code = CODE.changed, text } = this.refuse ?? {};
    return { code, options: [], payload: text === undefined ? NO_PAYLOAD : new TextEncoder().encode(text) };
  }
}
