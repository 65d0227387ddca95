import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatCheck } from "../../src/config/check.ts";
import { fillGiven, NOTHING_GIVEN } from "../../src/config/given-values.ts";
import { parseYaml } from "../../src/yaml/parse.ts";
import { toPlain } from "../../src/yaml/read.ts";
import { loadFolder } from "./config-folder.ts";

const CONFIG = `gateway: { endpoint: "urn:dev:ops:32473-$site.name" }
servers: [ { id: $site.server, uri: "coap://$(site.host:127.0.0.1):5683" } ]
links: { bus: { type: modbus-tcp, host: $(site.box:10.0.0.5), port: $site.port } }
devices:
  - { id: "meter-$unit_id", mapping: eastron-sdm630, link: bus, each: { unit_id: $site.meters }, ct_ratio: $site.ratio }
`;

const SITE = `format: 1
name: hall-3
server: 12
port: 1502
meters: 1..3
ratio: 40
`;

test("one configuration serves many sites: what differs stands in site.yaml", async (t) => {
  const { config, problems } = await loadFolder(t, { "config.yaml": CONFIG, "site.yaml": SITE });
  assert.deepEqual(problems, []);
  assert.equal(config?.gateway.endpoint, "urn:dev:ops:32473-hall-3");
  assert.deepEqual(
    config.servers.map(({ id, host }) => [id, host]),
    [[12, "127.0.0.1"]],
  );
  const link = config.links.get("bus")?.options;
  assert.deepEqual(JSON.parse(JSON.stringify(link)), {
    ...JSON.parse(JSON.stringify(link)),
    host: "10.0.0.5",
    port: 1502,
  });
  assert.deepEqual(
    config.devices.map(({ id }) => id),
    ["meter-1", "meter-2", "meter-3"],
  );
  assert.match(formatCheck(config), /\n {3}site: .*site\.yaml\n {6}name = hall-3\n {6}server = 12\n/);
});

test("gateway.site names another file, and devices.d takes its values too; a list stands alone", async (t) => {
  const { config, problems } = await loadFolder(t, {
    "config.yaml": CONFIG.replace("gateway: {", "gateway: { site: sites/north.yaml,").replace(/devices:[\s\S]*/, ""),
    "sites/north.yaml": `${SITE.replace("1..3", "[4, 9]")}name_of_meter: $x\n`,
    "devices.d/meters.yaml":
      'devices: [ { id: "$(site.name_of_meter)-$unit_id", mapping: eastron-sdm630, link: bus, each: { unit_id: $site.meters } } ]\n',
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(
    config?.devices.map(({ id }) => id),
    ["$x-4", "$x-9"],
    "a dollar of the site is a dollar",
  );
});

test("what a site does not have is told where it is used, with the file to mend", async (t) => {
  const none = await loadFolder(t, { "config.yaml": CONFIG });
  assert.equal(none.refused, true);
  assert.equal(
    none.problems[0],
    'config.yaml:1:22: error: $site.name: there is no site.yaml; make it, with a line "name: …"',
  );
  const slip = await loadFolder(t, { "config.yaml": CONFIG, "site.yaml": SITE.replace("port", "prot") });
  assert.deepEqual(slip.problems, ['config.yaml:3:69: error: $site.port is not in site.yaml; did you mean "prot"?']);
  const device = await loadFolder(t, { "config.yaml": CONFIG, "site.yaml": SITE.replace("ratio", "x") });
  assert.equal(device.refused, false, "a device entry by itself");
  assert.deepEqual(device.problems, [
    'config.yaml:5:108: error: $site.ratio is not in site.yaml: add a line "ratio: …"',
  ]);
  assert.deepEqual(
    device.config?.disabled.map(({ id }) => id),
    ["meter-$unit_id"],
  );
  const missing = await loadFolder(t, { "config.yaml": CONFIG.replace("gateway: {", "gateway: { site: no.yaml,") });
  assert.equal(missing.problems[0], "config.yaml:1:18: error: cannot read no.yaml: there is no such file");
});

test("a site.yaml that is wrong is told at its line", async (t) => {
  const of = async (site: string): Promise<readonly string[]> =>
    (await loadFolder(t, { "config.yaml": CONFIG, "site.yaml": `${SITE}${site}\n` })).problems;
  assert.deepEqual(await of("a b: 1"), ['site.yaml:7:1: error: "a b" is no name: letters, digits and _ only']);
  assert.deepEqual(await of("a: { b: 1 }"), [
    "site.yaml:7:4: error: a: expected a word, a number or a list of them, found a map",
  ]);
  assert.match((await of("a: [")).join(), /^site\.yaml:8:1: error: /);
  assert.deepEqual(
    (await loadFolder(t, { "config.yaml": CONFIG, "site.yaml": "- 1\n" })).problems[0],
    "site.yaml:1:1: error: expected a map of names and values, found a list",
  );
});

test("two dollars before site are text, and half a use is told", async (t) => {
  const { config, problems } = await loadFolder(t, {
    "config.yaml": CONFIG.replace("urn:dev:ops:32473-$site.name", () => "$$site.name of $site.name"),
    "site.yaml": SITE,
  });
  assert.deepEqual(problems, []);
  assert.equal(config?.gateway.endpoint, "$site.name of hall-3");
  const half = await loadFolder(t, {
    "config.yaml": CONFIG.replace("$site.name", () => "$(site.name"),
    "site.yaml": SITE,
  });
  assert.deepEqual(half.problems, ["config.yaml:1:22: error: $(site.: expected $site.name, or $(site.name:default)"]);
  const list = await loadFolder(t, { "config.yaml": CONFIG, "site.yaml": SITE.replace("hall-3", "[a, b]") });
  assert.deepEqual(list.problems, ["config.yaml:1:22: error: $site.name is a list: it can only stand alone"]);
});

test("text without a use is the same whatever a site has, and any text is filled or told", () => {
  const site = { file: "site.yaml", values: new Map([["a", parseYaml("5", "site.yaml")]]) };
  const part = fc.oneof(
    fc.constantFrom("$", "$$", "(", ")", "site", ".", ":", "a", "b", "$site.a"),
    fc.string({ maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const text = parts.join("");
      const node = { kind: "scalar", place: { file: "f", line: 1, column: 1 }, text, quoted: true } as const;
      const problems: unknown[] = [];
      const filled = fillGiven(node, { ...NOTHING_GIVEN, site }, "stay", (problem) => problems.push(problem));
      if (!text.includes("site.")) assert.equal(filled, node);
      else if (problems.length === 0 && !text.includes("$$")) assert.doesNotMatch(String(toPlain(filled)), /\$site\.b/);
    }),
  );
});
