/** A value with its unit; "-" where there is none. As JSON brought it: 64-bit integers are text, bytes hexadecimal. */
export function valueText(value: unknown, unit?: string): string {
  return value === undefined ? "-" : [formatValue(value), unit].filter(Boolean).join(" ");
}

/** Without its unit. */
export function formatValue(value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(7)));
  // A device's text is no command to the terminal.
  return typeof value === "object" ? JSON.stringify(value) : String(value).replaceAll(/\p{Cc}/gu, "?");
}
