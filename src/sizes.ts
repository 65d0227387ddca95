/** Sizes and shares as users write them: 256MB, 25%. */
import { z } from "zod";

const UNITS: Readonly<Record<string, number>> = { KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

/** Bytes of "256MB" in a schema, within limits that are written in the same way. */
export function sizeSchema(least: string, most: string): z.ZodType<number> {
  const [lower = 0, upper = Number.POSITIVE_INFINITY] = [bytesOf(least), bytesOf(most)];
  return z.string().transform((text, context) => {
    const size = bytesOf(text);
    if (size !== undefined && size >= lower && size <= upper) return size;
    const message =
      size === undefined
        ? `"${text}" is no size; expected a number and a unit (KB, MB, GB), e.g. 256MB`
        : `"${text}" is outside ${least}..${most}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

/** "480 KB": exact, for a person. */
export function sizeText(bytes: number): string {
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20} MB`;
  return bytes % 2 ** 10 === 0 ? `${bytes / 2 ** 10} KB` : `${bytes} bytes`;
}

/** "25%" in a schema, as 0.25; `whole` names what it is a part of. */
export function percentSchema(whole: string): z.ZodType<number> {
  return z
    .string()
    .regex(/^(?:100|[1-9][0-9]?)%$/, { message: `expected a part of ${whole} in percent, 1% to 100%` })
    .transform((text) => Number(text.slice(0, -1)) / 100);
}

/** Undefined where it is no size. */
function bytesOf(text: string): number | undefined {
  const [, number, unit = ""] = /^([0-9]+(?:\.[0-9]+)?)(KB|MB|GB)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  return number === undefined || factor === undefined ? undefined : Math.round(Number(number) * factor);
}
