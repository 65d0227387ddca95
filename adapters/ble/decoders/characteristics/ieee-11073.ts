/**
 * The floats of medical devices (ISO/IEEE 11073-20601, 7.3 and 7.4; Bluetooth's GATT Specification Supplement calls them medfloat32 and
 * medfloat16): an integer and a power of ten.
 */

export interface MedicalFloat {
  readonly bytes: 2 | 4;
  /** Of the integer; the power of ten has the others. */
  readonly bits: 12 | 24;
}

export const SFLOAT: MedicalFloat = { bytes: 2, bits: 12 };
export const FLOAT: MedicalFloat = { bytes: 4, bits: 24 };

/** Undefined: no number, too large a one, or none at this resolution. */
export function readMedicalFloat({ bytes: size, bits }: MedicalFloat, bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  const word = size === 2 ? view.getUint16(0, true) : view.getUint32(0, true);
  const mantissa = signed(word % 2 ** bits, bits);
  const exponent = signed(Math.floor(word / 2 ** bits), size * 8 - bits);
  const most = 2 ** (bits - 1);
  // With the exponent 0: NaN is 7ff, +infinite 7fe, not at this resolution 800, reserved 801, -infinite 802.
  if (exponent === 0 && (mantissa >= most - 2 || mantissa <= 2 - most)) return undefined;
  // Written out in digits, so that 36.6 is 36.6.
  return Number(`${mantissa}e${exponent}`);
}

/** The nearest with as many decimals as it needs and has room for; undefined is written as no number. */
export function writeMedicalFloat({ bytes: size, bits }: MedicalFloat, value: number | undefined): Uint8Array {
  const most = 2 ** (bits - 1);
  const [mantissa, exponent] = value === undefined ? [most - 1, 0] : shortest(value, most - 3);
  const word =
    (exponent < 0 ? exponent + 2 ** (size * 8 - bits) : exponent) * 2 ** bits + ((mantissa + 2 ** bits) % 2 ** bits);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (size === 2) view.setUint16(0, word, true);
  else view.setUint32(0, word, true);
  return bytes;
}

const MOST_DECIMALS = 6;
const LARGEST_EXPONENT = 7;

function shortest(value: number, largest: number): readonly [mantissa: number, exponent: number] {
  let best: readonly [number, number] = [Math.sign(value) * largest, LARGEST_EXPONENT];
  for (let exponent = LARGEST_EXPONENT; exponent >= -MOST_DECIMALS; exponent--) {
    const mantissa = Math.round(value * 10 ** -exponent);
    if (Math.abs(mantissa) > largest) return best;
    if (errorOf([mantissa, exponent], value) < errorOf(best, value) || exponent === 0) best = [mantissa, exponent];
  }
  return best;
}

function errorOf([mantissa, exponent]: readonly [number, number], value: number): number {
  return Math.abs(Number(`${mantissa}e${exponent}`) - value);
}

function signed(bits: number, count: number): number {
  return bits >= 2 ** (count - 1) ? bits - 2 ** count : bits;
}
