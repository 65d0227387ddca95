/**
 * What an answer to a request must look like, as far as its beginning tells. MODBUS Application Protocol V1.1b3 §6, §7.
 * Values are not looked at: whether they are right is for those who asked.
 */

import { DEVICE_IDENTIFICATION } from "./codec.ts";

export type Fit =
  /** It can be the answer; its PDU has so many bytes. */
  | { readonly kind: "length"; readonly length: number }
  /** It can be the answer so far; how long it is will be known with more bytes. */
  | { readonly kind: "more" }
  /** It can be the answer; only its checksum tells where it ends. */
  | { readonly kind: "any" }
  | { readonly kind: "none" };

const NONE: Fit = { kind: "none" };
const MORE: Fit = { kind: "more" };
const ANY: Fit = { kind: "any" };

/** Function code and exception code (§7). */
const EXCEPTION_LENGTH = 2;

/** The longest PDU (§4.1). */
const LONGEST = 253;

/** `request`: its PDU. `bytes`: the PDU that is looked at, whole or its beginning, with whatever stands behind it. */
export function fitOf(request: Uint8Array, bytes: Uint8Array): Fit {
  const code = request[0] ?? 0;
  if (bytes.length === 0) return MORE;
  if (bytes[0] === (code | 0x80)) return length(EXCEPTION_LENGTH);
  if (bytes[0] !== code) return NONE;
  switch (code) {
    case 1:
    case 2:
      return counted(bytes, Math.ceil(word(request, 3) / 8));
    case 3:
    case 4:
    case 23:
      return counted(bytes, 2 * word(request, 3));
    case 5:
    case 6:
    case 15:
    case 16:
      return echoing(request, bytes, 2, 5);
    case 22:
      return echoing(request, bytes, 2, 7);
    // The answer is the request (§6.15).
    case 21:
      return echoing(request, bytes, request.length - 1, request.length);
    case 7:
      return length(2);
    case 11:
      return length(5);
    case 12:
    case 17:
    case 20:
      return bytes[1] === undefined ? MORE : length(2 + bytes[1]);
    case 24:
      return bytes.length < 3 ? MORE : length(3 + word(bytes, 1));
    case 43:
      return identification(request, bytes);
    default:
      return ANY;
  }
}

function length(bytes: number): Fit {
  return bytes <= LONGEST ? { kind: "length", length: bytes } : NONE;
}

/** Function, byte count, data. Another count belongs to another request: a late answer. */
function counted(bytes: Uint8Array, count: number): Fit {
  if (bytes[1] === undefined) return MORE;
  return bytes[1] === count ? length(2 + count) : NONE;
}

/** The first bytes of the data come back: those of another request answer another one. */
function echoing(request: Uint8Array, bytes: Uint8Array, same: number, whole: number): Fit {
  for (let i = 1; i <= same; i++) {
    if (bytes[i] === undefined) return MORE;
    if (bytes[i] !== request[i]) return NONE;
  }
  return length(whole);
}

/** MEI type 14 (§6.21): type, code, conformity, more follows, next object, number of objects; then number, length, value of each. */
function identification(request: Uint8Array, bytes: Uint8Array): Fit {
  if (request[1] !== DEVICE_IDENTIFICATION) return ANY;
  for (const i of [1, 2]) {
    if (bytes[i] === undefined) return MORE;
    if (bytes[i] !== request[i]) return NONE;
  }
  const objects = bytes[6];
  if (objects === undefined) return MORE;
  let end = 7;
  for (let i = 0; i < objects; i++) {
    const value = bytes[end + 1];
    // Some count the objects of all the answers that follow, as the example of §6.21 does: the number cannot be trusted.
    if (value === undefined) return ANY;
    end += 2 + value;
    if (end > LONGEST) return ANY;
  }
  return length(end);
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
