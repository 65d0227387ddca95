/** House rules that neither the compiler nor the linter knows. Each fails with the sentence that mends it. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import test from "node:test";
import { packageRoot } from "../src/locate.ts";
import {
  assertNone,
  faultyLines,
  isEdge,
  type SourceFile,
  sourceFile,
  sourceFiles,
  statementsOf,
  switchesOf,
} from "./support/source-files.ts";

const TIME_AND_CHANCE =
  /\b(setTimeout|setInterval|Date\.now|performance\.now|Math\.random|randomBytes|randomUUID|new Date\(\))/;

const PROCESS = /\bprocess\.(?:exit|exitCode|argv|env|cwd|on|std\w+)\b|\bconsole\./;
/** `x as T`, but not `x as const`. */
const CAST = /\bas (?!const\b)[\w({[]/;

/** Where a type says less than is known: it is made, or checked, in that file. */
const CASTS: Readonly<Record<string, string>> = {
  "src/cli/backup/state-files.ts": "the answer of our own program",
  "src/cli/device-asked.ts": "the answers of our own program",
  "src/cli/device-forget.ts": "the answers of our own program",
  "src/cli/device-replace.ts": "the answer of our own program",
  "src/cli/reload.ts": "the answer of our own program",
  "src/cli/firmware/asked.ts": "the answers of our own program",
  "src/cli/link-asked.ts": "the answers of our own program",
  "src/cli/observe.ts": "the events of our own program",
  "src/cli/read.ts": "the answer of our own program",
  "src/cli/send.ts": "the answer of our own program",
  "src/cli/setup/follow.ts": "the answer of our own program",
  "src/cli/setup/work.ts": "the answer of our own program",
  "src/cli/status.ts": "the answer of our own program",
  "src/cli/store-forget.ts": "the answer of our own program",
  "src/cli/store-report.ts": "the answer of our own program",
  "src/cli/tool-link.ts": "the answers of our own program",
  "src/coap/events.ts": "makes ExchangeId",
  "src/coap/message.ts": "two bits are one of four types",
  "src/lwm2m/formats/json.ts": "JSON.parse as Node has it",
  "src/lwm2m/formats/tlv-bytes.ts": "two bits are one of four kinds",
  "src/lwm2m/objects/import-xml.ts": "the types of fast-xml-parser",
  "src/lwm2m/objects/index.ts": "the catalogue, which scripts/make-catalogue.mjs made",
  "src/lwm2m/observation-id.ts": "makes ObservationId",
  "src/lwm2m/path.ts": "makes Path",
  "src/mapping/fill.ts": "a node stays of its kind",
  "src/mapping/json-schema.ts": "JSON Schema, keyword by keyword",
  "src/mapping/load.ts": "a computed key",
  "src/mapping/resource-conversion.ts": "a record without its undefined values",
  "src/mapping/substitute.ts": "a node stays of its kind",
  "src/store/worker-client.ts": "an answer belongs to its call",
  "src/yaml/issues.ts": "the issues of zod",
  "src/yaml/parse.ts": "the types of yaml",
  "src/yaml/shape.ts": "the JSON Schema of zod",
};

/** Folders of test/ that mirror no folder of the sources. */
const OWN_FOLDERS_OF_TEST = [
  "packaging",
  "support",
  "vectors",
  "scenarios",
  "conformance",
  "interop",
  "killed",
  "power-cut",
];

const WISHED_LINES = 250;
const MOST_LINES = 400;

const sources = sourceFiles("src", "adapters", "demo");
const everything = [...sources, ...sourceFiles("test")];

test("time and chance come from a Clock and a Random", () => {
  assertNone(
    sources
      .filter(({ path }) => !isEdge(path))
      .flatMap((file) =>
        faultyLines(
          file,
          file.code,
          TIME_AND_CHANCE,
          "take a Clock or a Random as an argument, so that a test can choose it",
        ),
      ),
  );
});

test("the process is known at the rim alone", () => {
  assertNone(
    sources
      .filter(({ path }) => !isEdge(path))
      .flatMap((file) =>
        faultyLines(file, file.bare, PROCESS, "return, throw or log it, and let src/cli see to the process"),
      ),
  );
});

test("a type is asserted only where it is made, or where a library says too little", () => {
  const advice = "parse it, or ask a type guard; else give the file and the reason in CASTS";
  const faulty = sources.filter(({ path }) => !(path in CASTS));
  assertNone(faulty.flatMap((file) => faultyLines(file, statementsOf(file), CAST, advice)));
  const casts = new Set(sources.filter((file) => CAST.test(statementsOf(file))).map(({ path }) => path));
  assertNone(Object.keys(CASTS).flatMap((path) => (casts.has(path) ? [] : [`${path} asserts nothing: strike it out`])));
});

test("a switch that gives nothing back lets the compiler name the forgotten case", () => {
  assertNone([...sources, ...sourceFiles("test/support")].flatMap(openSwitches));
});

test("the switch rule sees a switch whose forgotten case would pass in silence", () => {
  const gives = 'switch (a) {\n case "x":\n return 1;\n}';
  const open = 'switch (b) {\n case "x":\n f();\n break;\n}';
  const closed = 'switch (c) {\n case "x":\n return;\n default:\n c satisfies never;\n}';
  const faults = openSwitches(sourceFile("src/x.ts", `${gives}\n${open}\n${closed}`));
  assert.deepEqual(
    faults.map((fault) => fault.slice(0, "src/x.ts:5".length)),
    ["src/x.ts:5"],
  );
});

test("there is no EventEmitter: a call can be followed, an event's name cannot", () => {
  assertNone(
    sources
      .filter(({ path }) => path.startsWith("src/"))
      .flatMap((file) =>
        faultyLines(file, file.code, /\bEventEmitter\b|["']node:events["']/, "call a function of the other side"),
      ),
  );
});

test("HTTP comes from src/node-http.ts: an import would load all that fetch is made of", () => {
  const imported = /^import (?!type\b).*["']node:https?["']|\bawait import\(["']node:https?["']\)/;
  const advice = "import http, or loadHttps, of src/node-http.ts, and types by import type";
  assertNone(
    sources
      .filter(({ path }) => path.startsWith("src/"))
      .flatMap((file) => faultyLines(file, file.text, imported, advice)),
  );
});

test("nothing is left to do later, and nothing is any", () => {
  const anything = /[:<|&,(=]\s*any\b(?!\w*\()|\bas any\b|\bany\[\]/;
  const notes = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME"].join("|")})\\b`);
  assertNone([
    ...everything.flatMap((file) => faultyLines(file, file.bare, anything, "say unknown, and parse it")),
    ...everything.flatMap((file) => faultyLines(file, file.text, notes, "do it, or leave it out")),
  ]);
});

test("no file is longer than a reader can hold", (t) => {
  const lines = (file: SourceFile): number => file.text.trimEnd().split("\n").length;
  for (const file of everything) {
    if (lines(file) > WISHED_LINES) t.diagnostic(`${file.path} has ${lines(file)} lines; ${WISHED_LINES} is the aim`);
  }
  assertNone(
    everything
      .filter((file) => lines(file) > MOST_LINES)
      .map((file) => `${file.path} has ${lines(file)} lines: split it by what its parts do (at most ${MOST_LINES})`),
  );
});

test("every folder of tests mirrors a folder of sources", () => {
  const folders = readdirSync(join(packageRoot, "test"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => relative(join(packageRoot, "test"), entry.parentPath));
  assertNone(
    [...new Set(folders)]
      .filter((folder) => folder !== "" && !OWN_FOLDERS_OF_TEST.includes(folder.split("/")[0] ?? ""))
      .filter((folder) => !existsSync(join(packageRoot, "src", folder)) && !existsSync(join(packageRoot, folder)))
      .map(
        (folder) => `test/${folder} mirrors neither src/${folder} nor ${folder}: move its tests beside their subject`,
      ),
  );
});

/** Where every case returns a value the compiler sees a function that may end without one. */
function openSwitches(file: SourceFile): string[] {
  return switchesOf(file)
    .filter(({ text }) => /\b(?:break|return);/.test(text) && !/\bdefault:/.test(text))
    .map(({ line }) => `${file.path}:${line} forgets in silence: end it with "default: x satisfies never;"`);
}
