/** Signaling over TCP: RFC 8323 §5, messages of class 7 about the connection itself. */

import { type Millis, SECOND } from "../clock.ts";
import { ProtocolError } from "../errors.ts";
import { formatCode } from "./codes.ts";
import {
  type CoapMessage,
  type CoapOption,
  findOption,
  NO_PAYLOAD,
  readUint,
  uintOption,
  uintValue,
} from "./options.ts";

/** 7.01 to 7.05 (§5.3 to §5.6). */
export const SIGNAL = { csm: 0xe1, ping: 0xe2, pong: 0xe3, release: 0xe4, abort: 0xe5 } as const;

export function isSignal(code: number): boolean {
  return code >> 5 === 7;
}

/** Option numbers count for each of the messages by itself (§5.2). */
const MAX_MESSAGE_SIZE = 2;
const BLOCK_WISE_TRANSFER = 4;
const CUSTODY = 2;
const HOLD_OFF = 4;
const BAD_CSM_OPTION = 2;

/** What a peer says that it can take (§5.3). */
export interface Capabilities {
  /** The longest message, from its first byte to its last. */
  readonly maxMessageSize: number;
  readonly blockWise: boolean;
}

/** What counts before the peer's CSM, and for what it leaves out. */
export const BASE_CAPABILITIES: Capabilities = { maxMessageSize: 1152, blockWise: false };

/** §6: who takes blocks, and messages longer than the base value, takes BERT. */
export function hasBert({ maxMessageSize, blockWise }: Capabilities): boolean {
  return blockWise && maxMessageSize > BASE_CAPABILITIES.maxMessageSize;
}

export function csm({ maxMessageSize, blockWise }: Capabilities): CoapMessage {
  const options = [uintOption(MAX_MESSAGE_SIZE, maxMessageSize)];
  if (blockWise) options.push({ number: BLOCK_WISE_TRANSFER, value: NO_PAYLOAD });
  return signal(SIGNAL.csm, options);
}

/**
 * What the peer says of itself now: a later CSM adds to those before (§5.3). Throws BadCsmOption for a value that means
 * nothing.
 */
export function readCsm(message: CoapMessage, before: Capabilities): Capabilities {
  const length = findOption(message, MAX_MESSAGE_SIZE)?.length ?? 0;
  if (length > 4) throw new BadCsmOption(MAX_MESSAGE_SIZE, `Max-Message-Size of ${length} bytes; expected at most 4`);
  const size = uintValue(message, MAX_MESSAGE_SIZE);
  return {
    maxMessageSize: size ?? before.maxMessageSize,
    blockWise: before.blockWise || findOption(message, BLOCK_WISE_TRANSFER) !== undefined,
  };
}

/** Throws for a critical option, of which this version of the protocol has none (§5.2). */
export function checkSignal({ code, options }: CoapMessage): void {
  for (const { number } of options) {
    if ((number & 1) === 0) continue;
    if (code === SIGNAL.csm) throw new BadCsmOption(number, `option ${number} of the CSM is not known here`);
    throw new ProtocolError(`option ${number} of message ${formatCode(code)} is not known here`);
  }
}

/** An option of a CSM that ends the connection (§5.6). */
export class BadCsmOption extends ProtocolError {
  readonly option: number;

  constructor(option: number, message: string) {
    super(message);
    this.name = "BadCsmOption";
    this.option = option;
  }
}

/** Asks whether everything before it has been worked on (§5.4.1). */
export function ping(): CoapMessage {
  return signal(SIGNAL.ping, [{ number: CUSTODY, value: NO_PAYLOAD }]);
}

/** The answer to a Ping. `done`: everything that came before it has been worked on, which is told where it was asked. */
export function pong(asked: CoapMessage, done: boolean): CoapMessage {
  const custody = done && findOption(asked, CUSTODY) !== undefined;
  return signal(SIGNAL.pong, custody ? [{ number: CUSTODY, value: NO_PAYLOAD }] : []);
}

export function release(): CoapMessage {
  return signal(SIGNAL.release, []);
}

/** `said`: for the peer's developer; `badCsmOption`: the option that we could not take. */
export function abort(said: string, badCsmOption?: number): CoapMessage {
  const options = badCsmOption === undefined ? [] : [uintOption(BAD_CSM_OPTION, badCsmOption)];
  return { ...signal(SIGNAL.abort, options), payload: new TextEncoder().encode(said) };
}

/** How long a Release asks us not to connect again (§5.5). */
export function holdOffOf(message: CoapMessage): Millis {
  const value = findOption(message, HOLD_OFF);
  return value === undefined || value.length > 3 ? 0 : readUint(value) * SECOND;
}

/** §5.5, §5.6: what a Release or an Abort says, in one line of what can be printed. */
export function diagnosticOf({ payload }: CoapMessage): string {
  const text = new TextDecoder().decode(payload.subarray(0, 800)).slice(0, 200);
  return text.replaceAll(/\p{Cc}/gu, "?");
}

function signal(code: number, options: readonly CoapOption[]): CoapMessage {
  return { code, options, payload: NO_PAYLOAD };
}
