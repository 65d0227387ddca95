/** Numbers as formats of sensors have them: an integer of some bytes, and what one step of it is worth. */

export interface NumberFormat {
  readonly bytes: 1 | 2 | 3 | 4;
  readonly signed?: true;
  /** The most significant byte first; absent: last. */
  readonly big?: true;
  /** The value is (integer × times + plus) ÷ per, so that decimal fractions come out as they are written. */
  readonly times?: number;
  readonly plus?: number;
  readonly per?: number;
  /** The integer that means "no value": the smallest or the largest. */
  readonly unknown?: number;
}

/** The value at that place, which the bytes must have; undefined: the device says that it has none. */
export function readNumber(format: NumberFormat, bytes: Uint8Array, at: number): number | undefined {
  const integer = readInteger(format, bytes, at);
  if (integer === format.unknown) return undefined;
  const { times = 1, plus = 0, per = 1 } = format;
  return (integer * times + plus) / per;
}

/** Writes the nearest value that the format has; without a value what means "none", or where the format has no such integer 0. */
export function writeNumber(format: NumberFormat, bytes: Uint8Array, at: number, value: number | undefined): void {
  writeInteger(format, bytes, at, value === undefined ? (format.unknown ?? 0) : nearestInteger(format, value));
}

/** How far the nearest value that the format has is from this one. */
export function roundingError(format: NumberFormat, value: number): number {
  const { times = 1, plus = 0, per = 1 } = format;
  return Math.abs((nearestInteger(format, value) * times + plus) / per - value);
}

function nearestInteger(format: NumberFormat, value: number): number {
  const { times = 1, plus = 0, per = 1, unknown } = format;
  const [lowest, highest] = limits(format);
  const [first, last] = [unknown === lowest ? lowest + 1 : lowest, unknown === highest ? highest - 1 : highest];
  return Math.min(last, Math.max(first, Math.round((value * per - plus) / times)));
}

function limits({ bytes, signed }: NumberFormat): readonly [lowest: number, highest: number] {
  const count = 256 ** bytes;
  return signed ? [-count / 2, count / 2 - 1] : [0, count - 1];
}

function readInteger({ bytes: size, signed, big }: NumberFormat, bytes: Uint8Array, at: number): number {
  const digits = bytes.subarray(at, at + size);
  const ordered = big ? digits : digits.toReversed();
  const unsigned = ordered.reduce((sum, byte) => sum * 256 + byte, 0);
  return signed && unsigned >= 256 ** size / 2 ? unsigned - 256 ** size : unsigned;
}

function writeInteger({ bytes: size, big }: NumberFormat, bytes: Uint8Array, at: number, integer: number): void {
  let rest = integer < 0 ? integer + 256 ** size : integer;
  for (let i = 0; i < size; i++) {
    bytes[big ? at + size - 1 - i : at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}
