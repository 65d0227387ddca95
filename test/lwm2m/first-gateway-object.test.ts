import assert from "node:assert/strict";
import { test } from "node:test";
import { Lwm2mError } from "../../src/errors.ts";
import { FirstGatewayObject, goneInFirstDefinition, inFirstDefinition } from "../../src/lwm2m/first-gateway-object.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";

const definition = (id: number) => catalogue.find(id, "1.0") ?? assert.fail();

const GATEWAY = {
  0: { 0: "urn:dev:a", 1: "a", 3: "</3/0>" },
  7: { 0: "urn:dev:b", 1: "b", 3: "</3/0>,</3303/0>" },
};

function aTree(instances: Readonly<Record<number, Readonly<Record<number, string>>>> = GATEWAY) {
  const second = new FakeBacking("", {
    3: { version: "1.1", instances: { 0: { 0: "Acme" } } },
    25: { version: "2.0", instances },
  });
  const first = new FirstGatewayObject(second, { gateway: definition(25), routing: definition(26) });
  return { second, first, tree: new ModelTree(first) };
}

test("whatever is read of the first definition is what the changes of the second tell in its words", async () => {
  const { second, tree } = aTree();
  const told = await new ModelTree(second).read(at("/25"));
  const read = [...(await tree.read(at("/25"))), ...(await tree.read(at("/26")))];
  const plain = (samples: typeof read) => samples.map(({ path, value }) => [path, value]).sort();
  assert.deepEqual(plain(read), plain([...inFirstDefinition(told)]));
  assert.equal(read.length, 10);
});

test("other objects are untouched, and what there is stays the same one until it changes", async () => {
  const { second, first, tree } = aTree();
  assert.equal((await tree.read(at("/3/0/0")))[0]?.value, "Acme");
  assert.equal(first.model, first.model);
  assert.equal(first.model.get(3), second.model.get(3));
  const samples = await tree.read(at("/3"));
  assert.equal(inFirstDefinition(samples), samples, "nothing is made anew");
});

test("without devices both objects are there, and empty", () => {
  const { tree } = aTree({});
  const objects = tree.discover(at("/"), 2).map(({ path, version }) => [path, version]);
  assert.deepEqual(objects.slice(-2), [
    ["/25", "1.0"],
    ["/26", "1.0"],
  ]);
});

test("nothing of it can be written or executed", async () => {
  const { first, tree } = aTree();
  const refused = (error: unknown) => error instanceof Lwm2mError && error.code === 0x85;
  for (const path of ["/25/0/1", "/25/0/0", "/26/0/0", "/26/7/1"]) {
    await assert.rejects(tree.write(at(path), [{ path: at(path), value: "x" }], "replace"), refused, path);
    await assert.rejects(tree.execute(at(path), ""), refused, path);
    assert.throws(() => first.prepareWrite([{ path: at(path), value: "x" }]), refused, path);
    await assert.rejects(first.execute(at(path), ""), refused, path);
  }
});

test("with an instance of object 25 goes that of object 26, and nothing else", () => {
  assert.deepEqual(goneInFirstDefinition(at("/25/7")), ["/25/7", "/26/7"]);
  for (const path of ["/25", "/meter-1", "/meter-1/25/0", "/3/0"]) {
    assert.deepEqual(goneInFirstDefinition(at(path)), [path]);
  }
});
