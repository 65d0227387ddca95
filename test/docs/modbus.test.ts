/** What docs/modbus.md shows is so: links load, parts of mappings are right, plans are those of `check`. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { formatCheck, vectorProblems } from "../../src/config/check.ts";
import { problemText } from "../../src/errors.ts";
import { locateData } from "../../src/locate.ts";
import { loadFolder } from "../config/config-folder.ts";
import { aConfig } from "../support/command.ts";

const page = readFileSync(locateData("docs/modbus.md"), "utf8");
const blocks = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = "", text = ""]) => ({
  language,
  text,
}));

const METERS = "eastron-sdm630, link: bus1, each: { unit_id: 1..12 }";
const TOP = "mapping: example\nprotocol: modbus\nparams: { unit_id: { type: int, default: 1 } }\n";
const [ABOVE_LINKS = ""] = aConfig({}).split(/^links:/m);
const OBJECT = "objects:\n  3316: { sensor_value: { input: 0, as: f32, unit: V } }\n";

/** What a block stands in, by its first key. */
const AROUND: Readonly<Record<string, (block: string) => Readonly<Record<string, string>>>> = {
  links: (block) => ({ "config.yaml": `${ABOVE_LINKS}${block}devices: []\n` }),
  dimmer: (block) => inMapping(`modbus: { unit_id: 1, addressing: modicon }\nobjects:\n  3306:\n${indented(block, 4)}`),
  "3": (block) => inMapping(`modbus: { unit_id: 1 }\nobjects:\n${indented(block, 2)}`),
  modbus: (block) => inMapping(block),
  test: (block) => inMapping(`modbus: { unit_id: 1 }\n${OBJECT}${block}`),
};

function inMapping(rest: string): Readonly<Record<string, string>> {
  const device = "{ id: one, mapping: example, link: bus }";
  return { "config.yaml": aConfig({ devices: [device] }), "mappings/example.yaml": TOP + rest };
}

function indented(block: string, by: number): string {
  return block.replace(/^(?=.)/gm, " ".repeat(by));
}

for (const [at, { text }] of blocks.filter(({ language }) => language === "yaml").entries()) {
  const [key = ""] = /^[\w-]+/.exec(text) ?? [];
  test(`example ${at + 1} of docs/modbus.md, of ${key}, is right`, async (t) => {
    const around = AROUND[key] ?? assert.fail(`say in AROUND what a block that begins with "${key}" stands in`);
    const { config, problems } = await loadFolder(t, around(text));
    assert.deepEqual(
      problems.filter((problem) => problem.includes("error")),
      [],
    );
    assert.ok(config !== undefined);
    assert.deepEqual(vectorProblems(config).map(problemText), []);
  });
}

async function planOf(t: TestContext, link: string): Promise<readonly string[]> {
  const files = { "config.yaml": aConfig({ links: [link], devices: [`{ id: meter-$unit_id, mapping: ${METERS} }`] }) };
  const { config } = await loadFolder(t, files);
  return formatCheck(config ?? assert.fail()).split("\n");
}

test("the plans of reads that docs/modbus.md shows are those that check prints", async (t) => {
  const plans = blocks
    .filter(({ text }) => /^ {3}(?:poll|link) /.test(text))
    .map(({ text }) => text.trimEnd().split("\n"));
  const [network, serial] = plans;
  assert.equal(plans.length, 2);
  const [onNetwork, onSerial] = [
    await planOf(t, "bus1: { type: modbus-tcp, host: 10.0.4.1 }"),
    await planOf(t, "bus1: { type: modbus-tcp, host: 10.0.4.1, line: 9600-8N1 }"),
  ];
  assert.deepEqual(
    network?.filter((line) => !onNetwork.includes(line)),
    [],
  );
  assert.deepEqual(
    serial?.filter((line) => !onSerial.includes(line)),
    [],
  );
});
