/** Two texts as a unified diff, as `diff -u` prints it. */

type Step = { readonly mark: " " | "-" | "+"; readonly line: string };

const CONTEXT = 3;

/** Lines; none where the texts are equal. `name`: of the file, for the head. */
export function unifiedDiff(name: string, before: string | undefined, after: string | undefined): readonly string[] {
  if (before === after) return [];
  const steps = stepsBetween(linesOf(before), linesOf(after));
  const head = [`--- ${before === undefined ? "/dev/null" : name}`, `+++ ${after === undefined ? "/dev/null" : name}`];
  return [...head, ...hunks(steps)];
}

function linesOf(text: string | undefined): readonly string[] {
  if (text === undefined || text === "") return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** What is equal at both ends is no part of the search, so that a file of ten thousand lines with one change is quick. */
function stepsBetween(before: readonly string[], after: readonly string[]): readonly Step[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < Math.min(before.length, after.length) - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end++;
  const same = (line: string): Step => ({ mark: " ", line });
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

/** Beyond this the table of the search would take too much memory: all of one goes, all of the other comes. */
const MOST_CELLS = 4_000_000;

/** By the longest common subsequence. */
function middle(before: readonly string[], after: readonly string[]): readonly Step[] {
  const [rows, columns] = [before.length, after.length];
  const width = columns + 1;
  const isLarge = (rows + 1) * width > MOST_CELLS;
  const common = new Uint32Array(isLarge ? 0 : (rows + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  if (!isLarge) {
    for (let i = rows - 1; i >= 0; i--) {
      for (let j = columns - 1; j >= 0; j--) {
        common[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
      }
    }
  }
  const steps: Step[] = [];
  let [i, j] = [0, 0];
  while (i < rows || j < columns) {
    if (!isLarge && i < rows && j < columns && before[i] === after[j]) {
      steps.push({ mark: " ", line: before[i] ?? "" });
      i++;
      j++;
    } else if (i < rows && (isLarge || j >= columns || at(i + 1, j) >= at(i, j + 1))) {
      steps.push({ mark: "-", line: before[i++] ?? "" });
    } else steps.push({ mark: "+", line: after[j++] ?? "" });
  }
  return steps;
}

function hunks(steps: readonly Step[]): readonly string[] {
  const isNear = steps.map(() => false);
  for (const [i, { mark }] of steps.entries()) {
    if (mark !== " ") isNear.fill(true, Math.max(0, i - CONTEXT), i + CONTEXT + 1);
  }
  const lines: string[] = [];
  let [oldLine, newLine] = [1, 1];
  for (let i = 0; i < steps.length; ) {
    const end = isNear[i] ? endOf(isNear, i) : i + 1;
    const part = steps.slice(i, end);
    const [olds, news] = ["+", "-"].map((other) => part.filter(({ mark }) => mark !== other).length);
    if (isNear[i]) {
      lines.push(`@@ -${rangeOf(oldLine, olds ?? 0)} +${rangeOf(newLine, news ?? 0)} @@`);
      lines.push(...part.map(({ mark, line }) => `${mark}${line}`));
    }
    oldLine += olds ?? 0;
    newLine += news ?? 0;
    i = end;
  }
  return lines;
}

function endOf(isNear: readonly boolean[], from: number): number {
  const end = isNear.indexOf(false, from);
  return end < 0 ? isNear.length : end;
}

/** An empty range stands behind the line before it. */
function rangeOf(line: number, count: number): string {
  return count === 1 ? String(line) : `${count === 0 ? line - 1 : line},${count}`;
}
