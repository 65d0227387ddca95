import assert from "node:assert/strict";
import { test } from "node:test";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import { parseAttributes } from "../../src/lwm2m/attributes.ts";
import { codecFor } from "../../src/lwm2m/formats/index.ts";
import { parseLinks } from "../../src/lwm2m/formats/link-format.ts";
import { deviceObjectLinks, discoverPayload, registerPayload, registerQuery } from "../../src/lwm2m/links.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";

const gateway = new ModelTree(
  new FakeBacking("", {
    0: { instances: { 0: { 0: "coap://h" } } },
    1: { version: "1.1", instances: { 0: { 1: 300 } } },
    3: { version: "1.2", instances: { 0: { 0: "Acme" } } },
    5: { version: "1.0", instances: {} },
    21: { version: "2.0", instances: { 0: {} } },
    25: { version: "2.0", instances: { 0: { 0: "urn:a" }, 1: { 0: "urn:b" } } },
  }),
);
const device = new ModelTree(
  new FakeBacking("d01", {
    3: { version: "1.2", instances: { 0: { 0: "Acme", 7: { several: { 0: 1, 1: 2 } } } } },
    3303: { version: "1.1", instances: { 0: { 5700: 20 }, 1: { 5700: 21 } } },
    3306: { version: "1.0", instances: { 0: { 5850: true } } },
    19: { version: "1.0", instances: {} },
  }),
);

/** The list after the link of the root. */
function objects(payload: string): string {
  return payload.slice(payload.indexOf(",") + 1);
}

test("a Register names its parameters in the form of its version", () => {
  const parameters = { endpoint: "gw-1", lifetime: 300, binding: "U" };
  assert.deepEqual(registerQuery({ ...parameters, version: "1.2", queueMode: false }), [
    "ep=gw-1",
    "lt=300",
    "lwm2m=1.2",
    "b=U",
  ]);
  assert.deepEqual(registerQuery({ ...parameters, version: "1.1", queueMode: true }).slice(2), [
    "lwm2m=1.1",
    "b=U",
    "Q",
  ]);
  assert.deepEqual(registerQuery({ ...parameters, version: "1.0", queueMode: true }).slice(2), ["lwm2m=1.0", "b=UQ"]);
});

test("an object list has each instance, objects without one, and versions that are not implied", () => {
  assert.equal(
    objects(registerPayload(gateway, "1.2")),
    "</1>;ver=1.1,</1/0>,</3/0>,</5>;ver=1.0,</25>;ver=2.0,</25/0>,</25/1>",
  );
  assert.equal(
    objects(registerPayload(gateway, "1.1")),
    "</1/0>,</3>;ver=1.2,</3/0>,</5>,</25>;ver=2.0,</25/0>,</25/1>",
  );
  assert.equal(
    objects(registerPayload(gateway, "1.0")),
    '</1/0>,</3>;ver="1.2",</3/0>,</5>,</25>;ver="2.0",</25/0>,</25/1>',
  );
});

test("the root link names the optional formats that we speak, and none that the version does not have", () => {
  const formats = (version: "1.0" | "1.1" | "1.2"): readonly string[] => {
    const [root] = parseLinks(registerPayload(gateway, version));
    assert.equal(root?.target, "/");
    assert.equal(root?.parameters.get("rt"), "oma.lwm2m");
    return String(root?.parameters.get("ct") ?? "").split(" ");
  };
  for (const version of ["1.1", "1.2"] as const) {
    assert.ok(formats(version).includes("112"));
    for (const format of formats(version)) assert.notEqual(codecFor(Number(format)), undefined);
    assert.ok(!formats(version).includes("11543"));
  }
  assert.deepEqual(formats("1.2"), ["60", "110", "112", "11542", "11544"]);
  assert.deepEqual(formats("1.1"), ["60", "110", "112", "11542"]);
  assert.deepEqual(formats("1.0"), ["11543"]);
});

test("the objects of a device are never registered", () => {
  assert.throws(() => registerPayload(device, "1.2"), RangeError);
});

test("/25/x/3 lists a device's objects without prefix, with each version that some server would not imply", () => {
  assert.equal(deviceObjectLinks(device), "</3>;ver=1.2,</3/0>,</19>,</3303>;ver=1.1,</3303/0>,</3303/1>,</3306/0>");
});

test("a Discover has no prefix, the version where it is not implied, dim, and the attributes of the server", () => {
  const store = new AttributeStore(() => ({ pmin: 1 }));
  const attach = (path: string, query: string) => store.set(at(path), parseAttributes(query.split("&")), device);
  attach("/d01/3303", "pmin=10");
  attach("/d01/3303/0", "pmax=60");
  attach("/d01/3303/0/5700", "gt=-0.0000001");
  const discover = (path: string, depth?: number, version: "1.0" | "1.2" = "1.2") =>
    discoverPayload(device, { path: at(path), ...(depth === undefined ? {} : { depth }) }, store, version);
  assert.equal(
    discover("/d01/3303"),
    "</3303>;ver=1.1;pmin=10,</3303/0>;pmax=60,</3303/0/5700>;gt=-0.0000001,</3303/1>,</3303/1/5700>",
  );
  assert.equal(discover("/d01/3303/0/5700"), "</3303/0/5700>;pmin=10;pmax=60;gt=-0.0000001");
  assert.equal(discover("/d01/3/0/7"), "</3/0/7>;dim=2,</3/0/7/0>,</3/0/7/1>");
  assert.equal(discover("/d01/3", 0), "</3>");
  assert.equal(discover("/d01/3303", 0, "1.0"), '</3303>;ver="1.1";pmin=10');
});

test("what is for bootstrap alone, and object 24, is in no list", () => {
  const secret = Object.fromEntries([0, 21, 23, 24].map((id) => [id, { instances: { 0: { 0: "x" } } }]));
  const own = new ModelTree(new FakeBacking("", { ...secret, 3: { version: "1.1", instances: { 0: { 0: "Acme" } } } }));
  for (const version of ["1.0", "1.1", "1.2"] as const) {
    assert.deepEqual(
      parseLinks(registerPayload(own, version)).flatMap(({ target }) => target.match(/^\/(?:0|21|23|24)\b/) ?? []),
      [],
    );
  }
  const behind = new ModelTree(new FakeBacking("d02", { ...secret, 3303: { instances: { 0: { 5700: 20 } } } }));
  assert.match(deviceObjectLinks(behind), /^<\/3303>?.*<\/3303\/0>$/);
});

test("an object that is no core object says its version above 1.0, in a Register and in a Discover of every version", () => {
  const own = new ModelTree(
    new FakeBacking("", {
      3303: { version: "1.1", instances: { 0: { 5700: 20 } } },
      3306: { version: "1.0", instances: { 0: { 5850: true } } },
    }),
  );
  for (const version of ["1.1", "1.2"] as const) {
    assert.equal(objects(registerPayload(own, version)), "</3303>;ver=1.1,</3303/0>,</3306/0>");
    const discovered = discoverPayload(own, { path: at("/3303"), depth: 0 }, new AttributeStore(() => ({})), version);
    assert.equal(discovered, "</3303>;ver=1.1");
  }
});
