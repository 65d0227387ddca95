/** What docs/serial.md shows is so: links load, mappings are right, and so are their vectors. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { serial } from "../../adapters/serial/index.ts";
import { vectorProblems } from "../../src/config/check.ts";
import { problemText } from "../../src/errors.ts";
import { locateData } from "../../src/locate.ts";
import { knownKeys } from "../../src/yaml/shape.ts";
import { loadFolder } from "../config/config-folder.ts";
import { aConfig } from "../support/command.ts";

const page = readFileSync(locateData("docs/serial.md"), "utf8");
const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);
const LINK = "line: { type: serial-over-tcp, host: 127.0.0.1, port: 1 }";
const [ABOVE_LINKS = ""] = aConfig({}).split(/^links:/m);

for (const [at, text] of blocks.entries()) {
  const [, mapping] = /^mapping: (\S+)/m.exec(text) ?? [];
  test(`example ${at + 1} of docs/serial.md is right`, async (t) => {
    const files =
      mapping === undefined
        ? { "config.yaml": `${ABOVE_LINKS}${text}` }
        : {
            "config.yaml": aConfig({ links: [LINK], devices: [`{ id: one, mapping: ${mapping}, link: line }`] }),
            [`mappings/${mapping}.yaml`]: text,
          };
    const { config, problems } = await loadFolder(t, files);
    assert.deepEqual(
      problems.filter((problem) => problem.includes("error")),
      [],
    );
    assert.ok(config !== undefined && config.devices.length > 0);
    assert.deepEqual(vectorProblems(config).map(problemText), []);
  });
}

test("docs/serial.md and docs/configuration.md name every key of the links, and docs/serial.md every key of a mapping", () => {
  const configuration = readFileSync(locateData("docs/configuration.md"), "utf8");
  const links = Object.values(serial.linkTypes).flatMap((schema) => knownKeys(schema));
  const ofMappings = [
    ...knownKeys(serial.device),
    ...knownKeys(serial.device, ["frame"]),
    ...knownKeys(serial.device, ["requests", "any"]),
    ...knownKeys(serial.device, ["messages", "any"]),
    ...knownKeys(serial.point).filter((key) => key !== "device"),
  ];
  for (const key of [...links, ...ofMappings]) assert.match(page, new RegExp(`\`${key}\\b`), key);
  for (const key of links) assert.match(configuration, new RegExp(`\`${key}\``), key);
});
