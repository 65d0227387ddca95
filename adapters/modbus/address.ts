/** How users write addresses, and what goes on the wire. MODBUS Application Protocol V1.1b3 §4.4. */
import { z } from "zod";
import { ADDRESSES, type Table } from "./pdu.ts";

/**
 * `zero`: as on the wire; `one`: the first is 1; `modicon`: as vendors print it, with the digit of the table in front
 * (40011 or 400011 is the eleventh holding register).
 */
export type Addressing = "zero" | "one" | "modicon";

/** A number, decimal or 0x…; leading zeros are decimal (`00001` is 1). */
export const addressSchema: z.ZodType<number> = z
  .union([
    z.int().min(0).max(999_999),
    z.string().regex(/^(?:0x[0-9a-f]{1,4}|[0-9]{1,6})$/i, "expected an address such as 10, 0x0A or 40011"),
  ])
  .transform(Number);

/** The digit in front of a Modicon address. */
const DIGIT: Readonly<Record<Table, number>> = { coil: 0, discrete: 1, input: 3, holding: 4 };

/** The address on the wire, 0 … 65535. Throws RangeError with a sentence for the user. */
export function wireAddress(table: Table, written: number, addressing: Addressing): number {
  switch (addressing) {
    case "zero":
      return within(written, written, `0..${ADDRESSES - 1}`);
    case "one":
      return within(written - 1, written, `1..${ADDRESSES} (addressing: one)`);
    case "modicon":
      return modicon(table, written);
  }
}

function modicon(table: Table, written: number): number {
  const short = DIGIT[table] * 10_000;
  const long = DIGIT[table] * 100_000;
  // Five digits end at 9999; with six, and for coils, whose digit is 0, all 65536 are possible.
  const number = written > short && written < short + 10_000 && table !== "coil" ? written - short : written - long;
  const pad = (value: number): string => String(value).padStart(5, "0");
  const range = `${pad(short + 1)}..${pad(short + 9999)} or ${String(long + 1).padStart(6, "0")}..${String(long + ADDRESSES).padStart(6, "0")}`;
  return within(number - 1, written, `${range} (addressing: modicon)`);
}

function within(wire: number, written: number, range: string): number {
  if (wire >= 0 && wire < ADDRESSES) return wire;
  throw new RangeError(`address ${written} is outside ${range}`);
}
