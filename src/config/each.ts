/** `each:` makes one device entry many: a range, a list, several of them side by side, or the lines of a CSV file. */
import { describeNode, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";

/** What `$name` stands for in one of the devices. */
export type EachRow = ReadonlyMap<string, ScalarNode>;

/** More than any gateway carries: beyond this a range is a slip. */
export const MAX_ROWS = 10_000;

const RANGE = /^(-?[0-9]{1,9})\.\.(-?[0-9]{1,9})$/;

/** The rows of a map of ranges and lists; all have the same length. Undefined where it is wrong. */
export function readEach(node: YamlNode, report: Report): readonly EachRow[] | undefined {
  if (node.kind !== "map" || node.entries.length === 0) {
    reportError(
      report,
      node.place,
      `each: expected e.g. { unit_id: 1..12 } or a CSV file, found ${describeNode(node)}`,
      "LG217",
    );
    return undefined;
  }
  const columns = node.entries.map(({ key, value }) => ({ key, values: valuesOf(value, report) }));
  const [first] = columns;
  let wrong = false;
  for (const { key, values } of columns) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key.text)) {
      reportError(report, key.place, `"${key.text}" is no name: letters, digits and _ only`, "LG217");
      wrong = true;
    }
    if (values !== undefined && first?.values !== undefined && values.length !== first.values.length) {
      const other = `"${first.key.text}" has ${first.values.length}`;
      reportError(report, key.place, `each: "${key.text}" has ${values.length} values, but ${other}`, "LG217");
      wrong = true;
    }
    wrong ||= values === undefined;
  }
  if (wrong || first?.values === undefined) return undefined;
  return first.values.map((_, i) => rowAt(columns, i));
}

interface Column {
  readonly key: ScalarNode;
  readonly values: readonly ScalarNode[] | undefined;
}

function rowAt(columns: readonly Column[], index: number): EachRow {
  const row = new Map<string, ScalarNode>();
  for (const { key, values } of columns) {
    const value = values?.[index];
    if (value !== undefined) row.set(key.text, value);
  }
  return row;
}

function valuesOf(node: YamlNode, report: Report): readonly ScalarNode[] | undefined {
  const items = node.kind === "list" ? node.items : [node];
  const values: ScalarNode[] = [];
  for (const item of items) {
    if (item.kind !== "scalar") {
      reportError(
        report,
        item.place,
        `each: expected a range such as 1..12 or a list, found ${describeNode(item)}`,
        "LG217",
      );
      return undefined;
    }
    const range = rangeOf(item);
    if (range === "too many") {
      reportError(report, item.place, `each: ${item.text} is more than ${MAX_ROWS} devices`, "LG217");
      return undefined;
    }
    if (range === "wrong" || (node.kind === "scalar" && range === undefined)) {
      reportError(
        report,
        item.place,
        `each: expected a range such as 1..12 or a list, found ${describeNode(item)}`,
        "LG217",
      );
      return undefined;
    }
    values.push(...(range ?? [item]));
  }
  return values;
}

/** The numbers of `1..12`; undefined where it is no range. */
function rangeOf(node: ScalarNode): readonly ScalarNode[] | "wrong" | "too many" | undefined {
  const match = node.quoted ? null : RANGE.exec(node.text);
  if (match === null) return undefined;
  const [low, high] = [Number(match[1]), Number(match[2])];
  if (low > high) return "wrong";
  if (high - low >= MAX_ROWS) return "too many";
  return Array.from({ length: high - low + 1 }, (_, i) => ({ ...node, text: String(low + i) }));
}
