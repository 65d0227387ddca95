import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE, loadFolder, withDevices } from "./config-folder.ts";

const own = (list: string) => ({
  "config.yaml": BASE.replace("endpoint: gw }", `endpoint: gw, objects: [pump.xml], stored_objects: ${list} }`),
  "pump.xml": PUMP,
});

const PUMP = `<?xml version="1.0" encoding="UTF-8"?>
<LWM2M><Object ObjectType="MODefinition">
<Name>Pump</Name><Description1/><ObjectID>26250</ObjectID><ObjectURN>urn:oma:lwm2m:x:26250</ObjectURN>
<LWM2MVersion>1.0</LWM2MVersion><ObjectVersion>1.0</ObjectVersion>
<MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>
<Resources><Item ID="0"><Name>Label</Name><Operations>RW</Operations><MultipleInstances>Single</MultipleInstances>
<Mandatory>Mandatory</Mandatory><Type>String</Type><RangeEnumeration/><Units/><Description/></Item></Resources>
<Description2/></Object></LWM2M>`;

test("objects of the registry and of vendors, the newest version or the one that is named", async (t) => {
  const { config, problems } = await loadFolder(t, own('[16, 3303/1.0, "19", 26250]'));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    config?.gateway.storedObjects.map(({ id, version }) => `${id}/${version}`),
    ["16/1.0", "3303/1.0", "19/1.0", "26250/1.0"],
  );
});

test("what cannot be a stored object of the gateway is refused at its place", async (t) => {
  const { refused, problems } = await loadFolder(t, own("[0, 25, 99, 16/7.0, 16, 16, 65535, portfolio, 16.5]"));
  assert.equal(refused, true);
  const place = /^config\.yaml:1:(\d+): error: (.*)$/;
  const words = problems.map((problem) => place.exec(problem)?.[2]);
  assert.deepEqual(words, [
    "stored_objects: expected the ID of an object, or ID/version such as 16/1.0",
    "stored_objects: expected the ID of an object, or ID/version such as 16/1.0",
  ]);
  const { problems: further } = await loadFolder(t, own("[0, 25, 99, 16/7.0, 16, 16, 65535]"));
  const special = "means something to the gateway itself, as do 0, 1, 2, 3, 5, 21, 23, 25, 26";
  const unknown = "is unknown: neither the OMA registry nor a file under objects: of gateway: defines it";
  assert.deepEqual(further, [
    `config.yaml:1:64: error: stored_objects: object 0 cannot be a stored object: it ${special}`,
    `config.yaml:1:67: error: stored_objects: object 25 cannot be a stored object: it ${special}`,
    `config.yaml:1:71: error: stored_objects: object 99 ${unknown}`,
    "config.yaml:1:75: error: stored_objects: object 16 has no version 7.0; known: 1.0",
    "config.yaml:1:87: error: stored_objects: object 16 stands here twice",
    `config.yaml:1:91: error: stored_objects: object 65535 ${unknown}`,
  ]);
});

test("a device has its own, but none that its mapping has; the others run", async (t) => {
  const { config, problems } = await loadFolder(
    t,
    withDevices(
      "{ id: a, mapping: eastron-sdm630, link: bus, stored_objects: [16, 19] }",
      "{ id: b, mapping: eastron-sdm630, link: bus, stored_objects: [10242] }",
      "{ id: c, mapping: eastron-sdm630, link: bus, stored_objects: [3] }",
      "{ id: d-$n, mapping: eastron-sdm630, link: bus, each: { n: 1..2 }, stored_objects: [16] }",
      "{ id: e, mapping: eastron-sdm630, link: bus, stored_objects: 16 }",
    ),
  );
  assert.deepEqual(
    config?.devices.map(({ id, storedObjects }) => [id, storedObjects?.map((object) => object.id)]),
    [
      ["a", [16, 19]],
      ["d-1", [16]],
      ["d-2", [16]],
    ],
  );
  assert.deepEqual(problems, [
    "config.yaml:6:67: error: stored_objects: object 10242 stands in the mapping: the device itself has it",
    "config.yaml:7:67: error: stored_objects: object 3 cannot be a stored object: it means something to the gateway itself, as do 0, 1, 2, 3, 5, 21, 23, 25, 26",
    'config.yaml:9:66: error: stored_objects: expected a list, found "16"',
  ]);
});
