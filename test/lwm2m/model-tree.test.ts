import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import type { Path } from "../../src/lwm2m/path.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";
import { refused } from "../support/refused.ts";

const OFFLINE = new Lwm2mError(CODE.internalServerError, "meter is unreachable");

/** A device with a thermometer of two instances, an actuator, a device object and a portfolio with resource instances. */
function aDevice(prefix = "d01") {
  const backing = new FakeBacking(prefix, {
    3: { version: "1.2", instances: { 0: { 0: "Acme", 4: "execute", 11: { several: { 0: 0 } }, 16: "U" } } },
    16: { instances: { 0: { 0: { several: { 0: "host", 1: "maker" } }, 1: "execute" } } },
    3303: { version: "1.1", instances: { 0: { 5700: 22.5, 5605: "execute" }, 1: { 5700: OFFLINE, 5601: 1.5 } } },
    3306: { instances: { 0: { 5850: false, 5851: 30, 5852: 9 } } },
    3336: { instances: {} },
    3341: { instances: { 0: { 5527: "hello" } } },
  });
  return { backing, tree: new ModelTree(backing) };
}

async function valuesAt(tree: ModelTree, path: string): Promise<Record<string, Value>> {
  const samples = await tree.read(at(path));
  return Object.fromEntries(samples.map((sample) => [sample.path, sample.value]));
}

function value(path: string, value: Value): { readonly path: Path; readonly value: Value } {
  return { path: at(path), value };
}

test("reading a resource gives its sample with the prefix and the time of measurement", async () => {
  const { tree, backing } = aDevice();
  assert.deepEqual(await tree.read(at("/d01/3303/0/5700")), [
    { path: "/d01/3303/0/5700", value: 22.5, time: backing.time },
  ]);
});

test("reading an instance leaves out what cannot be read by definition", async () => {
  const { tree, backing } = aDevice();
  assert.deepEqual(await valuesAt(tree, "/d01/3303/0"), { "/d01/3303/0/5700": 22.5 });
  assert.deepEqual(backing.calls, ["read /d01/3303/0/5700"]);
});

test("reading an object or instance leaves out what fails, and asks the backing once", async () => {
  const { tree, backing } = aDevice();
  assert.deepEqual(await valuesAt(tree, "/d01/3303"), { "/d01/3303/0/5700": 22.5, "/d01/3303/1/5601": 1.5 });
  assert.deepEqual(backing.calls, ["read /d01/3303/0/5700 /d01/3303/1/5601 /d01/3303/1/5700"]);
});

test("an instance of which everything fails is 5.00 with the reason", async () => {
  const backing = new FakeBacking("d01", { 3303: { instances: { 0: { 5700: OFFLINE, 5601: OFFLINE } } } });
  await assert.rejects(
    new ModelTree(backing).read(at("/d01/3303/0")),
    refused(CODE.internalServerError, /nothing of \/d01\/3303\/0 .* meter is unreachable/),
  );
});

test("a resource that fails answers with its own error", async () => {
  await assert.rejects(aDevice().tree.read(at("/d01/3303/1/5700")), OFFLINE);
});

test("a resource for which the backing has nothing is 5.00", async () => {
  const { tree, backing } = aDevice();
  backing.read = async () => [[]];
  await assert.rejects(tree.read(at("/d01/3303/0/5700")), refused(CODE.internalServerError, /no value/));
  await assert.rejects(tree.read(at("/d01/16/0/0/0")), refused(CODE.internalServerError, /no value/));
  assert.deepEqual(await tree.read(at("/d01/16/0/0")), []);
});

test("an object without instances reads as nothing", async () => {
  const { tree, backing } = aDevice();
  assert.deepEqual(await tree.read(at("/d01/3336")), []);
  assert.deepEqual(backing.calls, []);
});

test("an instance of a resource is read alone", async () => {
  const { tree, backing } = aDevice();
  assert.deepEqual(await valuesAt(tree, "/d01/16/0/0/1"), { "/d01/16/0/0/1": "maker" });
  assert.deepEqual(backing.calls, ["read /d01/16/0/0"]);
  assert.deepEqual(await valuesAt(tree, "/d01/16/0/0"), { "/d01/16/0/0/0": "host", "/d01/16/0/0/1": "maker" });
});

test("what does not exist is 4.04, what cannot be read is 4.05", async () => {
  const { tree } = aDevice();
  for (const path of ["/d01/9", "/d01/3303/7", "/d01/3303/0/5601", "/d01/16/0/0/9", "/d02/3303", "/3303"]) {
    await assert.rejects(tree.read(at(path)), refused(CODE.notFound), path);
    assert.throws(() => tree.check(at(path)), refused(CODE.notFound), path);
  }
  await assert.rejects(tree.read(at("/d01/3303/0/5605")), refused(CODE.methodNotAllowed, /cannot be read/));
  await assert.rejects(tree.read(at("/d01/3303/0/5700/0")), refused(CODE.methodNotAllowed, /no instances/));
  await assert.rejects(tree.read(at("/d01")), refused(CODE.badRequest));
});

test("objects 0, 21 and 23 of the gateway are 4.01 for every operation; under a prefix they are nothing", async () => {
  const { tree } = aDevice("");
  for (const object of [0, 21, 23]) {
    const denied = refused(CODE.unauthorized);
    await assert.rejects(tree.read(at(`/${object}`)), denied);
    await assert.rejects(tree.write(at(`/${object}/0`), [], "replace"), denied);
    await assert.rejects(tree.execute(at(`/${object}/0/0`), ""), denied);
    await assert.rejects(tree.create(at(`/${object}/0`), []), denied);
    await assert.rejects(tree.delete(at(`/${object}/0`)), denied);
    assert.throws(() => tree.discover(at(`/${object}`)), denied);
    await assert.rejects(aDevice().tree.read(at(`/d01/${object}`)), refused(CODE.notFound));
  }
});

test("a write reaches the backing when all of it is allowed", async () => {
  const { tree, backing } = aDevice();
  await tree.write(at("/d01/3306/0"), [value("/d01/3306/0/5850", true), value("/d01/3306/0/5851", 100)], "update");
  await tree.write(at("/d01/3306/0/5851"), [value("/d01/3306/0/5851", 7)], "replace");
  await tree.write(at("/d01/16/0/0"), [value("/d01/16/0/0/1", "x")], "update");
  await tree.write(at("/d01/16/0/0/0"), [value("/d01/16/0/0/0", "y")], "replace");
  assert.deepEqual(backing.calls, [
    "write /d01/3306/0/5850=true /d01/3306/0/5851=100",
    "write /d01/3306/0/5851=7",
    "write /d01/16/0/0/1=x",
    "write /d01/16/0/0/0=y",
  ]);
});

test("replacing an instance writes what is given and keeps the rest, since a device's resources are fixed", async () => {
  const { tree, backing } = aDevice();
  await tree.write(at("/d01/3306/0"), [value("/d01/3306/0/5850", true)], "replace");
  await tree.write(at("/d01/16/0/0"), [value("/d01/16/0/0/1", "x")], "replace");
  assert.deepEqual(backing.calls, ["write /d01/3306/0/5850=true", "write /d01/16/0/0/1=x"]);
});

test("resources that are not there are skipped in the write of an instance", async () => {
  const { tree, backing } = aDevice();
  const values = [value("/d01/3306/0/5850", true), value("/d01/3306/0/5853", "x"), value("/d01/3306/0/9999", 1)];
  await tree.write(at("/d01/3306/0"), values, "update");
  await tree.write(at("/d01/3306/0"), [value("/d01/3306/0/9999", 1)], "update");
  assert.deepEqual(backing.calls, ["write /d01/3306/0/5850=true"]);
});

test("one bad value refuses the whole write before the backing hears of it", async () => {
  const bad: [string, Value, number, RegExp][] = [
    ["/d01/3306/0/5851", 101, CODE.badRequest, /101 is outside 0\.\.100/],
    ["/d01/3306/0/5851", 1.5, CODE.badRequest, /1\.5 is no integer/],
    ["/d01/3306/0/5850", 1, CODE.badRequest, /1 is no boolean/],
    ["/d01/3306/1/5850", true, CODE.badRequest, /not below/],
    ["/d01/3306/0/5852", 5, CODE.badRequest, /twice/],
  ];
  for (const [path, wrong, code, message] of bad) {
    const { tree, backing } = aDevice();
    const values = [value("/d01/3306/0/5852", 0), value(path, wrong)];
    await assert.rejects(tree.write(at("/d01/3306/0"), values, "update"), refused(code, message));
    assert.deepEqual(backing.calls, []);
  }
});

test("what is not writable is 4.05, also inside an instance", async () => {
  const { tree, backing } = aDevice();
  const reading = [value("/d01/3303/0/5700", 1)];
  await assert.rejects(tree.write(at("/d01/3303/0/5700"), reading, "replace"), refused(CODE.methodNotAllowed));
  await assert.rejects(tree.write(at("/d01/3303/0"), reading, "replace"), refused(CODE.methodNotAllowed));
  await assert.rejects(tree.write(at("/d01/3303"), reading, "replace"), refused(CODE.methodNotAllowed, /object/));
  assert.deepEqual(backing.calls, []);
});

test("a direct write to what is not there is 4.04; a single resource takes no POST and needs a value", async () => {
  const { tree } = aDevice();
  await assert.rejects(tree.write(at("/d01/3306/0/5853"), [], "replace"), refused(CODE.notFound));
  await assert.rejects(tree.write(at("/d01/3306/1"), [], "replace"), refused(CODE.notFound));
  const values = [value("/d01/3306/0/5851", 1)];
  await assert.rejects(tree.write(at("/d01/3306/0/5851"), values, "update"), refused(CODE.methodNotAllowed, /PUT/));
  await assert.rejects(tree.write(at("/d01/3306/0/5851"), [], "replace"), refused(CODE.badRequest, /no value/));
});

test("instances of a resource: only existing ones are written, and a value must name one", async () => {
  const { tree } = aDevice();
  const write = (path: string, name: string) => tree.write(at(path), [value(name, "x")], "replace");
  await assert.rejects(write("/d01/16/0/0/7", "/d01/16/0/0/7"), refused(CODE.notFound));
  await assert.rejects(write("/d01/16/0/0", "/d01/16/0/0/7"), refused(CODE.unauthorized));
  await assert.rejects(write("/d01/16/0/0", "/d01/16/0/0"), refused(CODE.badRequest, /several instances/));
  await assert.rejects(write("/d01/3341/0", "/d01/3341/0/5527/0"), refused(CODE.methodNotAllowed));
});

test("a failure of the device is the answer to the write", async () => {
  const { tree, backing } = aDevice();
  backing.failure = OFFLINE;
  await assert.rejects(tree.write(at("/d01/3306/0/5851"), [value("/d01/3306/0/5851", 7)], "replace"), OFFLINE);
});

test("execute passes the arguments on, after a look at them", async () => {
  const { tree, backing } = aDevice();
  await tree.execute(at("/d01/3/0/4"), "0='60'");
  assert.deepEqual(backing.calls, ["execute /d01/3/0/4 0='60'"]);
  await assert.rejects(tree.execute(at("/d01/3/0/4"), "60"), refused(CODE.badRequest));
  await assert.rejects(tree.execute(at("/d01/3/0/0"), ""), refused(CODE.methodNotAllowed));
  await assert.rejects(tree.execute(at("/d01/3/0"), ""), refused(CODE.methodNotAllowed));
  await assert.rejects(tree.execute(at("/d01/3/0/5"), ""), refused(CODE.notFound));
  assert.equal(backing.calls.length, 1);
});

test("create and delete are 4.05: the gateway makes the instances", async () => {
  const { tree } = aDevice();
  await assert.rejects(tree.create(at("/d01/3303/9"), []), refused(CODE.methodNotAllowed, /made by the gateway/));
  await assert.rejects(tree.create(at("/d01/9/0"), []), refused(CODE.notFound));
  await assert.rejects(tree.delete(at("/d01/3303/0")), refused(CODE.methodNotAllowed, /made by the gateway/));
  await assert.rejects(tree.delete(at("/d01/16/0/0/0")), refused(CODE.unauthorized));
});

test("types come from the definition, for absent optional resources too", () => {
  const { tree } = aDevice();
  assert.partialDeepStrictEqual(tree.typeOf(at("/d01/3303/0/5700")), { type: "float", multiple: false });
  assert.partialDeepStrictEqual(tree.typeOf(at("/d01/3303/0/5601")), { type: "float", multiple: false });
  assert.partialDeepStrictEqual(tree.typeOf(at("/d01/16/0/0/1")), { type: "string", multiple: true });
  assert.equal(tree.typeOf(at("/d01/3303/0/5605")), undefined);
  assert.equal(tree.typeOf(at("/d01/3303/0")), undefined);
  assert.equal(tree.typeOf(at("/d01/9/0/0")), undefined);
});

test("instances that come and go are seen at once", async () => {
  const { tree, backing } = aDevice();
  backing.model = new Map([...backing.model].filter(([id]) => id !== 3303));
  await assert.rejects(tree.read(at("/d01/3303/0/5700")), refused(CODE.notFound));
});
