/** docs/conformance.md and test/conformance/ say the same: each case that is called passed has its test, and each test its row. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../src/locate.ts";
import { assertNone, sourceFiles } from "./support/source-files.ts";

const PAGE = "docs/conformance.md";
const FOLDER = "test/conformance";

/** What "LightweightM2M INT" 1.2 has, and the gateway checks beside it. */
const OMA_CASES = 155;
const GATEWAY_CHECKS = 14;

const CASE = /^(?:LightweightM2M|CONMGMT)-\d\.\d-int-\d+$|^gateway-\d+$/;
/** At the beginning of a test's name. */
const NAMED = /["'`]((?:LightweightM2M|CONMGMT)-\d\.\d-int-\d+|gateway-\d+):/g;
const AS = /^as (int-\d+)$/;

interface Row {
  readonly id: string;
  /** The heading above the table. */
  readonly group: string;
  readonly status: string;
  /** Names of test files, without folder and ending. */
  readonly tests: readonly string[];
  readonly remark: string;
}

interface Table {
  readonly group: string;
  readonly cells: readonly string[];
}

const page = readFileSync(join(packageRoot, PAGE), "utf8");
const lines = tableLines(page);
const rows = lines.flatMap(rowOf);
const [features] = page.split("## The OMA test cases");

/** The files that have tests of a case. */
const tested = new Map<string, Set<string>>();
for (const { path, text } of sourceFiles(FOLDER)) {
  for (const [, id = ""] of text.matchAll(NAMED)) {
    tested.set(id, (tested.get(id) ?? new Set()).add(path.slice(FOLDER.length + 1, -".test.ts".length)));
  }
}

test("every case of the test specification and every gateway check is there once, in its range and in order", () => {
  const ids = rows.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, "no case twice");
  assert.equal(ids.filter((id) => !id.startsWith("gateway")).length, OMA_CASES);
  const checks = ids.filter((id) => id.startsWith("gateway"));
  assert.deepEqual(
    checks,
    checks.map((_, i) => `gateway-${i + 1}`),
  );
  assert.equal(checks.length, GATEWAY_CHECKS);
  assertNone(
    rows.filter((row, i) => !follows(row, rows[i - 1])).map(({ id, group }) => `${id} stands under "${group}"`),
  );
});

test("a case that is passed, or differs, has a test with its identifier in the file that the table names", () => {
  const hasTest = rows.filter(({ status }) => status === "passed" || status === "differs");
  assertNone(
    hasTest.flatMap(({ id, tests }) => {
      const files = [...(tested.get(id) ?? [])].sort();
      return files.length > 0 && files.join() === [...tests].sort().join()
        ? []
        : [`${id}: the table names [${tests.join(", ")}], tests are in [${files.join(", ")}]`];
    }),
  );
});

test("every test of a case has a row that calls it passed, or says how it differs", () => {
  const known = new Map(rows.map((row) => [row.id, row]));
  assertNone(
    [...tested].flatMap(([id, files]) => {
      const status = known.get(id)?.status ?? "not there";
      if (status === "passed" || status === "differs") return [];
      return [`${id} of ${[...files].join(", ")}: ${PAGE} has it as "${status}"`];
    }),
  );
});

test("the other statuses say what they must", () => {
  const numbers = new Map(rows.map((row) => [row.id.replace(/^.*(?=int-)/, ""), row]));
  assertNone(
    rows.flatMap(({ id, status, tests, remark }) => {
      const target = numbers.get(AS.exec(status)?.[1] ?? "");
      switch (status) {
        case "passed":
          return [];
        case "differs":
        case "not in this version":
          return remark === "" ? [`${id} does not say why`] : [];
        case "placeholder":
          return tests.length === 0 ? [] : [`${id} has no procedure, and a test`];
        default:
          return target === undefined || AS.test(target.status) ? [`${id}: "${status}" is no status`] : [];
      }
    }),
  );
});

test("the numbers are those of the rows", () => {
  const statuses = ["passed", "differs", "not in this version", "as another", "placeholder"];
  const counted = [...new Set(rows.map(({ group }) => group))].map((group) => {
    const found = rows.filter((row) => row.group === group).map(({ status }) => status.replace(AS, "as another"));
    return [group, ...statuses.map((status) => String(found.filter((other) => other === status).length))];
  });
  const told = lines.filter(({ group }) => group === "In numbers").map(({ cells }) => cells);
  assert.deepEqual(told, counted);
});

test("each feature is there, partly, or not; what is there partly says so", () => {
  const found = tableLines(features ?? "");
  assert.ok(found.length > 50);
  assertNone(
    found.flatMap(({ group, cells: [feature = "", status = "", remark = ""] }) => {
      const fine = status === "yes" || status === "no" || (status === "partly" && remark !== "");
      return fine ? [] : [`${group}: "${feature}" is "${status}"`];
    }),
  );
});

test("its links lead to something", () => {
  assertNone(
    [...page.matchAll(/\]\(([^)\s]*)\)/g)].flatMap(([, link = ""]) => {
      const [file = "", anchor] = link.split("#");
      const path = file === "" ? PAGE : join(dirname(PAGE), file);
      if (!existsSync(join(packageRoot, path))) return [`${link}: there is no such file`];
      const anchors = file === "" ? anchorsOf(page) : anchorsOf(readFileSync(join(packageRoot, path), "utf8"));
      return anchor === undefined || anchors.has(anchor) ? [] : [`${link}: there is no such heading`];
    }),
  );
});

/** The rows of every table, without heads and rules. */
function tableLines(text: string): Table[] {
  let group = "";
  return text.split("\n").flatMap((line, i, all) => {
    if (line.startsWith("#")) group = line.replace(/^#+ /, "");
    const isBody = line.startsWith("| ") && !(all[i + 1] ?? "").startsWith("|---");
    return isBody
      ? [
          {
            group,
            cells: line
              .split("|")
              .slice(1, -1)
              .map((cell) => cell.trim()),
          },
        ]
      : [];
  });
}

function rowOf({ group, cells: [id = "", , status = "", tests = "", remark = ""] }: Table): Row[] {
  const files = tests.split(", ").filter((name) => name !== "");
  return CASE.test(id) ? [{ id, group, status, tests: files, remark }] : [];
}

/** Whether it stands in the range of its group, `Registration (100 to 199)`, and after the one before. */
function follows({ id, group }: Row, before: Row | undefined): boolean {
  const [, low = 0, high = Number.POSITIVE_INFINITY] = /\((\d+) to (\d+)\)/.exec(group) ?? [];
  const inRange = numberOf(id) >= Number(low) && numberOf(id) <= Number(high);
  return inRange && (before?.group !== group || numberOf(before.id) < numberOf(id));
}

function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf("-") + 1));
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = text.split("\n").filter((line) => /^#+ /.test(line));
  return new Set(
    headings.map((line) =>
      line
        .replace(/^#+ /, "")
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\- ]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
