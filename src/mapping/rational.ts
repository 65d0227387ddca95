/** Exact fractions: scale factors and units are composed without rounding, so that 2305 * 0.1 is 230.5 and W to kW and back is W. */
export interface Rational {
  readonly numerator: bigint;
  /** Greater than zero; both in lowest terms. */
  readonly denominator: bigint;
}

export const ZERO: Rational = { numerator: 0n, denominator: 1n };
export const ONE: Rational = { numerator: 1n, denominator: 1n };

/** Reads 0.1, 1e-9, "5/18": a number means the decimal that it prints as. Throws RangeError for what is not finite. */
export function rational(source: number | string): Rational {
  const [top = "", bottom] = String(source).split("/");
  return bottom === undefined ? decimal(top) : divide(decimal(top), decimal(bottom));
}

export function add(a: Rational, b: Rational): Rational {
  return reduce(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function subtract(a: Rational, b: Rational): Rational {
  return add(a, { numerator: -b.numerator, denominator: b.denominator });
}

export function multiply(a: Rational, b: Rational): Rational {
  return reduce(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** Throws RangeError where `b` is zero. */
export function divide(a: Rational, b: Rational): Rational {
  return reduce(a.numerator * b.denominator, a.denominator * b.numerator);
}

/** The nearest number, to within one unit of its last place. */
export function toNumber({ numerator, denominator }: Rational): number {
  const whole = numerator / denominator;
  return Number(whole) + Number(numerator - whole * denominator) / Number(denominator);
}

function decimal(text: string): Rational {
  const [, sign, whole = "", fraction = "", exponent = "0"] =
    /^([-+]?)(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i.exec(text.trim()) ?? [];
  if (sign === undefined || whole + fraction === "") throw new RangeError(`"${text}" is no number`);
  const digits = BigInt(`${whole}${fraction}`) * (sign === "-" ? -1n : 1n);
  const power = Number(exponent) - fraction.length;
  return power >= 0 ? reduce(digits * 10n ** BigInt(power), 1n) : reduce(digits, 10n ** BigInt(-power));
}

function reduce(numerator: bigint, denominator: bigint): Rational {
  if (denominator === 0n) throw new RangeError("division by zero");
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = sign * gcd(numerator < 0n ? -numerator : numerator, denominator * sign);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** Of numbers that are not negative. */
export function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}
