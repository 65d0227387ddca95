/** "1 device", "2 devices". */
export function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** The first few, and how many more there are, as a last one. */
export function firstOf(texts: readonly string[], most = 5): readonly string[] {
  const more = texts.length - most;
  return more > 0 ? [...texts.slice(0, most), `${more} more`] : texts;
}
