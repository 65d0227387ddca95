import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { aFolder, command } from "../support/command.ts";

const ITEM = (id: number, name: string, operations: string, type: string): string => `
      <Item ID="${id}"><Name>${name}</Name><Operations>${operations}</Operations>
        <MultipleInstances>Single</MultipleInstances><Mandatory>Mandatory</Mandatory><Type>${type}</Type>
        <RangeEnumeration></RangeEnumeration><Units>${type === "Float" ? "bar" : ""}</Units><Description></Description></Item>`;
const XML = `<?xml version="1.0" encoding="utf-8"?>
<LWM2M><Object ObjectType="MODefinition">
    <Name>Boiler Room</Name><ObjectID>32769</ObjectID><ObjectURN>urn:oma:lwm2m:x:32769</ObjectURN>
    <LWM2MVersion>1.0</LWM2MVersion><ObjectVersion>1.0</ObjectVersion>
    <MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>
    <Resources>${ITEM(0, "Boiler Pressure", "R", "Float")}${ITEM(1, "Purge", "E", "")}
    </Resources></Object></LWM2M>
`;

test("a vendor's object is shown by the names that a mapping uses", async (t) => {
  const folder = aFolder(t, { "good.xml": XML });
  const { code, stdout, stderr } = await command(t, "import-xml", join(folder, "good.xml"));
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(
    stdout,
    `object 32769 boiler_room (Boiler Room), version 1.0, multiple instance
      0 boiler_pressure                  float, R, mandatory, bar
      1 purge                            executable, E, mandatory

`,
  );
});

test("the same as JSON", async (t) => {
  const folder = aFolder(t, { "good.xml": XML });
  const { stdout } = await command(t, "import-xml", join(folder, "good.xml"), "--json");
  const [{ id, slug, resources }] = JSON.parse(stdout);
  assert.deepEqual([id, slug, resources.length], [32769, "boiler_room", 2]);
  assert.deepEqual([resources[0].slug, resources[0].unit], ["boiler_pressure", "bar"]);
});

test("broken files are told with their place, and keep no good one from being shown", async (t) => {
  const folder = aFolder(t, {
    "good.xml": XML,
    "broken.xml": XML.replace("</Name>", "</Nam>"),
    "other.xml": "<html></html>",
  });
  const files = ["broken.xml", "good.xml", "other.xml", "missing.xml"].map((name) => join(folder, name));
  const { code, stdout, stderr } = await command(t, "import-xml", ...files);
  assert.equal(code, 2);
  assert.match(stdout, /^object 32769 /);
  const lines = stderr.trimEnd().split("\n");
  assert.equal(lines.length, 4, stderr);
  for (const [i, name] of ["broken", "other", "missing"].entries())
    assert.match(lines[i] ?? "", new RegExp(`${name}\\.xml`));
  assert.equal(lines[3], "Try: lwm2m-gateway explain LG230");
});

test("without a file there is nothing to read", async (t) => {
  const { code, stderr } = await command(t, "import-xml");
  assert.deepEqual([code, stderr.split("\n")[0]], [2, "lwm2m-gateway: import-xml takes one or more XML files [LG101]"]);
});
