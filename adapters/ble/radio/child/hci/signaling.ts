/** L2CAP's signaling channel: peripherals ask for other connection parameters (Core Specification, Vol. 3, Part A, 4). */
import type { Millis } from "../../../../../src/adapter.ts";

export const SIGNALING_CHANNEL = 5;

export interface WishedParameters {
  readonly interval: { readonly min: Millis; readonly max: Millis };
  readonly latency: number;
  readonly supervision: Millis;
}

export interface Signal {
  /** The answer to the peripheral. */
  readonly answer: Uint8Array;
  /** Absent: nothing that we do. */
  readonly wish?: WishedParameters;
}

const REJECT = 0x01;
const UPDATE_REQUEST = 0x12;
const UPDATE_RESPONSE = 0x13;
/** Units of the interval and of the supervision timeout. */
const INTERVAL_UNIT: Millis = 1.25;
const SUPERVISION_UNIT: Millis = 10;

/** Undefined: nothing is to be said. noble leaves it to the kernel, which is not there where we have the controller for ourselves. */
export function answerSignal(data: Buffer): Signal | undefined {
  if (data.length < 4) return undefined;
  const [code, identifier] = [data.readUInt8(0), data.readUInt8(1)];
  const content = data.subarray(4);
  if (code === UPDATE_REQUEST && content.length >= 8) {
    const wish = readWish(content);
    const refused = isPossible(wish) ? 0 : 1;
    const answer = Uint8Array.of(UPDATE_RESPONSE, identifier, 2, 0, refused, 0);
    return refused === 0 ? { answer, wish } : { answer };
  }
  // 4.1: what is asked with a code that we do not know. Responses have odd ones, or no answer.
  const isRequest = code % 2 === 0 && code !== 0;
  return isRequest ? { answer: Uint8Array.of(REJECT, identifier, 2, 0, 0, 0) } : undefined;
}

function readWish(content: Buffer): WishedParameters {
  const [min, max] = [content.readUInt16LE(0), content.readUInt16LE(2)];
  return {
    interval: { min: min * INTERVAL_UNIT, max: max * INTERVAL_UNIT },
    latency: content.readUInt16LE(4),
    supervision: content.readUInt16LE(6) * SUPERVISION_UNIT,
  };
}

/** 4.20 */
function isPossible({ interval: { min, max }, latency, supervision }: WishedParameters): boolean {
  return min >= 7.5 && min <= max && max <= 4000 && latency <= 499 && supervision >= 100 && supervision <= 32_000;
}
