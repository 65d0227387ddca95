/** Each code of a message has a section in docs/errors.md, and is told by somebody. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { ERROR_CODES } from "../../src/error-codes.ts";
import { locateData } from "../../src/locate.ts";
import { sourceFiles } from "../support/source-files.ts";

const sections = readFileSync(locateData("docs/errors.md"), "utf8").split(/^## /m).slice(1);

test("docs/errors.md has a section for each code, in their order, under its title, and no other", () => {
  const headings = sections.map((section) => section.split("\n")[0]);
  const codes = Object.entries(ERROR_CODES).sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(
    headings,
    codes.map(([code, title]) => `${code}: ${title}`),
  );
});

test("each section says what it means, why it happens and what to do, and has an example", () => {
  for (const section of sections) {
    const [heading = ""] = section.split("\n");
    assert.match(section, /^LG\d{3}: .+\n\n[A-Z`].+/, heading);
    assert.match(section, /\n\n\*\*Why:\*\* .+/, heading);
    assert.match(section, /\n\n\*\*What to do:\*\* .+/, heading);
    assert.match(section, /\n```\n[\s\S]+\n```\n*$/, heading);
  }
});

test("no two codes have one title, and each is used", () => {
  const titles = Object.values(ERROR_CODES);
  assert.equal(new Set(titles).size, titles.length);
  const used = sourceFiles("src", "adapters")
    .filter(({ path }) => path !== "src/error-codes.ts")
    .map(({ text }) => text)
    .join("\n");
  const unused = Object.keys(ERROR_CODES).filter((code) => !used.includes(`"${code}"`));
  assert.deepEqual(unused, [], "codes that no message has");
});
