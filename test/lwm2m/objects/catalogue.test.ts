import assert from "node:assert/strict";
import test from "node:test";
import data from "../../../src/lwm2m/objects/catalogue.json" with { type: "json" };
import type { ObjectDefinition } from "../../../src/lwm2m/objects/definition.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { slug } from "../../../src/lwm2m/objects/slug.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";

function found(id: number, version?: string): ObjectDefinition {
  const definition = catalogue.find(id, version);
  assert(definition !== undefined, `${id} ${version}`);
  return definition;
}

test("the catalogue holds the facts of every object version of the registry", () => {
  assert.equal(data.length, 424);
  assert.equal(new Set(data.map(([id]) => id)).size, 327);
  for (const [id, , version] of data) {
    const definition = found(Number(id), String(version));
    for (const resource of definition.resources.values()) {
      assert.equal(resource.type === undefined, resource.operations === "E", `${id}/${resource.id}`);
      assert(["", "R", "W", "RW", "E"].includes(resource.operations), `${id}/${resource.id}`);
      assert.notEqual(resource.name, "");
    }
  }
});

test("a resource has the facts of the registry", () => {
  const temperature = found(3303, "1.0");
  assert.equal(temperature.name, "Temperature");
  assert.equal(temperature.multiple, true);
  assert.equal(temperature.mandatory, false);
  assert.deepEqual(temperature.resources.get(5700), {
    id: 5700,
    name: "Sensor Value",
    operations: "R",
    multiple: false,
    mandatory: true,
    type: "float",
  });
  assert.deepEqual(found(3).resources.get(4), {
    id: 4,
    name: "Reboot",
    operations: "E",
    multiple: false,
    mandatory: true,
    type: undefined,
  });
  assert.deepEqual(found(3).resources.get(9), {
    id: 9,
    name: "Battery Level",
    operations: "R",
    multiple: false,
    mandatory: false,
    type: "integer",
    range: "0..100",
    unit: "/100",
  });
  assert.equal(found(0, "1.2").resources.get(0)?.operations, "");
});

test("versions are in order, and the newest is the default", () => {
  assert.deepEqual(catalogue.versions(3), ["1.0", "1.1", "1.2"]);
  assert.equal(found(3).version, "1.2");
  assert.equal(found(3, "1.0").version, "1.0");
  assert.deepEqual(catalogue.versions(4711), []);
  assert.equal(catalogue.find(4711), undefined);
  assert.equal(catalogue.find(3, "9.9"), undefined);
});

test("a definition is expanded once", () => assert.equal(catalogue.find(3303), catalogue.find(3303)));

test("objects are found by name; a name that is taken twice gives both IDs", () => {
  assert.deepEqual(catalogue.byName("temperature"), [3303]);
  assert.deepEqual(catalogue.byName("LwM2M Gateway"), [25]);
  assert.deepEqual(catalogue.byName("location"), [6, 3336]);
  assert.deepEqual(catalogue.byName("temperatur"), []);
});

test("an object that was renamed is found by both names", () => {
  assert.deepEqual(catalogue.byName("rdb"), [10260]);
  assert.deepEqual(catalogue.byName("runtime_database"), [10260]);
});

test("resources are found by name; a name that stands twice gives both", () => {
  const ids = (id: number, name: string, version?: string): number[] =>
    catalogue.resourceByName(found(id, version), name).map((resource) => resource.id);
  assert.deepEqual(ids(3303, "sensor_value"), [5700]);
  assert.deepEqual(ids(3306, "on/off"), [5850]);
  assert.equal(ids(3392, "object_enabled").length, 2);
  assert.equal(ids(12, "multicast_packets_received", "1.0").length, 2);
  assert.deepEqual(ids(3303, "voltage"), []);
});

test("a near miss is named, for objects and resources", () => {
  assert.equal(catalogue.nearest("temperatur")[0], "temperature");
  assert.equal(catalogue.nearest("lwm2m_gatway")[0], "lwm2m_gateway");
  assert.deepEqual(catalogue.nearest("xyzzyx"), []);
  assert.equal(catalogue.nearestResource(found(3303), "sensor_valeu")[0], "sensor_value");
  assert(catalogue.nearestResource(found(3303), "min_measured").includes("min_measured_value"));
});

test("the lowest version is the one that has every resource in use", () => {
  assert.equal(catalogue.lowestVersionWith(3, [0, 4, 11, 16])?.version, "1.0");
  const newer = [...found(3303).resources.keys()].filter((id) => !found(3303, "1.0").resources.has(id));
  assert(newer.length > 0);
  assert.equal(catalogue.lowestVersionWith(3303, [5700, ...newer])?.version, "1.1");
  assert.equal(catalogue.lowestVersionWith(3303, [4711]), undefined);
  assert.equal(catalogue.lowestVersionWith(4711, []), undefined);
});

test("the type of a path is that of its resource, with or without a prefix", () => {
  assert.deepEqual(catalogue.typeOf(parsePath("/3303/0/5700")), { type: "float", multiple: false });
  assert.deepEqual(catalogue.typeOf(parsePath("/meter-1/3/0/7/1")), { type: "integer", multiple: true });
  for (const path of ["/3/0/4", "/3/0/4711", "/4711/0/1", "/3/0", "/3", "/"]) {
    assert.equal(catalogue.typeOf(parsePath(path)), undefined, path);
  }
});

test("vendor objects are added to a copy", () => {
  const mine: ObjectDefinition = { ...found(3303, "1.0"), id: 26241, name: "My Meter", version: "1.0" };
  const newer: ObjectDefinition = { ...found(3303), version: "1.10" };
  const more = catalogue.withObjects([mine, newer]);
  assert.deepEqual(more.byName("my_meter"), [26241]);
  assert.equal(more.find(26241), mine);
  assert.deepEqual(more.versions(3303), ["1.0", "1.1", "1.10"]);
  assert.equal(more.find(3303), newer);
  assert.equal(catalogue.find(26241), undefined);
  assert.deepEqual(catalogue.byName("my_meter"), []);
  const replaced = more.withObjects([{ ...mine, name: "Their Meter" }]);
  assert.deepEqual(replaced.versions(26241), ["1.0"]);
  assert.deepEqual([replaced.byName("my_meter"), replaced.byName("their_meter")], [[], [26241]]);
});

test("names that need the ID are the few that the registry repeats", () => {
  const repeated = new Set<number>();
  for (const [id, , version] of data) {
    const names = [...found(Number(id), String(version)).resources.values()].map(({ name }) => slug(name));
    if (new Set(names).size < names.length) repeated.add(Number(id));
  }
  assert.deepEqual([...repeated], [12, 3392, 3393, 3394, 3395, 3416, 3430, 10329]);
});
