/** The YAML that a page of docs/ shows: links and mappings load without errors, and the vectors of the mappings are right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { vectorProblems } from "../../src/config/check.ts";
import { problemText } from "../../src/errors.ts";
import { loadFolder } from "../config/config-folder.ts";
import { aConfig } from "./command.ts";

export interface PageOfExamples {
  /** Its name, e.g. "docs/ble.md". */
  readonly name: string;
  readonly text: string;
  /** A line of `links:` on which devices of its mappings stand. */
  readonly link: string;
  /** A device entry for the mapping of that name, which is this text. */
  readonly deviceOf: (mapping: string, text: string) => string;
  readonly secrets: string;
}

/** One test for each block. */
export function testExamples({ name, text: page, link, deviceOf, secrets }: PageOfExamples): void {
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);
  const [aboveLinks = ""] = aConfig({}).split(/^links:/m);
  const mappings = Object.fromEntries(
    blocks.flatMap((text) => {
      const mapping = mappingOf(text);
      return mapping === undefined ? [] : [[`mappings/${mapping}.yaml`, text] as const];
    }),
  );
  for (const [at, text] of blocks.entries()) {
    const mapping = mappingOf(text);
    test(`example ${at + 1} of ${name} is right`, async (t) => {
      const { config: loaded, problems } = await loadFolder(t, {
        "config.yaml":
          mapping === undefined
            ? `${aboveLinks}${text}`
            : aConfig({ links: [link], devices: [deviceOf(mapping, text)] }),
        "secrets.yaml": secrets,
        ...mappings,
      });
      assert.deepEqual(
        problems.filter((problem) => problem.includes("error")),
        [],
      );
      assert.ok(loaded !== undefined && loaded.devices.length > 0);
      assert.deepEqual(vectorProblems(loaded).map(problemText), []);
    });
  }
}

function mappingOf(text: string): string | undefined {
  return /^mapping: (\S+)/m.exec(text)?.[1];
}
