/** Option numbers (RFC 7252 §12.2, 7641, 7959, 7967, 9175). Odd numbers are critical. */
export const OPTION = {
  ifMatch: 1,
  uriHost: 3,
  etag: 4,
  ifNoneMatch: 5,
  observe: 6,
  uriPort: 7,
  locationPath: 8,
  oscore: 9,
  uriPath: 11,
  contentFormat: 12,
  maxAge: 14,
  uriQuery: 15,
  accept: 17,
  locationQuery: 20,
  block2: 23,
  block1: 27,
  size2: 28,
  proxyUri: 35,
  proxyScheme: 39,
  size1: 60,
  echo: 252,
  noResponse: 258,
  requestTag: 292,
} as const;

export interface CoapOption {
  readonly number: number;
  readonly value: Uint8Array;
}

/** A request or response as the application sees it: no type, no message ID, no token. Options in ascending order. */
export interface CoapMessage {
  readonly code: number;
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
}

export const NO_PAYLOAD: Uint8Array = new Uint8Array(0);

const text = new TextEncoder();
const utf8 = new TextDecoder();

/** An option that holds an unsigned integer in its shortest form: 0 is empty (RFC 7252 §3.2). */
export function uintOption(number: number, value: number): CoapOption {
  let length = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) length++;
  if (length === 0) return { number, value: NO_PAYLOAD };
  const bytes = new Uint8Array(length);
  for (let at = length - 1, rest = value; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  return { number, value: bytes };
}

export function stringOption(number: number, value: string): CoapOption {
  return { number, value: text.encode(value) };
}

/** One option for each path segment or query argument. */
export function stringOptions(number: number, values: readonly string[]): CoapOption[] {
  return values.map((value) => stringOption(number, value));
}

/** Sorts by option number, keeping the order of repeated ones; call it where options come from several places. */
export function sortOptions(options: readonly CoapOption[]): CoapOption[] {
  return [...options].sort((a, b) => a.number - b.number);
}

export function findOption(message: CoapMessage, number: number): Uint8Array | undefined {
  for (const option of message.options) if (option.number === number) return option.value;
  return undefined;
}

/** The value of an unsigned integer option; undefined where it is absent. */
export function uintValue(message: CoapMessage, number: number): number | undefined {
  const value = findOption(message, number);
  return value === undefined ? undefined : readUint(value);
}

/** The number that the bytes of an unsigned integer option spell. */
export function readUint(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = sum * 256 + byte;
  return sum;
}

export function stringValues(message: CoapMessage, number: number): string[] {
  const values: string[] = [];
  for (const option of message.options) if (option.number === number) values.push(decodeText(option.value));
  return values;
}

/** The message without the options of these numbers; itself where it has none of them. */
export function withoutOptions(message: CoapMessage, numbers: ReadonlySet<number>): CoapMessage {
  if (!message.options.some((option) => numbers.has(option.number))) return message;
  return { ...message, options: message.options.filter((option) => !numbers.has(option.number)) };
}

const OBSERVE: ReadonlySet<number> = new Set([OPTION.observe]);

export function withoutObserve(message: CoapMessage): CoapMessage {
  return withoutOptions(message, OBSERVE);
}

/** The message with this option, at its place, instead of those of its number. Each notification gets one: nothing is sorted. */
export function withOption(message: CoapMessage, option: CoapOption): CoapMessage {
  const options: CoapOption[] = [];
  let placed = false;
  for (const old of message.options) {
    if (!placed && old.number > option.number) {
      options.push(option);
      placed = true;
    }
    if (old.number !== option.number) options.push(old);
  }
  if (!placed) options.push(option);
  return { ...message, options };
}

/** Segments of paths are a few ASCII characters, for which a decoder's call costs more than its work. */
function decodeText(bytes: Uint8Array): string {
  if (bytes.length > 32) return utf8.decode(bytes);
  let characters = "";
  for (const byte of bytes) {
    if (byte > 0x7f) return utf8.decode(bytes);
    characters += String.fromCharCode(byte);
  }
  return characters;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
