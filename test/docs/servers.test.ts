/** What docs/servers.md shows is so: its configurations load without a word, and each statement has a source that is listed. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { locateData } from "../../src/locate.ts";
import { loadFolder } from "../config/config-folder.ts";

const page = readFileSync(locateData("docs/servers.md"), "utf8");
const configurations = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);
const [statements = "", sources = ""] = page.split("\n## Sources\n");

const ROOMS = ["room-1", "room-2"];
const SECRETS = ["psk", ...ROOMS.map((id) => `psk-${id}`)]
  .map((name, i) => `${name}: "${`0${i}`.repeat(16)}"\n`)
  .join("");

for (const [at, servers] of configurations.entries()) {
  const title = /id:[^\n]*uri: ([^,\n]+)|uri: (\S+)/.exec(servers)?.slice(1).join("");
  test(`configuration ${at + 1} of docs/servers.md, ${title}, passes check`, async (t) => {
    const devices = ROOMS.map((id) => `  - { id: ${id}, mapping: simulated-climate, link: trial }\n`);
    const around = `links: { trial: { type: simulated } }\ndevices:\n${devices.join("")}`;
    const { problems } = await loadFolder(t, {
      "config.yaml": `gateway: { endpoint: urn:dev:ops:32473-gateway-7 }\n${servers}${around}`,
      "secrets.yaml": SECRETS,
    });
    assert.deepEqual(problems, []);
  });
}

test("every source that docs/servers.md names is listed, and every one listed is named", () => {
  const named = [...statements.matchAll(/\[([A-Z]\d+)\]/g)].map(([, source = ""]) => source);
  const listed = [...sources.matchAll(/^\| \[([A-Z]\d+)\] \| .*(?:https:\/\/|likewise|the same)/gm)].map(
    ([, source = ""]) => source,
  );
  assert.deepEqual([...new Set(named)].sort(), [...listed].sort());
});

test("every server of the table on top has a section with what there is to know, and every section a row", () => {
  const anchors = new Set([...statements.matchAll(/^\| \[[^\]]+\]\(#([\w-]+)\)/gm)].map(([, anchor = ""]) => anchor));
  const sections = [...statements.matchAll(/^## (.+)$/gm)].map(([, title = ""]) =>
    title.toLowerCase().replaceAll(" ", "-"),
  );
  assert.deepEqual([...anchors, "another-server"], sections);
});

test("where a section has a table, it says the same things as the others, each with where it is from", () => {
  const tables = statements.split(/^## /m).flatMap((section) => {
    const rows = [...section.matchAll(/^\| ([^|[]+) \| .+ \| (.*) \|$/gm)];
    return section.startsWith("LwM2M Servers") || rows.length < 5 ? [] : [rows];
  });
  assert.equal(tables.length, 5);
  const TOPICS =
    /^(LwM2M|transports|security|formats|objects|object 25, prefixes|Send.*|composite operations|queue mode|body limits|who may register|history)$/;
  for (const [, topic = "", source = ""] of tables.flat()) {
    if (topic === " " || topic === "") continue;
    assert.match(topic, TOPICS);
    assert.match(source, /^$|run|by hand|\[[A-Z]\d+\]/, topic);
  }
});
