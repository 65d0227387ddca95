/** Arithmetic on numbers as the decimals that they are written as: 20.3 + 0.1 is 20.4, and no bit of a 64-bit integer is lost. */

/** The numbers in units of the smallest digit that any of them has, so that sums and comparisons are exact. All are finite. */
export function scaled<const Values extends readonly (number | bigint)[]>(
  ...values: Values
): { readonly [Index in keyof Values]: bigint };
export function scaled(...values: readonly (number | bigint)[]): readonly bigint[] {
  const decimals = values.map((value) => decimalOf(String(value)));
  const smallest = Math.min(...decimals.map(({ exponent }) => exponent));
  return decimals.map(({ digits, exponent }) => digits * 10n ** BigInt(exponent - smallest));
}

/** Beyond it no resource has values (64 bits), and a double is as good as any integer. */
const LARGEST = 2 ** 64;

/** The number that a text with digits means: a bigint where it is an integer of 64 bits that a double cannot hold. */
export function parseNumber(text: string): number | bigint {
  const value = Number(text);
  if (Number.isSafeInteger(value) || !Number.isInteger(value) || Math.abs(value) > LARGEST) return value;
  const { digits, exponent } = decimalOf(text);
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  const unit = 10n ** BigInt(-exponent);
  return digits % unit === 0n ? digits / unit : value;
}

interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

function decimalOf(text: string): Decimal {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}
