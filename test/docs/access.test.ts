/** What docs/access.md shows is so: its configurations load without a doubt, and it names each key. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { accessSchema } from "../../src/config/access.ts";
import { locateData } from "../../src/locate.ts";
import { loadFolder } from "../config/config-folder.ts";

const page = readFileSync(locateData("docs/access.md"), "utf8");
const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);

const DEVICES = `
links: { bus: { type: modbus-tcp, host: 127.0.0.1 } }
devices:
  - { id: meter-1, mapping: eastron-sdm630, link: bus, unit_id: 1 }
  - { id: boiler, mapping: eastron-sdm120, link: bus, unit_id: 2 }
  - { id: valve-1, mapping: valve-actuator, link: bus, unit_id: 3 }
`;

test("the configurations of docs/access.md load, and nothing of them is doubted", async (t) => {
  assert.equal(blocks.length, 2);
  for (const block of blocks) {
    const { problems } = await loadFolder(t, { "config.yaml": `gateway: { endpoint: gw }\n${block}${DEVICES}` });
    assert.deepEqual(problems, [], block);
  }
});

test("docs/access.md has every key", () => {
  for (const key of Object.keys(accessSchema.unwrap().shape)) {
    assert.ok(page.includes(`\`${key}:`) || page.includes(`\`${key}\``), key);
  }
});
