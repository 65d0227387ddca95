/** "Did you mean": which of the known names somebody meant who mistyped one. */

/**
 * The candidates nearest to a mistyped name, best first, at most `limit`; none where nothing comes near. Case does not count,
 * nor whether white space or `_` parts the words.
 */
export function nearestNames(name: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = name.trim().toLowerCase().replace(/\s/g, "_");
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  const ranked: { readonly candidate: string; readonly distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const distance = Math.min(editDistance(wanted, candidate, allowed), partDistance(wanted, candidate));
    if (distance <= allowed) ranked.push({ candidate, distance });
  }
  ranked.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return ranked.slice(0, limit).map(({ candidate }) => candidate);
}

/** A name of which the other is a whole-word part counts as one mistake: "voltage" for "ac_voltage". */
function partDistance(wanted: string, candidate: string): number {
  if (wanted.length < 3 || candidate.length < 3) return Number.POSITIVE_INFINITY;
  return `_${candidate}_`.includes(`_${wanted}_`) || `_${wanted}_`.includes(`_${candidate}_`)
    ? 1
    : Number.POSITIVE_INFINITY;
}

/** Insertions, deletions, replacements and swaps of neighbours that make one text of the other; above `limit` any larger number. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(replaced, at(last, j) + 1, at(row, j - 1) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, at(beforeLast, j - 2) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
