import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { demoConfig, EXAMPLE_LINKS } from "../../demo/example-config.ts";
import { readConfig } from "../../src/gateway/read-config.ts";
import { locateData } from "../../src/locate.ts";
import { aFolder } from "../support/command.ts";

const EXAMPLE = readFileSync(locateData("config.example.yaml"), "utf8");
const PLACES = {
  serverPort: 40001,
  linkPorts: new Map([
    ["meters", 40002],
    ["actuator", 40003],
  ]),
  stateDirectory: '/tmp/a "state"',
};

test("the demo runs the example itself, at other places", async (t) => {
  const folder = aFolder(t, { "config.yaml": demoConfig(EXAMPLE, PLACES) });
  const { gateway, servers, links, devices, problems } = await readConfig(join(folder, "config.yaml"));
  assert.deepEqual(problems, []);
  assert.equal(gateway.state, PLACES.stateDirectory);
  assert.deepEqual(
    servers.map(({ port }) => port),
    [40001],
  );
  for (const [link, port] of PLACES.linkPorts) {
    const options = links.get(link)?.options;
    assert.ok(typeof options === "object" && options !== null && "port" in options);
    assert.equal(options.port, port);
  }
  const example = await readConfig(locateData("config.example.yaml"));
  assert.deepEqual(
    devices.map(({ id }) => id),
    example.devices.map(({ id }) => id),
  );
});

test("an example without a place to fill is refused with the text that is missing", () => {
  for (const [, port] of EXAMPLE_LINKS) {
    const changed = EXAMPLE.replace(`port: ${port}`, "port: 9");
    assert.throws(() => demoConfig(changed, PLACES), new RegExp(`should have "port: ${port}" exactly once`));
  }
  assert.throws(() => demoConfig(`${EXAMPLE}# port: 1502\n`, PLACES), /exactly once/);
});
