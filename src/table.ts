/** Rows as lines whose columns stand below each other, two spaces between them; the last column may be as long as it likes. */
export function table(rows: readonly (readonly string[])[], indent = ""): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) => {
    const cells = row.map((cell, i) => cell.padEnd(widths[i] ?? 0));
    return `${indent}${cells.join("  ")}`.trimEnd();
  });
}
